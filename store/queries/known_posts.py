"""Posts as they were known at each moment of the past: what a rule would have seen then, and nothing of later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, func, select

from domain.judgement import PERSON
from domain.records import Relevance
from store.queries.placed import county_in
from store.queries.posts import ScoredPost, said_between
from store.schema import hot_ranks, posts, reposts, scores

Seen_co = TypeVar("Seen_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned(Generic[Seen_co]):
    """From this moment on the post was seen like this. None: as nothing that concerns the campaign."""

    at: datetime
    post_id: int
    seen: Seen_co | None


RANKED = (
    select(hot_ranks.c.post_id, func.min(hot_ranks.c.since).label("ranked_at"))
    .group_by(hot_ranks.c.post_id)
    .subquery()
)
"""Since when a post was on a hot list."""


def scores_said(conn: Connection, *, since: datetime, until: datetime) -> int:
    """How many scores the posts said in [since, until) have: what `learned` would read."""
    joined = scores.join(posts, scores.c.post_id == posts.c.post_id)
    query = select(func.count()).select_from(joined).where(said_between(since, until))
    return int(conn.execute(query).scalar_one())


def learned(conn: Connection, *, since: datetime, until: datetime) -> list[Learned[ScoredPost]]:
    """Every change of what was known of the posts said in [since, until), oldest first.

    A post is known once it was received and scored; a newer model's score replaces the older one's from its own
    moment on, a person's stands. To which event a post belongs is kept without a moment: it was found within seconds.
    """
    by_post = scored(conn, since=since, until=until)
    return in_order(change for rows in by_post for change in _changes(rows))


def scored(
    conn: Connection, *more: ColumnElement[Any], since: datetime, until: datetime
) -> Iterator[list[Row[Any]]]:
    """Of each post said in [since, until) all its scores, oldest first. `more`: further columns of it."""
    at = func.coalesce(posts.c.published_at, posts.c.received_at)
    query = (
        select(
            posts.c.post_id, posts.c.source, at.label("at"), posts.c.title, posts.c.author_ref, posts.c.media,
            posts.c.rank, posts.c.county_hint, posts.c.received_at, RANKED.c.ranked_at,
            scores.c.model, scores.c.scored_at, scores.c.relevance, scores.c.label, scores.c.issues, scores.c.county,
            reposts.c.event_id, *more,
        )
        .join(scores, scores.c.post_id == posts.c.post_id)
        .outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
        .outerjoin(RANKED, RANKED.c.post_id == posts.c.post_id)
        .where(said_between(since, until))
        .order_by(posts.c.post_id, scores.c.scored_at)
    )  # fmt: skip
    found: Iterable[Row[Any]] = conn.execute(query)
    for _, rows in groupby(found, key=lambda row: row.post_id):
        yield list(rows)


def in_order(changes: Iterable[Learned[Seen_co]]) -> list[Learned[Seen_co]]:
    return sorted(changes, key=lambda change: (change.at, change.post_id))


def that_counted(rows: Iterable[Row[Any]]) -> Iterator[tuple[datetime, Row[Any]]]:
    """One post's scores, oldest first, with the moment each began to count: nothing replaces a person's."""
    for row in rows:
        yield max(row.received_at, row.scored_at), row
        if row.model == PERSON:
            return


def ranked_at(row: Row[Any]) -> datetime | None:
    """Since when it was on a hot list. From before stays were kept: since it came, for it came with its rank."""
    since: datetime | None = row.ranked_at
    return since or (row.received_at if row.rank is not None else None)


def _changes(rows: list[Row[Any]]) -> Iterator[Learned[ScoredPost]]:
    counted, ranked = list(that_counted(rows)), ranked_at(rows[0])
    moments = {at for at, _ in counted} | (
        {ranked} if ranked is not None and ranked > counted[0][0] else set()
    )
    for now in sorted(moments):
        row = [row for at, row in counted if at <= now][-1]
        concerns = row.relevance == Relevance.CAMPAIGN.value
        on_list = ranked is not None and ranked <= now
        yield Learned(at=now, post_id=row.post_id, seen=_seen(row, on_list) if concerns else None)


def _seen(row: Row[Any], on_hot_list: bool) -> ScoredPost:
    return ScoredPost(
        post_id=row.post_id,
        source=row.source,
        at=row.at,
        title=row.title,
        label=row.label,
        county=county_in(row),
        issues=tuple(row.issues),
        author_ref=row.author_ref,
        event_id=row.event_id,
        media=row.media,
        on_hot_list=on_hot_list,
    )
