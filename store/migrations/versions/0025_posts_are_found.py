"""posts are found.

A line and an index of character pairs for every post, those that are there already among them.

Revision 0025, after 0024.
"""

import json
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from domain.search import folded, pairs

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_SQLITE = (
    "CREATE VIRTUAL TABLE post_words USING fts5(words, tokenize='ascii', detail='none')",
    "CREATE TRIGGER post_words_follow AFTER DELETE ON post_index BEGIN"
    " DELETE FROM post_words WHERE rowid = old.post_id; END",
)
_POSTGRESQL = (
    "CREATE TABLE post_words (post_id bigint PRIMARY KEY REFERENCES post_index (post_id) ON DELETE CASCADE,"
    " words text[] NOT NULL)",
    "CREATE INDEX ix_post_words_words ON post_words USING gin (words)",
)
_STORED = """SELECT p.post_id, coalesce(p.published_at, p.received_at) AS said_at, p.source, p.media,
 coalesce(s.relevance, '') AS relevance, coalesce(s.label, '') AS label,
 coalesce(s.county, p.county_hint, '') AS county, CAST(s.issues AS text) AS issues, p.title, p.text
FROM posts p LEFT JOIN scores s ON s.post_id = p.post_id AND s.current
WHERE p.post_id > :after ORDER BY p.post_id LIMIT :most"""


def upgrade() -> None:
    op.create_table(
        "post_index",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("media", sa.String(length=32), nullable=False),
        sa.Column("relevance", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=3), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("issues", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_post_index_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_index")),
    )
    op.create_index("ix_post_index_said_at", "post_index", ["said_at", "post_id"], unique=False)
    for statement in _SQLITE if _is_sqlite() else _POSTGRESQL:
        op.execute(statement)
    _find_what_is_there()


def downgrade() -> None:
    op.drop_table("post_words")
    op.drop_table("post_index")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _find_what_is_there() -> None:
    conn, after = op.get_bind(), 0
    key = "rowid" if _is_sqlite() else "post_id"
    names = ("post_id", "said_at", "source", "media", "relevance", "label", "county", "issues")
    put_line = sa.text(f"INSERT INTO post_index ({', '.join(names)}) VALUES (:{', :'.join(names)})")
    put_words = sa.text(f"INSERT INTO post_words ({key}, words) VALUES (:post_id, :words)")
    while rows := conn.execute(sa.text(_STORED), {"after": after, "most": _AT_ONCE}).all():
        after = rows[-1].post_id
        once = [next(same) for _, same in groupby(rows, key=lambda row: row.post_id)]
        conn.execute(put_line, [_line(row) for row in once])
        conn.execute(put_words, [{"post_id": row.post_id, "words": _words(row)} for row in once])


def _line(row: sa.Row[Any]) -> dict[str, object]:
    issues = json.loads(row.issues or "[]")
    return {**row._mapping, "issues": f" {' '.join(issues)} " if issues else ""}


def _words(row: sa.Row[Any]) -> str | list[str]:
    found = sorted(pairs(folded(f"{row.title}\n{row.text}")))
    return " ".join(found) if _is_sqlite() else found
