"""How long what is no longer needed is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from dashboard.anchoring import WORKER
from dashboard.clock import real_now
from domain.audit import Action, Doer
from domain.campaign import Campaign
from store.engine import write
from store.writes.audit import write_audit
from store.writes.erase import erase_people
from store.writes.inbox import forget_drained
from store.writes.intake import forget_raw
from store.writes.snapshots import thin_snapshots

INBOX_KEPT = timedelta(days=7)
"""Drained messages: their bytes stand in the archive, their ids tell a late repetition."""
PEOPLE_KEPT = timedelta(days=183)
"""After the last programme's end, whom vouchers were of: half a year for reports and audits (promises P3)."""


def forget(engine: Engine, campaign: Campaign, *, now: datetime, fence: Callable[[Connection], None]) -> None:
    """Thin old pictures, delete drained messages and the raw bytes of posts, erase people after the end."""
    end = _end(campaign)
    with write(engine) as conn:
        fence(conn)
        thin_snapshots(conn, now)
        forget_drained(conn, before=now - INBOX_KEPT)
        forget_raw(conn, now=now)
        if end is not None and now >= end + PEOPLE_KEPT and (erased := erase_people(conn)):
            doer = Doer(name=WORKER, role="worker", at=real_now())
            write_audit(conn, doer, Action.ERASE, subject="people of events", detail={"rows": erased})


def _end(campaign: Campaign) -> datetime | None:
    """None while any programme's end is not known: then nobody can say how long after it this is."""
    ends = [p.end_at for p in campaign.programme]
    return None if None in ends else max(end for end in ends if end is not None)
