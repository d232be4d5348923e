"""Posts as they come, and their scores: a new model adds a score, it never rewrites one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from domain.records import PERSON, Post, Score
from store.schema import posts, scores
from store.writes import upsert
from store.writes.opinion_hours import refresh_opinion_hours

_GROWING = ("rank", "likes", "comments", "reposts")


def save_posts(conn: Connection, found: Sequence[Post], *, raw_sha256: str, now: datetime) -> int:
    """Store posts not seen yet; of those seen, only counts and rank move. Returns how many were new."""
    rows = {(post.source, post.external_id): _row(post) for post in found}
    fresh = [row | {"raw_sha256": raw_sha256, "received_at": now} for row in rows.values()]
    new = upsert.insert_new(conn, posts, fresh, returning=(posts.c.source, posts.c.external_id))
    known = rows.keys() - {(row.source, row.external_id) for row in new}
    for key in sorted(known):
        grown = {name: rows[key][name] for name in _GROWING if rows[key][name] is not None}
        if grown:
            conn.execute(
                update(posts).where(posts.c.source == key[0], posts.c.external_id == key[1]).values(**grown)
            )
    return len(new)


def _row(post: Post) -> dict[str, Any]:
    return {name: getattr(post, name) for name in post.__slots__} | {"external_id": post.external_id[:200]}


def save_scores(conn: Connection, scored: Sequence[tuple[int, Score]], *, now: datetime) -> None:
    """Store (post id, score); each becomes its post's current one, unless a person has judged it."""
    if not scored:
        return
    ids = [post_id for post_id, _ in scored]
    judged: set[int] = set()
    for some in upsert.chunks(ids, 500):
        judged |= set(_judged_by_a_person(conn, some))
        others = scores.c.post_id.in_(some) & (scores.c.model != PERSON)
        conn.execute(update(scores).where(others).values(current=False))
    for post_id, score in scored:
        upsert.put(conn, scores, _score_row(post_id, score, now) | {"current": post_id not in judged})
    refresh_opinion_hours(conn, ids)


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
        "why": [list(pair) for pair in score.why],
        "current": True,
    }
