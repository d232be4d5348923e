"""Negative or tagged posts with their words and what the source counted of them: for rules that read single posts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.records import Label, Relevance
from domain.voiced import VoicedPost
from store.queries.placed import county_of
from store.queries.posts import said_between
from store.schema import posts, reposts, scores


def voiced_posts(conn: Connection, *, since: datetime, until: datetime) -> tuple[VoicedPost, ...]:
    """Of [since, until], oldest first, by their current score. Praise is left out."""
    at = func.coalesce(posts.c.published_at, posts.c.received_at)
    query = (
        select(
            posts.c.post_id, posts.c.source, at.label("at"), posts.c.title, posts.c.text, posts.c.author_ref,
            posts.c.media, posts.c.rank, posts.c.likes, posts.c.comments, posts.c.reposts, scores.c.label,
            scores.c.issues, county_of().label("county"), reposts.c.event_id,
        )
        .join(scores, scores.c.post_id == posts.c.post_id)
        .outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
        .where(
            scores.c.current,
            scores.c.relevance == Relevance.CAMPAIGN.value,
            func.coalesce(scores.c.label, "") != Label.POSITIVE.value,
            said_between(since, until + timedelta(microseconds=1)),
        )
        .order_by(at, posts.c.post_id)
    )  # fmt: skip
    return tuple(
        VoicedPost(
            post_id=row.post_id,
            source=row.source,
            at=row.at,
            title=row.title,
            text=row.text,
            negative=row.label == Label.NEGATIVE.value,
            county=row.county,
            issues=tuple(row.issues),
            author_ref=row.author_ref,
            event_id=row.event_id,
            media=row.media,
            on_hot_list=row.rank is not None,
            engaged_count=_sum(row.likes, row.comments, row.reposts),
        )
        for row in conn.execute(query)
    )


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
