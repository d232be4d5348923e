"""Hand-made posts with their scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.records import Label, Post, Relevance, Score
from store import schema
from store.writes.posts import save_posts, save_scores
from tests.store.events import OPENING

MODEL = "m1"


def post(no: int, text: str = "消费券抢不到", **changes: Any) -> Post:
    fields: dict[str, Any] = {
        "source": "forum", "media": "forum", "external_id": str(no), "title": "", "text": text, "url": None,
        "published_at": OPENING,
    }  # fmt: skip
    return Post(**(fields | changes))


def score(label: Label | None = Label.NEGATIVE, **changes: Any) -> Score:
    fields: dict[str, Any] = {
        "relevance": Relevance.CAMPAIGN, "label": label, "probabilities": (0.8, 0.1, 0.1) if label else None,
        "confident": True, "issues": ("grab_fail",), "counties": (), "county": None, "why": (), "model": MODEL,
    }  # fmt: skip
    return Score(**(fields | changes))


def say(conn: Connection, *said: tuple[Post, Score | None], now: datetime = OPENING) -> list[int]:
    """Save the posts with their scores; their ids, in order."""
    save_posts(conn, [p for p, _ in said], raw_sha256="0" * 64, now=now)
    ids = {
        (row.source, row.external_id): row.post_id
        for row in conn.execute(
            select(schema.posts.c.source, schema.posts.c.external_id, schema.posts.c.post_id)
        )
    }
    found = [ids[p.source, p.external_id] for p, _ in said]
    save_scores(conn, [(i, s) for i, (_, s) in zip(found, said, strict=True) if s], now=now)
    return found
