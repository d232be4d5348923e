"""When nobody was listening: hours of a source that a chart must draw as a gap and never as a calm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.readings import FeedHealth
from store.schema import source_alive, source_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From the last answer before it to the first one after it, cut to the window asked for."""

    since: datetime
    until: datetime


def source_gaps(
    conn: Connection, source: str, *, since: datetime, until: datetime, stale_after_s: float
) -> tuple[Gap, ...]:
    """Stretches of the window in which the source was silent for longer than `stale_after_s`, oldest first.

    A source that was never heard is one gap. Up to `stale_after_s` after its last answer it counts as alive.
    """
    patience = timedelta(seconds=stale_after_s)
    found: list[Gap] = []
    heard = _before(conn, source, since)
    for row in conn.execute(
        select(source_alive.c.since, source_alive.c.until)
        .where(source_alive.c.source == source, source_alive.c.until > since, source_alive.c.since < until)
        .order_by(source_alive.c.since)
    ):
        if heard is None or row.since - heard > patience:
            found.append(Gap(since=max(heard or since, since), until=max(row.since, since)))
        heard = row.until
    if heard is None or until - heard > patience:
        found.append(Gap(since=max(heard or since, since), until=until))
    return tuple(gap for gap in found if gap.since < gap.until)


def gap_causes(conn: Connection, source: str, gap: Gap) -> tuple[str, ...]:
    """What its failed runs in the gap died of, most frequent first: blocked, captcha, expired, empty, down, refused.

    None at all: nobody asked it either (the worker stood still), or it only ever pushes.
    """
    query = (
        select(source_runs.c.cause)
        .where(
            source_runs.c.source == source,
            source_runs.c.finished_at >= gap.since,
            source_runs.c.finished_at <= gap.until,
            source_runs.c.cause.is_not(None),
        )
        .group_by(source_runs.c.cause)
        .order_by(func.count().desc(), source_runs.c.cause)
    )
    return tuple(conn.scalars(query))


def was_alive(conn: Connection, source: str, *, hour: datetime, now: datetime, stale_after_s: float) -> bool:
    """Whether the hour that begins then (of the running one: what has passed of it) is free of gaps."""
    until = min(hour + timedelta(hours=1), now)
    return not source_gaps(conn, source, since=hour, until=until, stale_after_s=stale_after_s)


def silent_by_hour(
    conn: Connection, health: Sequence[FeedHealth], *, hours: Sequence[datetime], now: datetime
) -> tuple[tuple[str, ...], ...]:
    """For each hour (given by its beginning, oldest first) the names of the opinion sources that have a gap in it."""
    if not hours:
        return ()
    gaps = {
        h.name: source_gaps(conn, h.source, since=hours[0], until=now, stale_after_s=h.stale_after_s)
        for h in health
        if h.side == "opinion"
    }
    return tuple(
        tuple(
            name
            for name, found in gaps.items()
            if any(gap.since < hour + timedelta(hours=1) and gap.until > hour for gap in found)
        )
        for hour in hours
    )


def _before(conn: Connection, source: str, at: datetime) -> datetime | None:
    """The last answer up to then."""
    query = select(func.max(source_alive.c.until)).where(
        source_alive.c.source == source, source_alive.c.until <= at
    )
    return conn.execute(query).scalar_one_or_none()
