"""PostgreSQL: look up what is known, and COPY the rest straight into its table.

ON CONFLICT costs twice as much, from a stage as from arrays: it goes down the key's index twice for each row, and
changes row by row. Past the ledger's lock nobody comes in between, so that MERGE joins the two at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, String, Table

from store.writes.driver import Names, Tuple, copy_rows, cursor_of, type_name
from store.writes.rows import with_keys

_SUB_PROJECT, _NUMBER = 2, 3
"""Their places in all keys. In the indexes the number comes first: neighbours are compared by one column."""
_BY_INDEX = "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
_AS_PLANNED = "RESET enable_hashjoin; RESET enable_mergejoin"


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> list[tuple[Tuple, Tuple]]:
    key = tuple(column.name for column in table.primary_key)
    width = len(key)
    # in the order of the key's index: it is the dearest part of a row, and dearer when walked across
    in_order = sorted(rows, key=itemgetter(_NUMBER))
    found = {row[:width]: row for row in _numbered(conn, table, key, in_order)}
    again = with_keys(rows, found.keys(), width)
    known = set(map(id, again.values()))
    copy_rows(conn, table, (row for row in in_order if id(row) not in known))
    return [(row, found[name]) for name, row in again.items()]


def stored(conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]:
    told = itemgetter(*(table.columns.keys().index(name) for name in on))
    in_order = sorted(keys, key=itemgetter(_NUMBER))
    return (row for row in _numbered(conn, table, on, in_order) if told(row) in keys)


def _numbered(conn: Connection, table: Table, on: Names, in_order: Sequence[Tuple]) -> list[Tuple]:
    """All rows of these numbers in these sub-projects: with those that are meant, some that share a number."""
    asked = {
        "numbers": _texts([row[_NUMBER] for row in in_order]),
        "sub_projects": _texts(list({row[_SUB_PROJECT] for row in in_order})),
    }
    with cursor_of(conn) as cursor:
        found: list[Tuple] = cursor.execute(_look(table, on), asked).fetchall()
    return found


@lru_cache
def _look(table: Table, on: Names) -> str:
    # each OFFSET keeps the planner from its own way: seeing so many numbers it would read all of a fresh `table`.
    # the number alone leads into the index, so that a sorted batch of them goes along its leaves once
    return f"""
        SELECT one.*
        FROM (SELECT %(numbers)s::text[] AS numbers, %(sub_projects)s::text[] AS sub_projects OFFSET 0) AS asked,
        LATERAL (
            SELECT {", ".join(table.columns.keys())} FROM {table.name}
            WHERE {on[_NUMBER]} = ANY (asked.numbers) OFFSET 0
        ) AS one
        WHERE one.{on[_SUB_PROJECT]} = ANY (asked.sub_projects)
    """  # noqa: S608  # the schema's own names


def merge(conn: Connection, table: Table, names: Names, rows: Sequence[Tuple], added: Names) -> None:
    """Not by a temporary table: nobody vacuums those, and each batch would walk through all the earlier ones' rows."""
    arrays = {
        name: _array(table.c[name], values)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    with cursor_of(conn) as cursor:
        if table.info.get("growing"):
            cursor.execute(_BY_INDEX)
        # planned for as many rows as there are: the one plan that is kept for any number takes them to be ten, and goes
        # down the index for each of thousands
        cursor.execute(_merging(table, names, added), arrays, prepare=False)
        if table.info.get("growing"):
            cursor.execute(_AS_PLANNED)


@lru_cache
def _merging(table: Table, names: Names, added: Names) -> str:
    key = [column.name for column in table.primary_key]
    moved = {name: f"told.{name}" for name in names if name not in key}
    moved |= {name: f"stands.{name} + told.{name}" for name in added}
    return f"""
        MERGE INTO {table.name} AS stands
        USING unnest({", ".join(f"%({name})s::{type_name(table.c[name])}[]" for name in names)})
            AS told ({", ".join(names)})
        ON {" AND ".join(f"stands.{name} = told.{name}" for name in key)}
        WHEN MATCHED THEN UPDATE SET {", ".join(f"{name} = {value}" for name, value in moved.items())}
        WHEN NOT MATCHED THEN INSERT ({", ".join(names)}) VALUES ({", ".join(f"told.{name}" for name in names)})
    """  # noqa: S608  # the schema's own names


def _array(column: Column[Any], values: Sequence[Any]) -> str:
    """PostgreSQL's text form of an array: a third of what the driver takes for a list."""
    if isinstance(column.type, String):
        return _texts(values)
    if column.nullable:
        return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"
    return "{" + (("%d," * len(values)) % tuple(values))[:-1] + "}"  # half of what str() of each takes


def _texts(values: Sequence[str | None]) -> str:
    try:
        joined = "\0".join(values)  # type: ignore[arg-type]  # the one character that no PostgreSQL text can hold
    except TypeError:
        return "{" + ",".join("NULL" if value is None else _texts([value])[1:-1] for value in values) + "}"
    if joined.count("\0") != len(values) - 1:
        raise ValueError("NUL in a text")
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\0", '","') + '"}'
