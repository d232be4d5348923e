"""How the channels fare, and what was told of an alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.delivery import ChannelHealth, ChannelTest
from store.schema import channel_tests, outbox

DAY = timedelta(days=1)


def channel_health(conn: Connection, channels: Iterable[str], *, now: datetime) -> tuple[ChannelHealth, ...]:
    """Each channel as its messages tell."""
    return tuple(_health(conn, channel, now) for channel in channels)


def channels_used(conn: Connection) -> list[str]:
    """Every channel that was ever written to or tested."""
    written, tested = select(outbox.c.channel), select(channel_tests.c.channel)
    return sorted(conn.scalars(written.union(tested)))


def told_of(conn: Connection, alert_id: int) -> list[tuple[str, str, datetime, datetime | None, bool]]:
    """(channel, occasion, written, sent, given up) of each message about an alert, oldest first."""
    query = select(outbox).where(outbox.c.alert_id == alert_id).order_by(outbox.c.message_id)
    return [
        (row.channel, row.occasion, row.created_at, row.sent_at, row.dead_at is not None)
        for row in conn.execute(query)
    ]


def _health(conn: Connection, channel: str, now: datetime) -> ChannelHealth:
    mine = outbox.c.channel == channel
    waiting = [mine, outbox.c.sent_at.is_(None), outbox.c.dead_at.is_(None)]
    row = conn.execute(select(func.count(), func.max(outbox.c.tries)).where(*waiting)).one()
    trouble = conn.execute(
        select(outbox.c.trouble)
        .where(mine, outbox.c.trouble.is_not(None), outbox.c.sent_at.is_(None))
        .order_by(outbox.c.message_id.desc())
        .limit(1)
    ).scalar_one_or_none()
    dead = select(func.count()).where(mine, outbox.c.dead_at > now - DAY)
    failed = row[1] or 0
    return ChannelHealth(
        channel=channel,
        waiting_count=int(row[0]),
        dead_count=int(conn.execute(dead).scalar_one()),
        failures_in_row=int(failed) if trouble else 0,
        trouble=trouble,
        last_sent_at=conn.execute(select(func.max(outbox.c.sent_at)).where(mine)).scalar_one(),
        test=_test(conn, channel),
    )


def _test(conn: Connection, channel: str) -> ChannelTest | None:
    mine = select(channel_tests).where(channel_tests.c.channel == channel)
    row = conn.execute(mine.order_by(channel_tests.c.test_id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return ChannelTest(tested_at=row.tested_at, tested_by=row.tested_by, trouble=row.trouble)
