"""What posts are found by at the desk."""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, Column, ForeignKey, Index, String, Table, Text, column, event, table

from store.schema.base import RowId, UtcTime, metadata

post_index = Table(
    "post_index",  # a line a post, narrow enough to walk through all of them; follows the current score
    metadata,
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("said_at", UtcTime, nullable=False),  # published, or first received where the source does not say
    Column("source", String(64), nullable=False),
    Column("media", String(32), nullable=False),
    Column("relevance", String(12), nullable=False),  # empty: not scored yet
    Column("label", String(3), nullable=False),  # empty: no evidence
    Column("county", String(6), nullable=False),  # empty: unknown or several
    Column("issues", Text, nullable=False),  # ids, each between two spaces
)
Index("ix_post_index_said_at", post_index.c.said_at, post_index.c.post_id)

WORDS = "post_words"
post_words = table(WORDS, column("post_id"), column("words"))
"""The pairs of characters of each post (`domain.search`), in each engine's own index: an FTS5 table on SQLite, where
the post's number is its rowid and a trigger follows the line of `post_index`; an array under a GIN index on
PostgreSQL. No table of `metadata`, since it cannot be told in words common to both: it comes with `post_index`."""

_MADE: Final = {
    "sqlite": (
        "CREATE VIRTUAL TABLE post_words USING fts5(words, tokenize='ascii', detail='none')",
        "CREATE TRIGGER post_words_follow AFTER DELETE ON post_index BEGIN"
        " DELETE FROM post_words WHERE rowid = old.post_id; END",
    ),
    "postgresql": (
        "CREATE TABLE post_words (post_id bigint PRIMARY KEY REFERENCES post_index (post_id) ON DELETE CASCADE,"
        " words text[] NOT NULL)",
        "CREATE INDEX ix_post_words_words ON post_words USING gin (words)",
    ),
}
for _dialect, _statements in _MADE.items():
    for _statement in _statements:
        _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(post_index, "after_create", _ddl)
