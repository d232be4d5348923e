"""PostgreSQL: look up what is known, and COPY the rest straight into its table.

ON CONFLICT from a stage costs twice as much: it goes down the key's index twice for each row, and adds row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from store.writes.driver import Tuple, copy_rows, cursor_of, whole_rows
from store.writes.upsert import insert_into, merged


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> Mapping[Tuple, Tuple]:
    key = tuple(column.name for column in table.primary_key)
    width = len(key)
    known = {row[:width]: row for row in stored(conn, table, key, [row[:width] for row in rows])}
    copy_rows(conn, table, [row for row in rows if row[:width] not in known] if known else rows)
    return known


def merge(conn: Connection, table: Table, rows: Sequence[Tuple], added: tuple[str, ...]) -> None:
    stage = arriving(table)
    with cursor_of(conn) as cursor:
        cursor.execute(_made(table))
    copy_rows(conn, stage, rows)
    conn.execute(merging(table, stage, added))
    conn.execute(delete(stage))


@lru_cache
def arriving(table: Table) -> Table:
    """Where a batch's rows of `table` stand until they are merged: its columns, and no key."""
    columns = [Column(column.name, column.type) for column in table.columns]
    return Table(f"arriving_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])


@lru_cache
def _made(table: Table) -> str:
    """It is the connection's own, and lasts as long as that."""
    return str(CreateTable(arriving(table), if_not_exists=True).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


@lru_cache
def merging(table: Table, stage: Table, added: tuple[str, ...]) -> Any:
    """The stage's rows into their table."""
    arrived = insert_into(table, "postgresql").from_select(list(table.columns), select(stage))
    return merged(arrived, table, added)


def stored(conn: Connection, table: Table, on: tuple[str, ...], keys: Sequence[Tuple]) -> Iterator[Tuple]:
    arrays = {name: _array(values) for name, values in zip(on, zip(*keys, strict=True), strict=True)}
    yield from map(tuple, conn.execute(_any_of(table, on), arrays))


@lru_cache
def _any_of(table: Table, on: tuple[str, ...]) -> Select[Any]:
    arrays = (cast(bindparam(name, type_=Text), postgresql.ARRAY(Text)) for name in on)
    asked = func.unnest(*arrays).table_valued(*on).render_derived(name="asked")
    # OFFSET keeps the planner from joining the two its own way: with a fresh batch it would read all of `table`
    one = whole_rows(table).where(*(table.c[name] == asked.c[name] for name in on)).offset(0).lateral("one")
    return select(one).select_from(asked.join(one, true()))


def _array(values: Sequence[str]) -> str:
    """PostgreSQL's text form of an array of text: a third of what the driver takes for a list."""
    joined = "\0".join(values)  # the one character that no PostgreSQL text can hold
    if joined.count("\0") != len(values) - 1:
        raise ValueError("NUL in a key")
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\0", '","') + '"}'
