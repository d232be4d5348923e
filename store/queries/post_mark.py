"""Whether anything a window of posts shows has changed: asked at every picture, before the posts are read again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Connection, case, cast, func, select, type_coerce

from domain.records import Label, Relevance
from store.queries.posts import said_until
from store.schema import posts, reposts, scores


def mark_of_posts(conn: Connection, *, since: datetime, until: datetime) -> tuple[int | None, ...]:
    """Changes whenever `scored_posts` of the window does: a post, a score, a judgement, a grouping, a forgetting.

    Far cheaper than the posts. A score that is replaced has another moment, a post that is regrouped another event.
    Scores are looked at from the window's first post on: PostgreSQL would walk all there are, and they only ever grow.
    """
    # + 0: or it walks the posts in order of their numbers, past all older ones, to the first that is young enough
    of_window = select(func.min(posts.c.post_id + 0)).where(said_until(since, until))
    first = conn.execute(of_window).scalar_one() or 0
    table = posts.join(scores, scores.c.post_id == posts.c.post_id)
    table = table.outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
    query = (
        select(
            func.count(),
            func.count(case((scores.c.relevance == Relevance.CAMPAIGN.value, 1))),
            func.count(case((scores.c.label == Label.NEGATIVE.value, 1))),
            cast(func.sum(posts.c.post_id), BigInteger),
            type_coerce(func.max(scores.c.scored_at), BigInteger),
            func.count(reposts.c.event_id),
            cast(func.sum(reposts.c.event_id), BigInteger),
            func.count(posts.c.forgotten_at),
        )
        .select_from(table)
        .where(scores.c.current, scores.c.post_id >= first, said_until(since, until))
    )
    return tuple(conn.execute(query).one())
