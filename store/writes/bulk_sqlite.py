"""SQLite: one prepared statement a row. Cheaper than looking a batch's keys up first, and by a fifth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam
from sqlalchemy.dialects import sqlite

from store.writes.driver import Names, Tuple, cursor_of, whole_rows
from store.writes.upsert import insert_into, merged


def insert_unknown(conn: Connection, table: Table, rows: Mapping[Tuple, Tuple]) -> Mapping[Tuple, Tuple]:
    key = tuple(column.name for column in table.primary_key)
    statement = _insertion(table)
    with cursor_of(conn) as cursor:
        execute = cursor.execute
        known = {name for name, row in rows.items() if not execute(statement, row).rowcount}
    return {row[: len(key)]: row for row in stored(conn, table, key, known)}


def merge(conn: Connection, table: Table, names: Names, rows: Sequence[Tuple], added: Names) -> None:
    with cursor_of(conn) as cursor:
        cursor.executemany(_merging(table, names, added), rows)


def stored(conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]:
    statement = _one(table, on)
    with cursor_of(conn) as cursor:
        for key in keys:
            yield from cursor.execute(statement, key)


@lru_cache
def _insertion(table: Table) -> str:
    return _text(insert_into(table, "sqlite").on_conflict_do_nothing())


@lru_cache
def _merging(table: Table, names: Names, added: Names) -> str:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return _text(merged(insert_into(table, "sqlite").values(values), table, added, of=names))


@lru_cache
def _one(table: Table, on: Names) -> str:
    return _text(whole_rows(table).where(*(table.c[name] == bindparam(name) for name in on)))


def _text(statement: Any) -> str:
    """SQLite's text of it, with a question mark for each parameter in the order they are written."""
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="qmark")))
