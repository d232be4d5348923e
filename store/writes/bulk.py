"""Many rows at once, as plain tuples in the table's column order: times are stored microseconds already.

PostgreSQL takes them by binary COPY into a temporary table of the same shape and on from there in one statement;
SQLite takes them one prepared statement each. Both past SQLAlchemy's parameter handling, which cost more than
all the rest of saving a batch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    bindparam,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from store.schema import UtcTime
from store.writes.upsert import insert, replaced, summed

Tuple = tuple[Any, ...]


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> set[Tuple]:
    """Insert the rows whose key is not there yet; the keys of the others. No key may come twice in `rows`.

    The key is the table's first columns.
    """
    if not rows:
        return set()
    keys = list(table.primary_key)
    if conn.dialect.name != "postgresql":
        statement = _text(insert(conn, table).on_conflict_do_nothing())
        with _cursor(conn) as cursor:
            return {row[: len(keys)] for row in rows if not cursor.execute(statement, row).rowcount}
    stage = _staged(conn, table, rows)
    added = (
        insert(conn, table)
        .from_select(list(table.columns), select(stage))
        .on_conflict_do_nothing()
        .returning(*keys)
        .cte("added")
    )
    known = select(*(stage.c[key.name] for key in keys)).except_(select(*added.c))
    return {tuple(row) for row in conn.execute(known)}


def add_up_rows(conn: Connection, table: Table, rows: Sequence[Tuple], *, measures: Sequence[str]) -> None:
    """Insert the rows, or add their measures to what stands under the same key."""
    _merge(conn, table, rows, lambda statement: summed(statement, table, measures))


def replace_rows(conn: Connection, table: Table, rows: Sequence[Tuple]) -> None:
    """Insert the rows, or put them in the place of what stands under the same key."""
    _merge(conn, table, rows, lambda statement: replaced(statement, table))


def _merge(conn: Connection, table: Table, rows: Sequence[Tuple], merged: Callable[[Any], Any]) -> None:
    if not rows:
        return
    if conn.dialect.name != "postgresql":
        with _cursor(conn) as cursor:
            cursor.executemany(_text(merged(insert(conn, table))), rows)
        return
    conn.execute(
        merged(insert(conn, table).from_select(list(table.columns), select(_staged(conn, table, rows))))
    )


def stored(conn: Connection, table: Table, on: Sequence[str], keys: Sequence[Tuple]) -> Iterator[Tuple]:
    """Whole rows whose columns `on` equal any of `keys`, always through their index."""
    if not keys:
        return
    columns = [table.c[name] for name in on]
    if conn.dialect.name != "postgresql":
        statement = _text(_raw(table).where(*(column == bindparam(column.name) for column in columns)))
        with _cursor(conn) as cursor:
            for key in keys:
                yield from cursor.execute(statement, key)
        return
    arrays = (
        type_coerce(list(values), postgresql.ARRAY(column.type))
        for column, values in zip(columns, zip(*keys, strict=True), strict=True)
    )
    asked = func.unnest(*arrays).table_valued(*on).render_derived(name="asked")
    # OFFSET keeps the planner from joining the two its own way: with a fresh batch it would read all of `table`
    one = _raw(table).where(*(column == asked.c[column.name] for column in columns)).offset(0).lateral("one")
    yield from map(tuple, conn.execute(select(one).select_from(asked.join(one, true()))))


def _raw(table: Table) -> Select[Any]:
    """Whole rows as they are stored: times as microseconds."""
    return select(*(type_coerce(c, BigInteger).label(c.name) if _is_time(c) else c for c in table.columns))


def _is_time(column: Column[Any]) -> bool:
    return isinstance(column.type, UtcTime)


def _text(statement: Any) -> str:
    """SQLite's text of it, with a question mark for each parameter in the order they are written."""
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="qmark")))


@lru_cache
def _stage(table: Table) -> Table:
    """A temporary table with the columns of `table`, empty at every transaction's start."""
    columns = [Column(c.name, c.type) for c in table.columns]
    name = f"arriving_{table.name}"
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DELETE ROWS")


def _staged(conn: Connection, table: Table, rows: Sequence[Tuple]) -> Table:
    stage = _stage(table)
    conn.execute(CreateTable(stage, if_not_exists=True))
    conn.execute(stage.delete())
    with _cursor(conn) as cursor, cursor.copy(f"COPY {stage.name} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([_copied_as(column) for column in stage.columns])
        for row in rows:
            copy.write_row(row)
    return stage


def _copied_as(column: Column[Any]) -> str:
    if _is_time(column) or isinstance(column.type, BigInteger):
        return "int8"
    if isinstance(column.type, Boolean):
        return "bool"
    return "int4" if isinstance(column.type, Integer) else "text"


@contextmanager
def _cursor(conn: Connection) -> Iterator[Any]:
    """The driver's own cursor, in the connection's transaction; its errors raised as SQLAlchemy's, as anywhere."""
    cursor = conn.connection.cursor()
    try:
        yield cursor
    except (sqlite3.Error, psycopg.Error) as error:
        base = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
        raise DBAPIError.instance(None, None, error, base) from error
    finally:
        cursor.close()
