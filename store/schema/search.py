"""What posts are found by at the desk."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, column, table

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
PostgreSQL. No part of `metadata`: no such table can be told in words common to both."""
