"""SQLite: one prepared statement a row. Cheaper than looking a batch's keys up first, and by a fifth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy.dialects import sqlite

from store.writes.driver import Names, Tuple, cursor_of, whole_rows
from store.writes.upsert import insert_into, merged

_NUMBER = 3
"""Its place in all keys."""


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> list[tuple[Tuple, Tuple]]:
    key = tuple(column.name for column in table.primary_key)
    width = len(key)
    statement = _insertion(table)
    with cursor_of(conn) as cursor:
        execute = cursor.execute
        # by their keys, so that of a grown index each page is touched once
        known = {row[:width]: row for row in sorted(rows) if not execute(statement, row).rowcount}
    return [(known[row[:width]], row) for row in stored(conn, table, key, known.keys())]


def merge(conn: Connection, table: Table, names: Names, rows: Sequence[Tuple], added: Names) -> None:
    with cursor_of(conn) as cursor:
        cursor.executemany(_merging(table, names, added), rows)


def stored(conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]:
    with cursor_of(conn) as cursor:
        if _number_leads(table, on):
            told = itemgetter(*(table.columns.keys().index(name) for name in on))
            found = cursor.execute(_numbered(table, on), (_listed([key[_NUMBER] for key in keys]),))
            yield from (row for row in found if told(row) in keys)
        else:
            for key in keys:
                yield from cursor.execute(_one(table, on), key)


@lru_cache
def _insertion(table: Table) -> str:
    return _text(insert_into(table, "sqlite").on_conflict_do_nothing())


@lru_cache
def _merging(table: Table, names: Names, added: Names) -> str:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return _text(merged(insert_into(table, "sqlite").values(values), table, added, of=names))


def _listed(numbers: list[str]) -> str:
    if "\0" in "".join(numbers):  # SQLite's JSON would end the number there
        raise ValueError("NUL in a text")
    return json.dumps(numbers)


@lru_cache
def _number_leads(table: Table, on: Names) -> bool:
    """Whether numbers alone lead into an index: then all are asked for at once, in half the time of one by one."""
    return any(index.columns[0].name == on[_NUMBER] for index in table.indexes)


@lru_cache
def _numbered(table: Table, on: Names) -> str:
    asked = select(func.json_each(bindparam("numbers")).table_valued("value").c.value)
    return _text(whole_rows(table).where(table.c[on[_NUMBER]].in_(asked)))


@lru_cache
def _one(table: Table, on: Names) -> str:
    return _text(whole_rows(table).where(*(table.c[name] == bindparam(name) for name in on)))


def _text(statement: Any) -> str:
    """SQLite's text of it, with a question mark for each parameter in the order they are written."""
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="qmark")))
