"""The desk's stream of posts: filtered, searched, page by page from the newest backwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, false, literal, or_, select, text, true, tuple_
from sqlalchemy.sql.selectable import TextualSelect

from domain.judgement import PERSON
from domain.placing import PlacedBy
from domain.post_stream import Place, StreamPage, StreamPost, Wanted
from domain.search import holds, pairs
from store.queries.spread import with_spread
from store.schema import WORDS, UtcTime, post_index, posts, reposts, scores

_MORE_AT_ONCE = 500

ITS_SCORE = (scores.c.post_id == posts.c.post_id) & (scores.c.current != false())
"""A few posts with their current scores. Said this way, since SQLite takes an equality for an invitation to walk
through every current score there is: 110 ms for fifty posts of 20,000."""

_HOLDING = {
    "sqlite": f"SELECT rowid AS post_id FROM {WORDS} WHERE {WORDS} MATCH :pairs",  # noqa: S608
    "postgresql": f"SELECT post_id FROM {WORDS} WHERE words @> CAST(:pairs AS text[])",  # noqa: S608
}


def post_stream(conn: Connection, wanted: Wanted, *, limit: int) -> StreamPage:
    """The next `limit` events, or posts of one event. An event stands where its newest post that fits stands.

    The index may offer posts that do not hold the words as typed: those are passed over.
    """
    found: list[StreamPost] = []
    passed: set[int] = set()  # events that stand on this page or on one before it
    at_once, place = limit + 1, wanted.before
    while len(found) <= limit:
        query = _lines(conn, wanted, place).where(_not_of(passed)).limit(at_once)
        lines = [((row.said_at, row.post_id), row.event_id) for row in conn.execute(query)]
        if wanted.event is None:
            passed |= _stood_before(conn, wanted, {event for _, event in lines if event is not None})
        missing = limit + 1 - len(found)
        found += _once(_fitting(conn, wanted, lines, passed, missing), passed, wanted)
        if len(lines) < at_once:
            break
        at_once, place = min(2 * at_once, _MORE_AT_ONCE), lines[-1][0]
    shown = with_spread(conn, found[:limit], within=wanted.within)
    return StreamPage(posts=tuple(shown), more=len(found) > limit)


def _fitting(
    conn: Connection,
    wanted: Wanted,
    lines: Sequence[tuple[Place, int | None]],
    passed: Collection[int],
    most: int | None = None,
) -> list[StreamPost]:
    """Of these lines the posts to choose from. Where no words decide, the newest of an event stands for it.

    `most`: where every one of them will be chosen, no more need be read.
    """
    seen: set[int] = set()
    places = []
    for place, event in lines:
        if event is None or wanted.event is not None:
            places.append(place)
        elif event not in passed and (wanted.words or event not in seen):
            places.append(place)
            seen.add(event)
    read = _posts(conn, places if wanted.words else places[:most])
    return [p for p in read if not wanted.words or holds(f"{p.title}\n{p.text}", wanted.words)]


def _once(posts: Iterable[StreamPost], passed: set[int], wanted: Wanted) -> Iterator[StreamPost]:
    for post in posts:
        if post.event_id is None or wanted.event is not None:
            yield post
        elif post.event_id not in passed:
            passed.add(post.event_id)
            yield post


def _stood_before(conn: Connection, wanted: Wanted, events: Collection[int]) -> set[int]:
    """Of these events those that a page before this one has shown."""
    if wanted.before is None or not events:
        return set()
    here = tuple_(literal(wanted.before[0], UtcTime), literal(wanted.before[1]))
    query = (
        select(post_index.c.said_at, post_index.c.post_id, reposts.c.event_id)
        .join(reposts, reposts.c.post_id == post_index.c.post_id)
        .where(
            *_conditions(wanted),
            reposts.c.event_id.in_(events),
            tuple_(post_index.c.said_at, post_index.c.post_id) >= here,
        )
    )
    if not wanted.words:
        return set(conn.scalars(select(query.subquery().c.event_id).distinct()))
    rows = conn.execute(query.where(post_index.c.post_id.in_(_holding(conn, wanted.words)))).all()
    lines = [((row.said_at, row.post_id), row.event_id) for row in rows]
    return {p.event_id for p in _fitting(conn, wanted, lines, ()) if p.event_id is not None}


def _not_of(events: Collection[int]) -> ColumnElement[bool]:
    if not events:
        return true()
    return or_(reposts.c.event_id.is_(None), reposts.c.event_id.not_in(events))


def sources_of_posts(conn: Connection) -> list[tuple[str, str]]:
    """(media, source) of whatever posts there are, in order."""
    query = select(post_index.c.media, post_index.c.source).distinct()
    return sorted((row.media, row.source) for row in conn.execute(query))


def _lines(conn: Connection, wanted: Wanted, place: Place | None) -> Select[Any]:
    joined = post_index.outerjoin(reposts, reposts.c.post_id == post_index.c.post_id)
    columns = (post_index.c.said_at, post_index.c.post_id, reposts.c.event_id)
    query = select(*columns).select_from(joined).where(*_conditions(wanted))
    if place is not None:
        here = tuple_(literal(place[0], UtcTime), literal(place[1]))
        query = query.where(tuple_(post_index.c.said_at, post_index.c.post_id) < here)
    if wanted.words:
        query = query.where(post_index.c.post_id.in_(_holding(conn, wanted.words)))
    return query.order_by(post_index.c.said_at.desc(), post_index.c.post_id.desc())


def _holding(conn: Connection, words: Sequence[str]) -> TextualSelect:
    """Numbers of the posts with all pairs of these words. Pairs are letters and digits: nothing in them quotes."""
    wanted = sorted(frozenset().union(*map(pairs, words)))
    postgresql = conn.dialect.name == "postgresql"
    given: Any = wanted if postgresql else " ".join(f'"{pair}"' for pair in wanted)
    return text(_HOLDING[conn.dialect.name]).bindparams(pairs=given).columns(post_index.c.post_id)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    said, told = post_index.c.said_at, []
    for name in ("county", "label", "relevance", "source", "media"):
        value = getattr(wanted, name)
        if value is not None:
            told.append(post_index.c[name] == value)
    if wanted.outside is not None:
        told.append(post_index.c.county.not_in(sorted(wanted.outside)))
    if wanted.within is not None:
        told.append(post_index.c.county == wanted.within)
    if wanted.event is not None:
        told.append(post_index.c.post_id.in_(_of_event(wanted.event)))
    if wanted.issue is not None:
        told.append(post_index.c.issues.contains(f" {wanted.issue} ", autoescape=True))
    told += [said >= wanted.since] if wanted.since else []
    return told + ([said < wanted.until] if wanted.until else [])


def _of_event(event: int) -> Select[Any]:
    return select(reposts.c.post_id).where(reposts.c.event_id == event)


def _posts(conn: Connection, lines: Sequence[Place]) -> list[StreamPost]:
    query: Select[Any] = (
        select(
            posts.c.post_id, posts.c.source, posts.c.media, posts.c.title, posts.c.text, posts.c.url,
            post_index.c.said_at, post_index.c.county, post_index.c.relevance, scores.c.label, scores.c.confident,
            scores.c.issues, scores.c.placed_by, scores.c.why, scores.c.model, reposts.c.event_id,
        )
        .join(post_index, post_index.c.post_id == posts.c.post_id)
        .outerjoin(scores, ITS_SCORE)
        .outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
        .where(posts.c.post_id.in_([post_id for _, post_id in lines]))
    )  # fmt: skip
    return sorted(map(_post, conn.execute(query)), key=lambda p: p.place, reverse=True)


def _post(row: Row[Any]) -> StreamPost:
    return StreamPost(
        post_id=row.post_id,
        at=row.said_at,
        source=row.source,
        media=row.media,
        title=row.title,
        text=row.text,
        url=row.url,
        relevance=row.relevance or None,
        label=row.label,
        confident=bool(row.confident),
        issues=tuple(row.issues or ()),
        county=row.county or None,
        placed_by=PlacedBy(row.placed_by) if row.county and row.placed_by else None,
        why=tuple(word for word, _ in row.why or ()),
        by_person=row.model == PERSON,
        event_id=row.event_id,
    )
