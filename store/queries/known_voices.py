"""Posts with their words and counts as they were known at each moment of the past, for rules that read single posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from domain.records import Label, Relevance
from domain.voiced import VoicedPost
from store.queries.known_posts import Learned, in_order, ranked_at, scored, that_counted
from store.queries.placed import county_in
from store.queries.posts import said_between
from store.schema import post_counts, posts

_COUNTS = ("likes", "comments", "reposts")
Counts = list[tuple[datetime, dict[str, int | None]]]
"""Of one post: the highest of each count that was seen by then, oldest first."""


def voices_learned(
    conn: Connection, *, since: datetime, until: datetime, concerns: Callable[[VoicedPost], bool]
) -> list[Learned[VoicedPost]]:
    """As `known_posts.learned`; what does not concern the rule is left out, so that its words are not held.

    A source's counts are kept once an hour, the last of it: a rise is known here up to an hour later than it was.
    Posts that were forgotten have no words any more.
    """
    counts = _counts(conn, since=since, until=until)
    found: list[Learned[VoicedPost]] = []
    for rows in scored(conn, posts.c.text, since=since, until=until):
        told = list(_changes(rows, counts.get(rows[0].post_id, []), concerns))
        if any(change.seen is not None for change in told):
            found += told
    return in_order(found)


def _counts(conn: Connection, *, since: datetime, until: datetime) -> dict[int, Counts]:
    columns = [post_counts.c[name] for name in _COUNTS]
    query = (
        select(post_counts.c.post_id, post_counts.c.seen_at, *columns)
        .join(posts, posts.c.post_id == post_counts.c.post_id)
        .where(said_between(since, until))
        .order_by(post_counts.c.post_id, post_counts.c.seen_at)
    )
    found: dict[int, Counts] = defaultdict(list)
    for row in conn.execute(query):
        known = found[row.post_id]
        before: dict[str, int | None] = known[-1][1] if known else {}
        highest = {name: _higher(before.get(name), row._mapping[name]) for name in _COUNTS}
        known.append((row.seen_at, highest))
    return found


def _higher(*told: int | None) -> int | None:
    return max((n for n in told if n is not None), default=None)


def _changes(
    rows: list[Row[Any]], counts: Counts, concerns: Callable[[VoicedPost], bool]
) -> Iterator[Learned[VoicedPost]]:
    """One post's: a score, a place on a hot list, a count, each from its own moment on."""
    counted, ranked = list(that_counted(rows)), ranked_at(rows[0])
    first = counted[0][0]
    later = {at for at, _ in counts} | ({ranked} if ranked is not None else set())
    for now in sorted({at for at, _ in counted} | {at for at in later if at > first}):
        row = [row for at, row in counted if at <= now][-1]
        told = [highest for at, highest in counts if at <= now]
        post = _seen(row, told[-1] if told else {}, ranked is not None and ranked <= now)
        heard = (
            row.relevance == Relevance.CAMPAIGN.value and row.label != Label.POSITIVE.value and concerns(post)
        )
        yield Learned(at=now, post_id=row.post_id, seen=post if heard else None)


def _seen(row: Row[Any], counts: dict[str, int | None], on_hot_list: bool) -> VoicedPost:
    known = [n for n in counts.values() if n is not None]
    return VoicedPost(
        post_id=row.post_id,
        source=row.source,
        at=row.at,
        title=row.title,
        text=row.text,
        negative=row.label == Label.NEGATIVE.value,
        county=county_in(row),
        issues=tuple(row.issues),
        author_ref=row.author_ref,
        event_id=row.event_id,
        media=row.media,
        on_hot_list=on_hot_list,
        engaged_count=sum(known) if known else None,
    )
