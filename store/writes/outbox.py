"""The outbox: written with the alert, taken into batches before sending, marked after the channel has taken them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, literal, select, update

from domain.delivery import Batch, Occasion, Outgoing
from domain.readings import GRAVITY, Level
from store.schema import UtcTime, channel_tests, outbox
from store.writes.upsert import chunks, insert_new

MOST_AT_ONCE = 1000
"""Messages a batch holds: what a storm costs in memory. The next pass takes the next ones."""

GIVEN_UP_AFTER = timedelta(hours=24)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
_RANKED = case(GRAVITY, value=outbox.c.level)
_BY_STATEMENT = 400


def enqueue(conn: Connection, news: Sequence[Outgoing], *, now: datetime) -> int:
    """Keep what nobody was told yet: one message an alert and level, and again only for a higher one.

    Of one that was closed and came back, what was told before does not count.
    """
    told = _told(conn, {n.alert_id for n in news})
    rows = [
        {
            "alert_id": n.alert_id,
            "occasion": n.occasion,
            "channel": n.channel,
            "level": n.level.value,
            "title": n.title,
            "reasons": list(n.reasons),
            "created_at": now,
            "not_before": n.not_before or now,
        }
        for n in news
        if (occasion := Occasion.read(n.occasion)).kind != "level"
        or GRAVITY[n.level.value] > told.get((n.alert_id, n.channel, occasion.again), -1)
    ]
    return sum(
        len(insert_new(conn, outbox, part, returning=[outbox.c.message_id]))
        for part in chunks(rows, _BY_STATEMENT)
    )


def take_batch(conn: Connection, channel: str, *, quiet: bool, now: datetime) -> Batch | None:
    """The batch to send now: one that was begun and not finished before anything new. `quiet`: only orange and red.

    Its key is fixed before it is sent: whoever gets it twice can tell.
    """
    due = [_waiting(channel), outbox.c.not_before <= now]
    if quiet:
        due.append(outbox.c.level.in_((Level.ORANGE.value, Level.RED.value)))
    begun = conn.execute(
        select(outbox.c.batch).where(*due, outbox.c.batch.is_not(None)).order_by(outbox.c.message_id).limit(1)
    ).scalar_one_or_none()
    if begun is None:
        fresh = (
            select(outbox.c.message_id)
            .where(*due, outbox.c.batch.is_(None))
            .order_by(_RANKED.desc(), outbox.c.message_id)
            .limit(MOST_AT_ONCE)
        )
        ids = list(conn.scalars(fresh))
        if not ids:
            return None
        begun = hashlib.sha256(f"{channel} {ids}".encode()).hexdigest()[:40]
        for part in chunks(ids, _BY_STATEMENT):
            conn.execute(update(outbox).where(outbox.c.message_id.in_(part)).values(batch=begun))
    mine = and_(_waiting(channel), outbox.c.batch == begun)
    first = func.coalesce(outbox.c.tried_at, literal(now, UtcTime()))
    conn.execute(update(outbox).where(mine).values(tries=outbox.c.tries + 1, tried_at=first))
    return _batch(
        begun, conn.execute(select(outbox).where(mine).order_by(_RANKED.desc(), outbox.c.message_id)).all()
    )


def mark_sent(conn: Connection, channel: str, batch: Batch, *, now: datetime) -> None:
    conn.execute(update(outbox).where(_of(channel, batch)).values(sent_at=now, trouble=None))


def mark_failed(conn: Connection, channel: str, batch: Batch, *, trouble: str, now: datetime) -> bool:
    """Due again after a growing pause; a dead letter after a day. True if it was given up."""
    pause = min(_FIRST_PAUSE * 2 ** min(batch.tries - 1, 10), _LONGEST_PAUSE)
    mine = _of(channel, batch)
    conn.execute(update(outbox).where(mine).values(trouble=trouble[:500], not_before=now + pause))
    over = and_(mine, outbox.c.tried_at <= now - GIVEN_UP_AFTER)
    return conn.execute(update(outbox).where(over).values(dead_at=now)).rowcount > 0


def keep_test(conn: Connection, channel: str, *, trouble: str | None, who: str, now: datetime) -> None:
    """How a test of the channel went."""
    told = None if trouble is None else trouble[:500]
    row = {"channel": channel, "tested_at": now, "tested_by": who, "trouble": told}
    conn.execute(insert(channel_tests).values(row))


def _waiting(channel: str) -> ColumnElement[bool]:
    return and_(outbox.c.channel == channel, outbox.c.sent_at.is_(None), outbox.c.dead_at.is_(None))


def _of(channel: str, batch: Batch) -> ColumnElement[bool]:
    return and_(_waiting(channel), outbox.c.batch == batch.key)


def _told(conn: Connection, alert_ids: Iterable[int]) -> dict[tuple[int, str, str], int]:
    """The highest level each channel has been told of each alert since it came back, sent or waiting."""
    found: dict[tuple[int, str, str], int] = {}
    columns = outbox.c.alert_id, outbox.c.channel, outbox.c.level, outbox.c.occasion
    for part in chunks(sorted(alert_ids), _BY_STATEMENT):
        query = select(*columns).where(outbox.c.alert_id.in_(part), outbox.c.occasion.like("level:%"))
        for row in conn.execute(query):
            key = (row.alert_id, row.channel, Occasion.read(row.occasion).again)
            found[key] = max(found.get(key, -1), GRAVITY[row.level])
    return found


def _batch(key: str, rows: Sequence[Row[Any]]) -> Batch:
    return Batch(
        key=key,
        messages=tuple(
            Outgoing(
                alert_id=row.alert_id,
                occasion=row.occasion,
                channel=row.channel,
                level=Level(row.level),
                title=row.title,
                reasons=tuple(row.reasons),
            )
            for row in rows
        ),
        created_at=min(row.created_at for row in rows),
        tries=max(row.tries for row in rows),
    )
