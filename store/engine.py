"""Opening the store, and the one way to write: a transaction that takes the write lock at its start."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

BUSY_TIMEOUT_S = 15
CONNECT_TIMEOUT_S = 10


def open_store(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL. The tables are `store.migrations.migrate`'s business.

    `postgresql://` is taken as psycopg 3. SQLite: WAL, foreign keys, and no implicit transactions:
    `write()` begins IMMEDIATE, since a read that upgrades to a write fails at once with SQLITE_BUSY_SNAPSHOT
    whatever the timeout is.
    """
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        # else the server's own encoding, be it none at all
        spoken: dict[str, Any] = {"client_encoding": "utf8"}
        patience = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_TIMEOUT_S}
        return create_engine(parsed, pool_pre_ping=True, connect_args=spoken | patience)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed whole, or not at all."""
    with engine.connect().execution_options(quanqing_write=True) as conn, conn.begin():
        yield conn


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One consistent view: everything read in it belongs together. Writing in it is refused on every engine."""
    with engine.connect().execution_options(quanqing_write=False) as conn:
        if engine.dialect.name == "postgresql":
            conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with conn.begin():
            yield conn


def watching(engine: Engine) -> Connection:
    """A connection to be kept, for looking again and again: each statement is a view of its own, with no transaction
    around it. Four fifths of a small look are the pool's ping and the transaction's two ends. The caller closes it.
    """
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT", quanqing_write=False)


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # we begin ourselves
    _into_wal(connection)
    # a large batch is 5,000 pages: by SQLite's own 1,000 the same pages would be copied back after each of them
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-65536", "wal_autocheckpoint=8000"):
        connection.execute(f"PRAGMA {pragma}")


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


@retry(
    retry=retry_if_exception(_is_busy),
    stop=stop_after_delay(BUSY_TIMEOUT_S),
    wait=wait_random(0.005, 0.05),
    reraise=True,
)
def _into_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for this change whatever the timeout: of processes that start at once, one would die."""
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(conn: Connection) -> None:
    writing = conn.get_execution_options().get("quanqing_write")  # None: a plain engine.connect()
    conn.exec_driver_sql(f"PRAGMA query_only={'ON' if writing is False else 'OFF'}")
    if conn.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
