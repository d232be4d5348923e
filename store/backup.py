"""The store copied whole while others write to it, and a copy made a store again.

SQLite: its own online backup in one step, a file that opens as it is. PostgreSQL: `pg_dump` of one snapshot in its
packed form and `pg_restore`, which must be on the PATH and no older than the server. Passwords go by the environment.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from domain.errors import StoreError
from store.engine import open_store

SUFFIX = {"sqlite": ".db", "postgresql": ".pgdump"}
"""How a copy's name ends, by the kind of store it was taken of."""
_LOCK = 0x4452494C4C  # "DRILL": any fixed number nobody else takes
_MAY_NOT = "42501"  # PostgreSQL's code for too few rights
_KEEPING_ALL = (
    "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"  # whatever the server's own are
)
_NAME_CHARS = 63  # PostgreSQL cuts what is longer


def copy_store(engine: Engine, path: Path) -> None:
    """Write a copy of one moment to `path`, and on the disk. Others go on writing meanwhile.

    Raises StoreError where the tool is missing or refuses, or the copy cannot be kept.
    """
    try:
        if engine.dialect.name == "sqlite":
            _copy_sqlite(str(engine.url.database), path)
        else:
            _tool("pg_dump", engine.url, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
        _on_the_disk(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path.name}: {error}") from error


def put_in_place(part: Path, path: Path) -> None:
    """What was written as `part` becomes `path`, whole or not at all, and stays so when the power goes. Raises OSError.

    The name is the folder's: until that is on the disk, too, a crash may bring the old one back, or none.
    """
    os.replace(part, path)
    _on_the_disk(path.parent)


def restore_store(path: Path, engine: Engine) -> None:
    """Fill an empty store from a copy, whole or not at all.

    Raises StoreError if it is not empty or of another kind, the tool is missing or refuses, or the copy cannot be put.
    """
    if path.suffix != SUFFIX[engine.dialect.name]:
        raise StoreError(f"{path.name} is no copy of a {engine.dialect.name} store")
    if inspect(engine).get_table_names():
        raise StoreError("the store to restore into is not empty; name an empty one")
    engine.dispose()
    if engine.dialect.name == "sqlite":
        _put_sqlite(path, Path(str(engine.url.database)))
    else:
        words = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
        _tool("pg_restore", engine.url, *words, str(path))


@contextmanager
def restored(path: Path, beside: Engine, scratch: Path) -> Iterator[Engine]:
    """A store made of a copy to be looked at, gone at the end: in the folder `scratch`, or on the server of `beside`.

    Raises StoreError where the server's account may make no database.
    """
    if beside.dialect.name == "sqlite":
        with _opened(f"sqlite:///{scratch / 'drill.db'}") as engine:
            restore_store(path, engine)
            yield engine
        return
    with _scratch_database(beside) as url, _opened(url.render_as_string(hide_password=False)) as engine:
        restore_store(path, engine)
        yield engine


def _copy_sqlite(database: str, path: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # the copy is one file
    _check_sqlite(path)


def _put_sqlite(path: Path, database: Path) -> None:
    """Under another name first: a copying that breaks off leaves no half store behind."""
    part = database.with_name(f".{database.name}.part")
    try:
        shutil.copyfile(path, part)
        _check_sqlite(part)
        _on_the_disk(part)
        put_in_place(part, database)
    except OSError as error:
        raise StoreError(f"{database.name}: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _on_the_disk(path: Path) -> None:
    """A file's bytes, or a folder's names."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _check_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as copy:
        try:
            (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise StoreError(f"the copy does not hold together: {found}")


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _scratch_database(beside: Engine) -> Iterator[URL]:
    with beside.connect().execution_options(isolation_level="AUTOCOMMIT") as conn, _alone(conn):
        name = scratch_name(str(conn.scalar(text("SELECT current_database()"))))
        quoted = conn.dialect.identifier_preparer.quote(name)
        drop = text(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
        try:
            conn.execute(drop)  # of a drill that was killed
            conn.execute(text(f"CREATE DATABASE {quoted} {_KEEPING_ALL}"))
        except DBAPIError as error:
            raise StoreError(_refused(error, beside)) from error
        try:
            yield beside.url.set(database=name)
        finally:
            conn.execute(drop)


@contextmanager
def _alone(conn: Connection) -> Iterator[None]:
    """One drill of a store at a time: another would take this one's database away from under it."""
    if not conn.scalar(select(func.pg_try_advisory_lock(_LOCK))):
        raise StoreError("another drill of this store is at work")
    try:
        yield
    finally:
        conn.execute(select(func.pg_advisory_unlock(_LOCK)))


def scratch_name(database: str) -> str:
    """Each store's own: what a drill finds under it is taken away, and must be nobody else's."""
    ending = "_backup_drill"
    return database[: _NAME_CHARS - len(ending)] + ending


def _refused(error: DBAPIError, beside: Engine) -> str:
    if getattr(error.orig, "sqlstate", None) == _MAY_NOT:
        return (
            "the database's account may not make the database that a drill restores into:"
            f" ALTER ROLE {beside.url.username} CREATEDB, once"
        )
    return f"the database that a drill restores into: {str(error.orig).splitlines()[0]}"


def _tool(name: str, url: URL, *words: str) -> None:
    program = shutil.which(name)
    if program is None:
        raise StoreError(f"{name} is not on the PATH (Debian, Ubuntu: apt-get install postgresql-client)")
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    address = bare.render_as_string()
    given = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    done = _run([program, "--no-password", *words, f"--dbname={address}"], os.environ | given)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise StoreError(f"{name}: {said.removeprefix(f'{name}: ')[:300]}")


def _run(command: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
