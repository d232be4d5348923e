"""Papers on their way: written when they are published, marked after the channel has taken them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from store.schema import briefing_deliveries

GIVEN_UP_AFTER = timedelta(hours=24)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
_C = briefing_deliveries.c


def enqueue_paper(
    conn: Connection, briefing_id: int, channels: Mapping[str, Sequence[str]], *, now: datetime
) -> None:
    """`channels`: id -> who gets it there. In the transaction that publishes: a paper that is out is to be sent."""
    rows = [
        {
            "briefing_id": briefing_id,
            "channel": channel,
            "recipients": list(recipients),
            "created_at": now,
            "not_before": now,
            "tries": 0,
        }
        for channel, recipients in channels.items()
    ]
    if rows:
        conn.execute(insert(briefing_deliveries), rows)


def take_delivery(conn: Connection, channel: str, *, now: datetime) -> int | None:
    """The oldest paper that is due on the channel; counted as tried before it is sent."""
    query = (
        select(_C.briefing_id, _C.tries, _C.tried_at)
        .where(_C.channel == channel, _C.sent_at.is_(None), _C.dead_at.is_(None), _C.not_before <= now)
        .order_by(_C.created_at, _C.briefing_id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    tried = {"tries": row.tries + 1, "tried_at": row.tried_at or now}
    conn.execute(update(briefing_deliveries).where(_of(row.briefing_id, channel)).values(**tried))
    return int(row.briefing_id)


def mark_delivered(conn: Connection, briefing_id: int, channel: str, *, now: datetime) -> None:
    values = {"sent_at": now, "trouble": None}
    conn.execute(update(briefing_deliveries).where(_of(briefing_id, channel)).values(**values))


def mark_undelivered(
    conn: Connection, briefing_id: int, channel: str, *, trouble: str, now: datetime
) -> None:
    """Due again after a growing pause; given up after a day."""
    mine = _of(briefing_id, channel)
    row = conn.execute(select(_C.tries, _C.tried_at).where(mine)).one()
    pause = min(_FIRST_PAUSE * 2 ** min(row.tries - 1, 10), _LONGEST_PAUSE)
    over = now if row.tried_at <= now - GIVEN_UP_AFTER else None
    values = {"trouble": trouble[:500], "not_before": now + pause, "dead_at": over}
    conn.execute(update(briefing_deliveries).where(mine).values(**values))


def _of(briefing_id: int, channel: str) -> ColumnElement[bool]:
    return and_(_C.briefing_id == briefing_id, _C.channel == channel)
