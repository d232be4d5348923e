"""Posts by hour: worked out again for the hours a batch of scores touches, in its transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from domain.records import Relevance
from store.buckets import HOUR_US, bucket_start
from store.queries.placed import county_of
from store.queries.posts import said_between
from store.schema import posts, rollup_opinion, scores
from store.writes.upsert import chunks

_HOUR = timedelta(hours=1)


def refresh_opinion_hours(conn: Connection, post_ids: Sequence[int]) -> None:
    """Count the hours these posts were said in anew. An hour without any post of ours is left as it stands."""
    said = func.coalesce(posts.c.published_at, posts.c.received_at)
    hours: set[datetime] = set()
    for some in chunks(post_ids, 500):
        moments = conn.scalars(select(said).where(posts.c.post_id.in_(some)))
        hours |= {bucket_start(at, HOUR_US) for at in moments}
    for hour in sorted(hours):
        _refresh(conn, hour)


def _refresh(conn: Connection, hour: datetime) -> None:
    query = (
        select(
            posts.c.source, scores.c.relevance, func.coalesce(county_of(), ""),
            scores.c.issues, func.coalesce(scores.c.label, ""),
        )
        .join(scores, scores.c.post_id == posts.c.post_id)
        .where(scores.c.current, said_between(hour, hour + _HOUR))
    )  # fmt: skip
    counted = Counter(cell for row in conn.execute(query) for cell in _cells(*row))
    conn.execute(delete(rollup_opinion).where(rollup_opinion.c.hour == hour))
    names = ("source", "relevance", "county", "issue", "label")
    rows = [
        {"hour": hour, "posts_count": n} | dict(zip(names, cell, strict=True)) for cell, n in counted.items()
    ]
    for some in chunks(rows, 1000):
        conn.execute(insert(rollup_opinion), list(some))


def _cells(
    source: str, relevance: str, county: str, issues: Sequence[str], label: str
) -> Iterable[tuple[str, ...]]:
    """Shop advertising and other talk has no county, issue or tone that anybody asks for."""
    if relevance != Relevance.CAMPAIGN.value:
        return [(source, relevance, "", "", "")]
    return [(source, relevance, county, issue, label) for issue in ("", *dict.fromkeys(issues))]
