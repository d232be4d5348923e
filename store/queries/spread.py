"""How far a text has spread: how many posts of one event there are, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, select

from domain.post_stream import StreamPost
from store.schema import post_index, reposts


def with_spread(conn: Connection, posts: Sequence[StreamPost], *, within: str | None) -> Iterator[StreamPost]:
    """The same posts, each knowing how many its event has. `within`: of the one county that who asks may see."""
    events = {post.event_id for post in posts if post.event_id is not None}
    query = (
        select(reposts.c.event_id, func.count(), func.min(post_index.c.said_at))
        .join(post_index, post_index.c.post_id == reposts.c.post_id)
        .where(reposts.c.event_id.in_(events))
        .group_by(reposts.c.event_id)
    )
    if within is not None:
        query = query.where(post_index.c.county == within)
    spread = {event: (int(n), first) for event, n, first in conn.execute(query)} if events else {}
    for post in posts:
        n, first = spread.get(post.event_id or 0, (1, None))
        yield replace(post, spread_count=n, first_at=first) if n > 1 else post
