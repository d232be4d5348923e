"""The inbox: what platforms pushed goes the way of what was fetched, many messages to a transaction.

A push is never all there is: messages get lost. So a drained message moves no cursor and no data time, and what is
wrong with one of them is no failure of its source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import ParseError
from domain.records import Counter, Entry, Event, Grade, InboxMessage, Payload, Post, Reject
from domain.statements import Statement
from ingest.admit import admit
from ingest.rejects import conflict
from ingest.run import Site
from ingest.source import PushedSource, Source
from store.engine import read, write
from store.queries.inbox import undrained
from store.writes import intake, ledger
from store.writes.inbox import mark_drained

BATCH = 500
"""Messages by transaction: at most this much is done again after a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One message, read."""

    inbox_id: int
    payload: Payload
    sha256: str
    entries: tuple[Entry, ...]
    rejects: tuple[Reject, ...]


def drain(sources: Iterable[Source], site: Site, clock: Callable[[], datetime]) -> int:
    """Everything that waits, oldest first. Returns how many messages were drained."""
    pushed = {source.id: source for source in sources if isinstance(source, PushedSource)}
    drained = 0
    while pushed:
        with read(site.engine) as conn:
            waiting = undrained(conn, pushed, limit=BATCH)
        for source in pushed.values():
            own = [(number, message) for number, message in waiting if message.source == source.id]
            if own:
                _save(source, own, site, clock)
        drained += len(waiting)
        if len(waiting) < BATCH:
            break
    return drained


def _save(
    source: PushedSource,
    waiting: Sequence[tuple[int, InboxMessage]],
    site: Site,
    clock: Callable[[], datetime],
) -> None:
    started = clock()
    opened = [_open(source, number, message, site) for number, message in waiting]
    entries = [entry for one in opened for entry in one.entries]
    hashes = [one.sha256 for one in opened for _ in one.entries]
    now = clock()
    with write(site.engine) as conn:
        site.fence(conn)
        for one in opened:
            intake.keep_raw(conn, one.payload, source=source.id, sha256=one.sha256, now=now)
        saved = ledger.save_batch(
            conn, entries, source=source.id, grade=Grade.FLASH, raw_sha256=hashes, now=now
        )
        stood_in = dict(zip(map(id, entries), hashes, strict=True))
        for one in opened:
            intake.quarantine(conn, one.rejects, source=source.id, sha256=one.sha256, now=now)
        for entry in saved.conflicting:
            intake.quarantine(conn, [conflict(entry)], source=source.id, sha256=stood_in[id(entry)], now=now)
        mark_drained(conn, [one.inbox_id for one in opened], now=now)
        rejected = sum(len(one.rejects) for one in opened) + len(saved.conflicting)
        run = intake.RunRecord(
            source=source.id,
            started_at=started,
            finished_at=now,
            outcome="ok",
            rows_in=len(entries) + rejected - len(saved.conflicting),
            accepted=saved.accepted,
            duplicate=saved.duplicate,
            superseded=saved.superseded,
            quarantined=rejected,
        )
        intake.record_run(conn, run)
        intake.move_version(conn, now)


def _open(source: PushedSource, inbox_id: int, message: InboxMessage, site: Site) -> _Opened:
    payload = source.payload_of(message)
    entries: tuple[Entry, ...] = ()
    try:
        parsed = source.parse(payload)
    except ParseError as error:
        rejects: tuple[Reject, ...] = (
            Reject(row=message.message_id, field=payload.name, reason=error.message),
        )
    else:
        events = [record for record in parsed.records if isinstance(record, Event)]
        others = [record for record in parsed.records if not isinstance(record, Event)]
        admitted = admit(site.campaign, events)
        entries = admitted.entries
        rejects = (*parsed.rejects, *admitted.rejects, *(_no_event(message, other) for other in others))
    sha256 = hashlib.sha256(payload.body).hexdigest()
    return _Opened(inbox_id=inbox_id, payload=payload, sha256=sha256, entries=entries, rejects=rejects)


def _no_event(message: InboxMessage, record: Counter | Statement | Post) -> Reject:
    """A connector that tells more than this was written for loses nothing: the bytes are kept, and somebody sees it."""
    return Reject(row=message.message_id, field=type(record).__name__, reason="only events can be pushed")
