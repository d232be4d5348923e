"""What a briefing reads beside the ledger's totals, as it was known at a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from domain.records import Relevance
from store.queries.discrepancies import has_compared
from store.queries.placed import county_of
from store.queries.posts import said_between
from store.queries.sources import Expected, Freshness, freshness
from store.schema import (
    discrepancies,
    posts,
    reposts,
    scores,
    source_alive,
    source_runs,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One relevant post with the newest score it had then."""

    post_id: int
    text: str
    media: str
    label: str | None
    county: str | None
    issues: tuple[str, ...]
    event_id: int  # its own number where nobody has grouped it
    source: str
    at: datetime  # published, or first received where the source does not say


def said(conn: Connection, *, since: datetime, until: datetime, known_by: datetime) -> list[Said]:
    """Posts of [since, until) received and scored by then, in order of their number."""
    ranked = (
        select(
            scores,
            func.row_number()
            .over(partition_by=scores.c.post_id, order_by=(scores.c.scored_at.desc(), scores.c.model))
            .label("turn"),
        )
        .where(scores.c.scored_at <= known_by)
        .subquery("ranked")
    )
    query = (
        select(
            posts.c.post_id, posts.c.title, posts.c.text, posts.c.media, posts.c.source,
            func.coalesce(posts.c.published_at, posts.c.received_at).label("at"), ranked.c.label, ranked.c.issues,
            county_of(ranked).label("county"),
            func.coalesce(reposts.c.event_id, posts.c.post_id).label("event_id"),
        )
        .join(ranked, (ranked.c.post_id == posts.c.post_id) & (ranked.c.turn == 1))
        .outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
        .where(
            ranked.c.relevance == Relevance.CAMPAIGN.value,
            posts.c.received_at <= known_by,
            said_between(since, until),
        )
        .order_by(posts.c.post_id)
    )  # fmt: skip
    return [
        Said(
            post_id=row.post_id,
            text=row.text or row.title,
            media=row.media,
            label=row.label,
            county=row.county,
            issues=tuple(row.issues),
            event_id=row.event_id,
            source=row.source,
            at=row.at,
        )
        for row in conn.execute(query)
    ]


def has_scored(conn: Connection, *, known_by: datetime) -> bool:
    """Whether anything had been scored by then: before that nothing is known, not nothing was said."""
    query = select(scores.c.post_id).where(scores.c.scored_at <= known_by).limit(1)
    return conn.execute(query).first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedThen:
    """How far a source had reported, and what it had put aside."""

    data_time: datetime | None = None
    last_ok_at: datetime | None = None  # the last answer that brought something
    quarantined: int = 0
    alive_at: datetime | None = None  # the last answer, whether or not it brought anything

    def freshness(self, expected: Expected, *, now: datetime) -> Freshness:
        return freshness(expected, data_time=self.data_time, answered_at=self.alive_at, now=now)


def feeds_then(conn: Connection, *, known_by: datetime) -> dict[str, FeedThen]:
    """By source, from its runs that had ended. A look that brings nothing leaves no run, only a sign of life."""
    runs = source_runs.c
    answered = case((runs.outcome.in_(("ok", "unchanged")), runs.finished_at))
    query = (
        select(
            runs.source,
            func.max(runs.data_time, type_=runs.data_time.type),
            func.max(answered, type_=runs.finished_at.type),
            func.sum(runs.quarantined),
        )
        .where(runs.finished_at <= known_by)
        .group_by(runs.source)
    )
    found = {
        source: FeedThen(data_time=data_time, last_ok_at=ok, quarantined=int(n), alive_at=ok)
        for source, data_time, ok, n in conn.execute(query)
    }
    for source, until in _alive_until(conn, known_by=known_by):
        feed = found.get(source, FeedThen())
        alive_at = min(until, known_by)
        found[source] = replace(feed, alive_at=max(alive_at, feed.alive_at or alive_at))
    return found


def _alive_until(conn: Connection, *, known_by: datetime) -> list[tuple[str, datetime]]:
    """By source, the end of the last stretch of answers that had begun."""
    alive = source_alive.c
    query = (
        select(alive.source, func.max(alive.until, type_=alive.until.type))
        .where(alive.since <= known_by)
        .group_by(alive.source)
    )
    return [(source, until) for source, until in conn.execute(query)]


def open_differences(conn: Connection, programmes: Collection[str], *, known_by: datetime) -> int | None:
    """How many differences were open; None before anything of these programmes had been compared."""
    if not has_compared(conn, programmes, known_by=known_by):
        return None
    c = discrepancies.c
    query = select(func.count()).where(
        c.programme.in_(programmes),
        c.opened_at <= known_by,
        or_(c.closed_at.is_(None), c.closed_at > known_by),
    )
    return int(conn.execute(query).scalar_one())
