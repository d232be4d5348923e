"""What people correct: kept with who and when, current from then on, never overwritten by a model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from domain.errors import StoreError
from domain.judgement import PERSON, Judgement
from store.schema import corrections, scores
from store.writes import upsert
from store.writes.opinion_hours import refresh_opinion_hours
from store.writes.post_index import refresh_post_index


def correct_post(conn: Connection, post_id: int, judgement: Judgement, *, by: str, now: datetime) -> int:
    """Make it the post's current score and keep what it changed; returns how many fields differ.

    A judgement that changes nothing confirms the score: it is kept as the person's too.
    Raises StoreError for a post without a score.
    """
    row = conn.execute(
        select(scores).where(scores.c.post_id == post_id, scores.c.current).with_for_update()
    ).one_or_none()
    if row is None:
        raise StoreError(f"post {post_id}: no score to correct")
    before, after = _fields_of(row), _fields(judgement)
    changed = [
        {
            "post_id": post_id,
            "field": name,
            "before": before[name],
            "after": after[name],
            "corrected_by": by,
            "corrected_at": now,
        }
        for name in after
        if before[name] != after[name]
    ]
    if changed:
        conn.execute(insert(corrections), changed)
    conn.execute(update(scores).where(scores.c.post_id == post_id).values(current=False))
    upsert.put(conn, scores, _score(post_id, after, now))
    refresh_opinion_hours(conn, [post_id])
    refresh_post_index(conn, [post_id])
    return len(changed)


def _fields(judgement: Judgement) -> dict[str, Any]:
    return {
        "relevance": judgement.relevance.value,
        "label": judgement.label.value if judgement.label else None,
        "issues": list(judgement.issues),
        "county": judgement.county,
    }


def _fields_of(row: Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in ("relevance", "label", "issues", "county")}


def _score(post_id: int, fields: dict[str, Any], now: datetime) -> dict[str, Any]:
    return fields | {
        "post_id": post_id,
        "model": PERSON,
        "scored_at": now,
        "confident": True,
        "p_neg": None,
        "p_neu": None,
        "p_pos": None,
        "counties": [fields["county"]] if fields["county"] else [],
        "placed_by": None,
        "why": [],
        "current": True,
    }
