"""The worker's daily look at the audit log: is the chain whole, and if so, its head written down elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from dashboard.anchors import Anchors, append_anchor, read_anchors
from dashboard.live.publishing import IDLE
from domain.audit import Action, Anchor, Doer, Entry, Outcome
from domain.audit_chain import Verdict
from domain.errors import StoreError
from domain.terms import local
from store.engine import read, write
from store.queries.audit import audit_head_of, newest_entry, verify_audit
from store.writes.audit import write_audit

log = logging.getLogger(__name__)

ANCHOR_JOB = "anchor the audit log"
ANCHOR_EVERY_S = 600.0  # real: how late after midnight it may be
WORKER = "（系统）"
"""Who did it, where no person did. Brackets: no user's name looks like this."""


class Anchoring:
    """`now`: the real clock, which audit entries go by. `path`: the anchors' file."""

    def __init__(self, engine: Engine, path: Path, *, now: Callable[[], datetime]) -> None:
        self._engine, self._path, self._now = engine, path, now

    def run(self, fence: Callable[[Connection], None]) -> object:
        """IDLE where today was looked at already. Raises StoreError, and anchors nothing, if the log does not hold:
        all day long, so that the job counts as failing until somebody has seen to it.
        """
        anchors = read_anchors(self._path)
        with read(self._engine) as conn:
            last = newest_entry(conn, Action.VERIFY)
            if last is not None and self._is_today(last.at) and last.outcome != Outcome.DONE:
                raise StoreError(f"audit log: it did not hold when it was last looked at: {last.detail}")
            if self._is_done(last, anchors):
                return IDLE
            found = verify_audit(conn, anchors.known)
        head = self._note(found, fence)
        if not found.is_whole:
            raise StoreError(f"audit log: entry {found.number} does not hold: {found.looks_like}")
        append_anchor(self._path, head)
        log.info("audit log: entries 1 to %d hold; anchored %d %s", found.checked, head.number, head.hash)
        return None

    def _is_done(self, last: Entry | None, anchors: Anchors) -> bool:
        newest = anchors.newest
        return (
            last is not None and newest is not None and self._is_today(last.at) and self._is_today(newest.at)
        )

    def _is_today(self, at: datetime) -> bool:
        return local(at).date() == local(self._now()).date()

    def _note(self, found: Verdict, fence: Callable[[Connection], None]) -> Anchor:
        """What was found is an entry itself; returns the head with it."""
        doer = Doer(name=WORKER, role="worker", at=self._now())
        broken = {} if found.is_whole else {"broken": found.number, "looks_like": found.looks_like}
        detail, outcome = {"checked": found.checked} | broken, Outcome.FAILED if broken else Outcome.DONE
        with write(self._engine) as conn:
            fence(conn)
            write_audit(conn, doer, Action.VERIFY, subject="audit log", outcome=outcome, detail=detail)
            number, hashed = audit_head_of(conn)
        return Anchor(at=doer.at, number=number, hash=hashed)
