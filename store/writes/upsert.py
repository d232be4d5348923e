"""The shapes of INSERT this store uses, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Consecutive slices: engines bound how many parameters one statement may have."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def insert(conn: Connection, table: Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    return insert_into(table, conn.dialect.name)


def insert_into(table: Table, dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def insert_new(
    conn: Connection, table: Table, rows: Sequence[dict[str, Any]], *, returning: Sequence[Column[Any]]
) -> list[Row[Any]]:
    """Insert the rows whose key is not there yet; the `returning` columns of those, and only those."""
    if not rows:
        return []
    statement = insert(conn, table).on_conflict_do_nothing().returning(*returning)
    return list(conn.execute(statement, rows))


def merged(statement: Any, table: Table, added: Sequence[str], *, of: Collection[str]) -> Any:
    """Make it add these columns to what stands under the same key, and put the others in its place.

    `of`: the columns that it tells.
    """
    told = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            c.name: c + told[c.name] if c.name in added else told[c.name]
            for c in table.columns
            if not c.primary_key and c.name in of
        },
    )


def put(conn: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert one row, or replace what stands under its key."""
    keys = {column.name for column in table.primary_key}
    statement = insert(conn, table).values(row)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={name: value for name, value in row.items() if name not in keys},
        )
    )


def put_all(conn: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows, or replace what stands under their keys; all name the same columns, each key once."""
    if not rows:
        return
    keys = {column.name for column in table.primary_key}
    statement = insert(conn, table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    conn.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=replaced), rows)
