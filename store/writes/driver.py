"""Past SQLAlchemy's parameter handling, which cost more than all the rest of saving a batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, Select, Table, select, type_coerce
from sqlalchemy.exc import DBAPIError

from store.schema import UtcTime

Tuple = tuple[Any, ...]
Names = tuple[str, ...]
"""Columns, by name."""


@contextmanager
def cursor_of(conn: Connection) -> Iterator[Any]:
    """The driver's own cursor, in the connection's transaction; its errors raised as SQLAlchemy's, as anywhere."""
    cursor = conn.connection.cursor()
    try:
        yield cursor
    except (sqlite3.Error, psycopg.Error) as error:
        base = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
        raise DBAPIError.instance(None, None, error, base) from error
    finally:
        cursor.close()


def copy_rows(conn: Connection, table: Table, rows: Iterable[Tuple], *, names: Names | None = None) -> None:
    """PostgreSQL's COPY, binary: `rows` in the order of `names`, or of the table's columns as the schema has them."""
    statement, types = _copy(table, names or tuple(table.columns.keys()))
    with cursor_of(conn) as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        write = copy.write_row
        for row in rows:
            write(row)


@lru_cache
def _copy(table: Table, names: Names) -> tuple[str, list[str]]:
    types = [type_name(table.c[name]) for name in names]
    return f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)", types


def type_name(column: Column[Any]) -> str:
    """What PostgreSQL calls the type that holds the column's values, as they are stored."""
    if _is_time(column) or isinstance(column.type, BigInteger):
        return "int8"
    if isinstance(column.type, Boolean):
        return "bool"
    return "int4" if isinstance(column.type, Integer) else "text"


def whole_rows(table: Table) -> Select[Any]:
    """As they are stored: times as microseconds."""
    return select(*(type_coerce(c, BigInteger).label(c.name) if _is_time(c) else c for c in table.columns))


def _is_time(column: Column[Any]) -> bool:
    return isinstance(column.type, UtcTime)
