"""A post over time: its place on a hot list, its counts, its ticket's state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store.schema import hot_ranks, post_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """On one place of a hot list without a break. Between two stays: off the list, or nobody looked."""

    since: datetime
    until: datetime
    rank: int
    heat: int | None


def rank_history(conn: Connection, post_id: int) -> tuple[Stay, ...]:
    """The stays of one title, oldest first: drawn as steps."""
    query = (
        select(hot_ranks.c.since, hot_ranks.c.until, hot_ranks.c.rank, hot_ranks.c.heat)
        .where(hot_ranks.c.post_id == post_id)
        .order_by(hot_ranks.c.since)
    )
    return tuple(Stay(**row._mapping) for row in conn.execute(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the source said at that moment; at most once an hour, and only where it had changed."""

    seen_at: datetime
    likes: int | None
    comments: int | None
    reposts: int | None


def count_history(conn: Connection, post_id: int) -> tuple[Counted, ...]:
    """Oldest first. A smaller number after a larger one is the source's own word: posts were taken down."""
    query = (
        select(post_counts.c.seen_at, post_counts.c.likes, post_counts.c.comments, post_counts.c.reposts)
        .where(post_counts.c.post_id == post_id)
        .order_by(post_counts.c.hour)
    )
    return tuple(Counted(**row._mapping) for row in conn.execute(query))
