"""Keeping what posts are found by: a line and the pairs of characters with each new post, the line with each score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from domain.records import Post
from domain.search import folded, pairs
from store.schema import WORDS, post_index, posts, scores
from store.writes.upsert import chunks

_PUT_WORDS = {
    "sqlite": text(f"INSERT INTO {WORDS} (rowid, words) VALUES (:post_id, :words)"),  # noqa: S608
    "postgresql": text(f"INSERT INTO {WORDS} (post_id, words) VALUES (:post_id, :words)"),  # noqa: S608
}


def index_posts(conn: Connection, new: Iterable[tuple[int, Post]], *, now: datetime) -> None:
    """Posts stored just now, each with its number, in the transaction that stored them."""
    lines, words = [], []
    for post_id, post in new:
        lines.append(
            {
                "post_id": post_id,
                "said_at": post.published_at or now,
                "source": post.source,
                "media": post.media,
                "county": post.county_hint or "",
                **dict.fromkeys(("relevance", "label", "issues"), ""),
            }
        )
        words.append({"post_id": post_id, "words": _words(conn, f"{post.title}\n{post.text}")})
    if lines:
        conn.execute(insert(post_index), lines)
        conn.execute(_PUT_WORDS[conn.dialect.name], words)


def refresh_post_index(conn: Connection, post_ids: Sequence[int]) -> None:
    """Make the lines of these posts say what their current scores say."""
    follow = (
        update(post_index)
        .where(post_index.c.post_id == bindparam("b_post_id"))
        .values({name: bindparam(f"b_{name}") for name in ("relevance", "label", "county", "issues")})
    )
    for some in chunks(post_ids, 500):
        query = (
            select(
                posts.c.post_id, scores.c.relevance, func.coalesce(scores.c.label, ""), scores.c.issues,
                func.coalesce(scores.c.county, posts.c.county_hint, ""),
            )
            .join(scores, scores.c.post_id == posts.c.post_id)
            .where(scores.c.current, posts.c.post_id.in_(some))
        )  # fmt: skip
        rows = [_line(*row) for row in conn.execute(query)]
        if rows:
            conn.execute(follow, rows)


def _line(post_id: int, relevance: str, label: str, issues: Sequence[str], county: str) -> dict[str, Any]:
    return {
        "b_post_id": post_id,
        "b_relevance": relevance,
        "b_label": label,
        "b_county": county,
        "b_issues": f" {' '.join(issues)} " if issues else "",
    }


def _words(conn: Connection, words: str) -> str | list[str]:
    found = sorted(pairs(folded(words)))
    return " ".join(found) if conn.dialect.name == "sqlite" else found
