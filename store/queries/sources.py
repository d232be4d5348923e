"""Where each source stands, and which programmes' figures are late because of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from domain.campaign import Campaign
from domain.readings import FeedHealth, Health
from domain.terms import SHANGHAI
from store.schema import feeds, quarantine, raw_archive, source_alive, source_state, versions

FAILURES_TO_BE_DOWN = 3
"""One failed poll is weather; three in a row is a source that is down."""
FAILURES_TO_PAUSE = 5
LONGEST_PAUSE = timedelta(minutes=5)
DAY_FILE_AFTER = timedelta(hours=34)
"""A day's file is there by ten the next morning: so long after the day's start, or after the day before it was told."""
EVER = datetime.min.replace(tzinfo=UTC)
"""Since when a source was heard, or silent, whose beginning was not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What `sources.toml` promises of one source."""

    source: str
    name: str
    side: str
    stale_after_s: float
    platform: str | None = None  # whose payments it tells; None: of posts
    every_s: float | None = None  # how often we ask; None: not said in a form we can read
    counts: bool = (
        False  # it tells totals while the day goes on, and single events the next morning, if at all
    )
    files_from: date | None = None  # of one that counts: the first day whose file is awaited


def sources_of(
    expected: Sequence[Expected], campaign: Campaign, *, within: str | None
) -> tuple[Expected, ...]:
    """Those a division's screens and papers stand on; None or the city's code: all of them.

    A county's office sees its own county only (work plan 九(二)): its own programmes' platforms, the city's, whose
    vouchers are used there, too, and what listens to the whole city.
    """
    city = campaign.campaign.city_code
    if within in (None, city):
        return tuple(expected)
    paid = {p.platform for p in campaign.programme if p.division in (within, city)}
    return tuple(e for e in expected if e.side == "opinion" or e.platform in paid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`seen_at`: since when we wait, None: nothing has ever come; `allowed`: how long that may go on."""

    seen_at: datetime | None
    allowed: timedelta

    def is_late(self, now: datetime) -> bool:
        return self.seen_at is not None and now - self.seen_at > self.allowed


def freshness(
    expected: Expected,
    *,
    data_time: datetime | None,
    answered_at: datetime | None,
    now: datetime,
) -> Freshness:
    """A payment feed is as fresh as its data; an opinion feed as its last answer, since quiet is not silence.

    One that counts is as fresh as its last answer, until a day's file is overdue: its data lie up to a day and ten
    hours back while all is well.
    """
    silence = timedelta(seconds=expected.stale_after_s)
    if expected.side == "payment" and not expected.counts:
        return Freshness(seen_at=data_time, allowed=silence)
    if expected.files_from is not None:
        told = data_time or datetime.combine(expected.files_from, time(), SHANGHAI)
        files = Freshness(seen_at=told, allowed=delay_allowed(expected))
        if files.is_late(now):
            return files
    return Freshness(seen_at=answered_at, allowed=silence)


def delay_allowed(expected: Expected) -> timedelta:
    """How long after it happened an event of this source may come."""
    return timedelta(seconds=expected.stale_after_s) + (
        DAY_FILE_AFTER if expected.files_from else timedelta(0)
    )


def first_answers(conn: Connection, *, known_by: datetime) -> dict[str, datetime]:
    """Source -> when it first answered, of those that had."""
    alive = source_alive.c
    query = (
        select(alive.source, func.min(alive.since, type_=alive.since.type))
        .where(alive.since <= known_by)
        .group_by(alive.source)
    )
    return {row.source: row[1] for row in conn.execute(query)}


def cursor_of(conn: Connection, source: str) -> str | None:
    query = select(source_state.c.cursor).where(source_state.c.source == source)
    return conn.execute(query).scalar_one_or_none()


def paused_until(conn: Connection, *, now: datetime) -> dict[str, datetime]:
    """Source -> when it is asked again, of those that nobody asks before, whatever their interval.

    After so many failures in a row a source is left alone for as long as it has been gone, five minutes at most, so
    that no outage becomes more than twice as long by it; and until the moment it named itself. Both stand in the
    store, so that a new worker knows them. Where the clock was set back, nobody waits for it to come round again.
    """
    tried = select(source_state).where(source_state.c.last_try_at <= now)
    ends = {state.source: _pause_ends(state) for state in conn.execute(tried)}
    return {source: end for source, end in ends.items() if end > now}


def _pause_ends(state: Row[Any]) -> datetime:
    tried: datetime = state.last_try_at
    pause = timedelta(0)
    if state.failures_in_row >= FAILURES_TO_PAUSE:
        gone = LONGEST_PAUSE if state.last_ok_at is None else tried - state.last_ok_at
        pause = min(gone, LONGEST_PAUSE)
    return max(tried + pause, state.not_before or tried)


def replaced_bodies(conn: Connection, source: str, name: str, *, sha256: str) -> Iterator[bytes]:
    """Payloads of that name with other bytes, newest first. No index leads there: files are seldom replaced."""
    table = raw_archive.c
    mine = (table.source == source, table.name == name, table.sha256 != sha256)
    found = conn.scalars(select(table.sha256).where(*mine).order_by(table.received_at.desc())).all()
    return (conn.execute(select(table.body).where(table.sha256 == one)).scalar_one() for one in found)


def feed_health(conn: Connection, expected: Sequence[Expected], *, now: datetime) -> tuple[FeedHealth, ...]:
    """Each configured source against its own cadence, in the order of the configuration."""
    states = {row.source: row for row in conn.execute(select(source_state))}
    counts = select(quarantine.c.source, func.count()).group_by(quarantine.c.source)
    rejected = {source: int(n) for source, n in conn.execute(counts)}
    first = first_answers(conn, known_by=now)
    found = []
    for e in expected:
        state = states.get(e.source)
        fresh = freshness(
            e,
            data_time=state.data_time if state else None,
            answered_at=state.last_ok_at if state else None,
            now=now,
        )
        found.append(
            FeedHealth(
                source=e.source,
                name=e.name,
                side=e.side,
                health=_health(fresh, state.failures_in_row if state else 0, now),
                seen_at=fresh.seen_at,
                data_time=state.data_time if state else None,
                last_ok_at=state.last_ok_at if state else None,
                stale_after_s=fresh.allowed.total_seconds(),
                delay_allowed_s=delay_allowed(e).total_seconds(),
                quarantined_count=rejected.get(e.source, 0),
                trouble=state.trouble if state else None,
                platform=e.platform,
                heard_since=first.get(e.source, EVER) if state and state.last_ok_at else None,
            )
        )
    return tuple(found)


def _health(fresh: Freshness, failures: int, now: datetime) -> Health:
    if failures >= FAILURES_TO_BE_DOWN:
        return Health.DOWN
    if fresh.seen_at is None:
        return Health.NEVER
    return Health.LATE if fresh.is_late(now) else Health.FRESH


def late_feeds(conn: Connection, health: Sequence[FeedHealth]) -> dict[str, tuple[str, ...]]:
    """Programme -> names of its sources that are late or down."""
    late = {h.source: h.name for h in health if h.health in (Health.LATE, Health.DOWN)}
    found: dict[str, list[str]] = defaultdict(list)
    for row in conn.execute(select(feeds.c.programme, feeds.c.source)):
        if row.source in late:
            found[row.programme].append(late[row.source])
    return {programme: tuple(sorted(names)) for programme, names in found.items()}


def version_number(conn: Connection) -> int:
    """The number of what can be seen now; 0 before anything was written."""
    return int(conn.execute(select(versions.c.number)).scalar_one_or_none() or 0)
