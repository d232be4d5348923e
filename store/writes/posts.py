"""Posts as they come, and their scores: a new model adds a score, it never rewrites one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from domain.judgement import PERSON
from domain.records import Post, Score
from store.queries.elsewhere import as_first_told
from store.queries.tombstones import unburied
from store.schema import posts, scores
from store.writes import sightings, upsert
from store.writes.opinion_hours import refresh_opinion_hours
from store.writes.post_index import index_posts, refresh_post_index

_ELSEWHERE = frozenset({"heat", "ticket"})
"""What is said of a post at one moment: `sightings` keeps it."""


def save_posts(conn: Connection, found: Sequence[Post], *, raw_sha256: str, now: datetime) -> int:
    """Store posts not seen yet; of those seen, what can change is seen again. Returns how many were new.

    What was forgotten stays outside; what another source has told is seen again.
    """
    by_key = _once(as_first_told(conn, unburied(conn, found)))
    fresh = [_row(post) | {"raw_sha256": raw_sha256, "received_at": now} for post in by_key.values()]
    new = upsert.insert_new(conn, posts, fresh, returning=(posts.c.source, posts.c.external_id))
    keys, known = {tuple(row) for row in new}, _with_ids(conn, by_key)
    stored = [(k.post_id, post) for k, post in known if (post.source, post.external_id[:200]) in keys]
    index_posts(conn, stored, now=now)
    sightings.save(conn, known, new=keys, now=now)
    return len(new)


def _once(found: Iterable[Post]) -> dict[tuple[str, str], Post]:
    """Each post by its key. Of what one payload says twice the last counts; but a ticket stands in a list once for each
    step or office, in any order: there its newest state.
    """
    by_key: dict[tuple[str, str], Post] = {}
    for post in found:
        key = post.source, post.external_id[:200]
        before = by_key.get(key)
        if (
            before is None
            or before.ticket is None
            or post.ticket is None
            or sightings.is_newer(post.ticket, before.ticket)
        ):
            by_key[key] = post
    return by_key


def _row(post: Post) -> dict[str, Any]:
    row = {name: getattr(post, name) for name in post.__slots__ if name not in _ELSEWHERE}
    return row | {"external_id": post.external_id[:200]}


def _with_ids(conn: Connection, by_key: dict[tuple[str, str], Post]) -> list[tuple[sightings.Known, Post]]:
    found = []
    for source in sorted({source for source, _ in by_key}):
        ids = sorted(external_id for owner, external_id in by_key if owner == source)
        for some in upsert.chunks(ids, 500):
            query = select(
                posts.c.post_id,
                posts.c.external_id,
                posts.c.rank,
                posts.c.likes,
                posts.c.comments,
                posts.c.reposts,
            ).where(posts.c.source == source, posts.c.external_id.in_(some))
            found += [
                (
                    sightings.Known(
                        post_id=row.post_id,
                        rank=row.rank,
                        likes=row.likes,
                        comments=row.comments,
                        reposts=row.reposts,
                    ),
                    by_key[source, row.external_id],
                )
                for row in conn.execute(query)
            ]
    return found


def save_scores(conn: Connection, scored: Sequence[tuple[int, Score]], *, now: datetime) -> None:
    """Store (post id, score); each becomes its post's current one, unless a person has judged it.

    A post that was forgotten while the scorer read it keeps the score it had. What a model says again it has said
    since it first did.
    """
    gone = _forgotten(conn, [post_id for post_id, _ in scored])
    scored = [(post_id, score) for post_id, score in scored if post_id not in gone]
    if not scored:
        return
    ids = [post_id for post_id, _ in scored]
    judged: set[int] = set()
    said: dict[tuple[int, str], datetime] = {}
    for several in upsert.chunks(scored, 500):
        said |= _said_since(conn, several)
    for some in upsert.chunks(ids, 500):
        judged |= set(_judged_by_a_person(conn, some))
        others = scores.c.post_id.in_(some) & (scores.c.model != PERSON)
        conn.execute(update(scores).where(others).values(current=False))
    rows = [
        _score_row(post_id, score, said.get((post_id, score.model), now)) | {"current": post_id not in judged}
        for post_id, score in scored
    ]
    upsert.put_all(conn, scores, rows)
    refresh_opinion_hours(conn, ids)
    refresh_post_index(conn, ids)


def _forgotten(conn: Connection, ids: Sequence[int]) -> set[int]:
    gone: set[int] = set()
    for some in upsert.chunks(ids, 500):
        gone |= set(
            conn.scalars(
                select(posts.c.post_id).where(posts.c.post_id.in_(some), posts.c.forgotten_at.is_not(None))
            )
        )
    return gone


def _said_since(conn: Connection, scored: Sequence[tuple[int, Score]]) -> dict[tuple[int, str], datetime]:
    """Since when a post's model has said the same, where no other model has spoken after it: by post and model."""
    told = dict(scored)
    query = (
        select(scores.c.post_id, scores.c.model, scores.c.scored_at, scores.c.relevance, scores.c.label)
        .where(scores.c.post_id.in_(told), scores.c.model != PERSON)
        .order_by(scores.c.scored_at)
    )
    last = {row.post_id: row for row in conn.execute(query)}
    return {
        (post_id, row.model): row.scored_at
        for post_id, row in last.items()
        if (row.model, row.relevance, row.label) == _verdict(told[post_id])
    }


def _verdict(score: Score) -> tuple[str, str, str | None]:
    return score.model, score.relevance.value, score.label.value if score.label else None


def _judged_by_a_person(conn: Connection, ids: Sequence[int]) -> Iterable[int]:
    return conn.scalars(select(scores.c.post_id).where(scores.c.post_id.in_(ids), scores.c.model == PERSON))


def _score_row(post_id: int, score: Score, now: datetime) -> dict[str, Any]:
    p_neg, p_neu, p_pos = score.probabilities or (None, None, None)
    return {
        "post_id": post_id,
        "model": score.model,
        "scored_at": now,
        "relevance": score.relevance.value,
        "label": score.label.value if score.label else None,
        "confident": score.confident,
        "p_neg": p_neg,
        "p_neu": p_neu,
        "p_pos": p_pos,
        "issues": list(score.issues),
        "counties": list(score.counties),
        "county": score.county,
        "placed_by": score.placed_by.value if score.placed_by else None,
        "why": [list(pair) for pair in score.why],
    }
