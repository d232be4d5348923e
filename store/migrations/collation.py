"""How PostgreSQL keeps and compares our text: in UTF-8, by its bytes, whatever locale the database was made with.

That is SQLite's order and Python's: whatever is sorted here and compared there agrees. It is also the cheapest, and no
newer locale of the operating system's breaks an index. Each column says so itself, in a backup too, whichever database
it is restored into; no revision needs to think of it.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, Row, text

from domain.errors import StoreError
from store.migrations import citus
from store.placement import DISTRIBUTION_COLUMN
from store.schema import WORDS, metadata
from store.writes.bulk_citus import stages

_OURS = [*metadata.tables, WORDS, *(stage.name for stage in stages()), "alembic_version"]

_OTHERWISE = text("""
    SELECT relation.relname AS table, attname AS column, format_type(atttypid, atttypmod) AS type,
        reltuples > 0 AS analyzed
    FROM pg_attribute JOIN pg_class AS relation ON relation.oid = attrelid
    WHERE relkind = 'r' AND relname = ANY (:ours) AND pg_table_is_visible(relation.oid)
        AND attcollation NOT IN (0, (SELECT oid FROM pg_collation WHERE collname = 'C')) AND NOT attisdropped
    ORDER BY relname, attnum
""")
"""Text columns of ours that compare by something else; 0 is the collation of what is no text."""


def refuse_other_encodings(conn: Connection) -> None:
    """Raises StoreError for a PostgreSQL database that cannot keep every character."""
    if conn.dialect.name == "postgresql":
        encoding = conn.scalar(text("SELECT current_setting('server_encoding')"))
        if encoding != "UTF8":
            raise StoreError(
                f"the database keeps text as {encoding}; make one that keeps every character:"
                " CREATE DATABASE quanqing TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
            )


def is_lacking(conn: Connection) -> bool:
    """Whether there is a text column that does not compare by bytes, and can be made to."""
    return bool(_otherwise(conn))


def settle(conn: Connection) -> None:
    """Let all text compare by bytes. No row is written anew, but the indexes with such a column in them are."""
    for table, columns in groupby(_otherwise(conn), attrgetter("table")):
        changed = list(columns)
        told = (f'ALTER COLUMN "{one.column}" TYPE {one.type} COLLATE "C"' for one in changed)
        conn.execute(text(f'ALTER TABLE "{table}" {", ".join(told)}'))
        if changed[0].analyzed:  # what was known of a changed column is forgotten
            conn.execute(text(f'ANALYZE "{table}"'))


def _otherwise(conn: Connection) -> list[Row[tuple[str, str, str, bool]]]:
    if conn.dialect.name != "postgresql":
        return []
    found = list(conn.execute(_OTHERWISE, {"ours": _OURS}))
    placed = citus.placed(conn) if citus.is_citus(conn) else set()
    # Citus changes no column that it distributes by, and joins none with those that compare by something else
    stuck = any(one.column == DISTRIBUTION_COLUMN and one.table in placed for one in found)
    return [] if stuck else found
