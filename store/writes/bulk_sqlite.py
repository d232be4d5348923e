"""SQLite: one prepared statement a row. Cheaper than looking a batch's keys up first, and by a fifth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, func, select, text
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
        cursor.executemany(_merging(table, names, added), sorted(rows))  # as above


def stored(conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]:
    """All in one statement: half of what it takes to ask for one after the other."""
    with cursor_of(conn) as cursor:
        if _number_leads(table, on):
            told = itemgetter(*(table.columns.keys().index(name) for name in on))
            found = cursor.execute(_numbered(table, on), (_listed([key[_NUMBER] for key in keys]),))
            yield from (row for row in found if told(row) in keys)
        else:
            yield from cursor.execute(_keyed(table, on), (_listed(list(keys)),))


@lru_cache
def _insertion(table: Table) -> str:
    return _text(insert_into(table, "sqlite").on_conflict_do_nothing())


@lru_cache
def _merging(table: Table, names: Names, added: Names) -> str:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return _text(merged(insert_into(table, "sqlite").values(values), table, added, of=names))


def _listed(asked: Sequence[str] | Sequence[Tuple]) -> str:
    if "\0" in "".join(map("".join, asked)):  # SQLite's JSON would end the text there
        raise ValueError("NUL in a text")
    return json.dumps(asked)


@lru_cache
def _number_leads(table: Table, on: Names) -> bool:
    """Whether numbers alone lead into an index."""
    return any(index.columns[0].name == on[_NUMBER] for index in table.indexes)


@lru_cache
def _numbered(table: Table, on: Names) -> str:
    asked = select(func.json_each(bindparam("numbers")).table_valued("value").c.value)
    return _text(whole_rows(table).where(table.c[on[_NUMBER]].in_(asked)))


@lru_cache
def _keyed(table: Table, on: Names) -> str:
    # no column is compared with a parameter itself: for each it would be prepared anew, in case a partial index fits
    asked = func.json_each(bindparam("keys")).table_valued("value")
    same = (
        table.c[name] == func.json_extract(asked.c.value, text(f"'$[{at}]'")) for at, name in enumerate(on)
    )
    return _text(whole_rows(table).join_from(asked, table, and_(*same)))


def _text(statement: Any) -> str:
    """SQLite's text of it, with a question mark for each parameter in the order they are written."""
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="qmark")))
