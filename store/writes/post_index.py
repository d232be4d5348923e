"""Keeping what posts are found by: a line and the pairs of characters with each new post, the line with each score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, insert, select, text, update

from domain.records import Post
from domain.search import folded, pairs
from store.queries.placed import county_of
from store.schema import WORDS, post_index, posts, scores
from store.schema.base import to_micros
from store.writes.upsert import chunks

_COLUMNS = {
    "post_id": "bigint", "said_at": "bigint", "source": "text", "media": "text",
    "relevance": "text", "label": "text", "county": "text", "issues": "text",
}  # fmt: skip
_JUDGED = ("relevance", "label", "county", "issues")

# PostgreSQL is given a batch as a few arrays: one statement, where each row of many would be a message of its own.
_PUT_WORDS: Mapping[str, Executable] = {
    "sqlite": text(f"INSERT INTO {WORDS} (rowid, words) VALUES (:post_id, :words)"),  # noqa: S608
    "postgresql": text(
        f"INSERT INTO {WORDS} (post_id, words) SELECT n.post_id, string_to_array(n.words, ' ')"  # noqa: S608
        " FROM unnest(CAST(:post_id AS bigint[]), CAST(:words AS text[])) AS n(post_id, words)"
    ),
}


def _told(names: Sequence[str]) -> str:
    arrays = ", ".join(f"CAST(:{name} AS {_COLUMNS[name]}[])" for name in names)
    return f"unnest({arrays}) AS n({', '.join(names)})"


_PUT_LINES: Mapping[str, Executable] = {
    "sqlite": insert(post_index),
    "postgresql": text(
        f"INSERT INTO post_index ({', '.join(_COLUMNS)}) SELECT * FROM {_told(tuple(_COLUMNS))}"  # noqa: S608
    ),
}
_FOLLOW: Mapping[str, Executable] = {
    "sqlite": (
        update(post_index)
        .where(post_index.c.post_id == bindparam("b_post_id"))
        .values({name: bindparam(name) for name in _JUDGED})
    ),
    "postgresql": text(
        f"UPDATE post_index SET {', '.join(f'{name} = n.{name}' for name in _JUDGED)}"  # noqa: S608
        f" FROM {_told(('post_id', *_JUDGED))} WHERE post_index.post_id = n.post_id"
    ),
}


def index_posts(conn: Connection, new: Iterable[tuple[int, Post]], *, now: datetime) -> None:
    """Posts stored just now, each with its number, in the transaction that stored them."""
    new = list(new)
    if not new:
        return
    lines = [
        {
            "post_id": post_id,
            "said_at": post.published_at or now,
            "source": post.source,
            "media": post.media,
            "county": post.county_hint or "",
            **dict.fromkeys(("relevance", "label", "issues"), ""),
        }
        for post_id, post in new
    ]
    words = [
        {"post_id": post_id, "words": " ".join(pairs(folded(f"{post.title}\n{post.text}")))}
        for post_id, post in new
    ]
    _run(conn, _PUT_LINES, lines)
    _run(conn, _PUT_WORDS, words)


def refresh_post_index(conn: Connection, post_ids: Sequence[int]) -> None:
    """Make the lines of these posts say what their current scores say."""
    for some in chunks(post_ids, 500):
        query = (
            select(
                posts.c.post_id, scores.c.relevance, func.coalesce(scores.c.label, ""), scores.c.issues,
                func.coalesce(county_of(), ""),
            )
            .join(scores, scores.c.post_id == posts.c.post_id)
            .where(scores.c.current, posts.c.post_id.in_(some))
        )  # fmt: skip
        rows = [_line(*row) for row in conn.execute(query)]
        if rows:
            _run(conn, _FOLLOW, rows)


def _run(conn: Connection, statements: Mapping[str, Executable], rows: Sequence[dict[str, Any]]) -> None:
    """One statement over all rows, which name the same columns."""
    if conn.dialect.name == "sqlite":
        conn.execute(statements["sqlite"], rows)
        return
    arrays = {name.removeprefix("b_"): [_plain(row[name]) for row in rows] for name in rows[0]}
    conn.execute(statements["postgresql"], arrays)


def _plain(value: Any) -> Any:
    return to_micros(value) if isinstance(value, datetime) else value


def _line(post_id: int, relevance: str, label: str, issues: Sequence[str], county: str) -> dict[str, Any]:
    return {
        "b_post_id": post_id,
        "relevance": relevance,
        "label": label,
        "county": county,
        "issues": f" {' '.join(issues)} " if issues else "",
    }
