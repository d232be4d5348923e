"""What is no longer needed goes, on the campaign's periods (promises P3). No figure changes by it (I22)."""

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
from store.writes.forgetting import delete_forgotten, forget_old_pictures, forget_old_posts
from store.writes.inbox import forget_drained
from store.writes.intake import forget_raw, move_version
from store.writes.snapshots import thin_snapshots

FORGET_EVERY = timedelta(hours=1)


def forget(engine: Engine, campaign: Campaign, *, now: datetime, fence: Callable[[Connection], None]) -> None:
    """Thin old pictures, delete old bytes and words of posts, and half a year after the end whom events were of."""
    kept = campaign.retention
    with write(engine) as conn:
        fence(conn)
        thin_snapshots(conn, now)
        forget_old_pictures(conn, before=now - kept.texts)
        forget_drained(conn, before=now - kept.inbox)
        forget_raw(conn, now=now)
        gone = {"posts": forget_old_posts(conn, before=now - kept.texts, now=now)}
        if campaign.ended_at is not None and now >= kept.people_until(campaign.ended_at):
            gone |= {"rows": erase_people(conn), "deleted": delete_forgotten(conn)}
        if not any(gone.values()):
            return
        move_version(conn, now)
        doer = Doer(name=WORKER, role="worker", at=real_now())
        write_audit(conn, doer, Action.ERASE, subject="what is old", detail=gone)
