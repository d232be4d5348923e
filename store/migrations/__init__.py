"""How the tables came to be: Alembic revisions, applied by the program itself at its start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from domain.errors import StoreError
from store.migrations import citus, collation

_ADVISORY_LOCK = 0x5155414E51494E47  # "QUANQING": any fixed number nobody else takes


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to `revision`, in one transaction. Safe when several processes start at once.

    Costs a few looks when there is nothing to do. On PostgreSQL text compares by its bytes afterwards, on Citus the
    tables are placed too (`store.placement`), also those that were there before it. Raises StoreError for a database
    newer than this program, and for one that does not keep text as UTF-8.
    """
    with engine.connect() as conn:
        collation.refuse_other_encodings(conn)
        at = _revision(conn)
        current = at is not None and at == _resolve(revision)
        if current and not citus.is_lacking(conn) and not collation.is_lacking(conn):
            return
    with _alone(engine) as conn, _settled(conn):
        _run("upgrade", conn, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to `revision`; "base" drops them all."""
    with _alone(engine) as conn:
        if citus.is_citus(conn):
            citus.prepare(conn)
        _run("downgrade", conn, revision)


def current(engine: Engine) -> str | None:
    """The revision the tables are at; None before the first."""
    with engine.connect() as conn:
        return _revision(conn)


def settings(conn: Connection | None = None) -> Config:
    """Alembic's configuration without an ini file: it works from a wheel as from the repository."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def _run(direction: Literal["upgrade", "downgrade"], conn: Connection, revision: str) -> None:
    step = command.upgrade if direction == "upgrade" else command.downgrade
    try:
        step(settings(conn), revision)
    except CommandError as error:
        raise StoreError(f"cannot {direction} the tables to {revision}: {error}") from error


def _revision(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _resolve(revision: str) -> str | None:
    script = ScriptDirectory.from_config(settings())
    return script.get_current_head() if revision == "head" else revision


@contextmanager
def _settled(conn: Connection) -> Iterator[None]:
    """At the end text compares by its bytes, and on Citus the tables as this program knows them stand where
    `store.placement` says."""
    there = citus.is_citus(conn)
    if there:
        citus.prepare(conn)
    yield
    whole = there and _revision(conn) == _resolve("head")
    if whole:
        citus.make_stages(conn)
    collation.settle(conn)  # before: what a table is distributed by, no one changes
    if whole:
        citus.distribute(conn)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction no second migration can run beside, with SQLite's foreign keys resting.

    Changing a column on SQLite rebuilds its table; dropping the old one would delete the rows that refer to it.
    The pragma has no effect inside a transaction, hence before it.
    """
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(quanqing_write=True) as conn:
        if sqlite:
            _pragma(conn, "foreign_keys=OFF")
        try:
            with conn.begin():
                if engine.dialect.name == "postgresql":
                    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
                yield conn
                if sqlite and (torn := conn.execute(text("PRAGMA foreign_key_check")).all()):
                    raise StoreError(f"migration left {len(torn)} rows without the row they refer to")
        finally:
            if sqlite:
                _pragma(conn, "foreign_keys=ON")


def _pragma(conn: Connection, pragma: str) -> None:
    """Past SQLAlchemy, which would begin a transaction."""
    cursor = conn.connection.cursor()
    cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
