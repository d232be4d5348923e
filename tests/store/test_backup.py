"""A copy taken while others write is a store in which everything holds; it comes back whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, make_url, select

from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Kind
from store.backup import SUFFIX, copy_store, restore_store, restored, scratch_name
from store.engine import open_store, read, write
from store.migrations import migrate
from store.queries.verify import verify
from store.schema import events, leases
from tests.given_postgres import Schemas
from tests.postgres import NoPostgres, Server, server
from tests.store.events import OPENING, event
from tests.store.stated_day import save

AT_LEAST = 20  # batches written while the copy is taken
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def tools(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own pg_dump: an older one refuses."""
    if "postgres_server" in request.fixturenames or "postgresql" in request.node.name:
        server: Server = request.getfixturevalue("postgres_server")
        if isinstance(server, Schemas):
            pytest.skip("a copy is of a database, and here each test has a schema of one")
        if server.tools is not None:
            monkeypatch.setenv("PATH", f"{server.tools}{os.pathsep}{os.environ['PATH']}")


def copy_of(engine: Engine, folder: Path) -> Path:
    path = folder / f"copy{SUFFIX[engine.dialect.name]}"
    copy_store(engine, path)
    return path


def count_events(engine: Engine) -> int:
    with read(engine) as conn:
        return int(conn.execute(select(func.count()).select_from(events)).scalar_one())


class Writing(threading.Thread):
    """Writes one small batch after another until it is told to stop."""

    def __init__(self, engine: Engine, campaign: Campaign) -> None:
        super().__init__()
        self._engine, self._campaign = engine, campaign
        self._stop_now, self.begun = threading.Event(), threading.Event()
        self.written = 0

    def run(self) -> None:
        while not self._stop_now.is_set():
            batch = [event(self._campaign, "city", Kind.CLAIM, 10 * self.written + n) for n in range(10)]
            with write(self._engine) as conn:
                save(conn, self._campaign, *batch)
            self.written += 1
            if self.written >= AT_LEAST:
                self.begun.set()

    def end(self) -> None:
        self._stop_now.set()
        self.join(PATIENCE_S)


@pytest.mark.parametrize(
    "store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_s4_a_copy_taken_while_others_write_holds_and_has_all_that_was_there_before(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    writing = Writing(engine, small_campaign)
    writing.start()
    try:
        assert writing.begun.wait(PATIENCE_S)
        before = count_events(engine)
        copy = copy_of(engine, tmp_path)
        after = count_events(engine)
    finally:
        writing.end()
    with restored(copy, engine, tmp_path) as brought_back:
        assert before <= count_events(brought_back) <= after
        assert count_events(brought_back) % 10 == 0  # of each batch all or nothing
        with read(brought_back) as conn:
            assert verify(conn, small_campaign) == []
        assert str(brought_back.url) != str(engine.url)
    assert count_events(engine) == 10 * writing.written  # the drill touched nothing


@pytest.mark.parametrize(
    "store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_nothing_is_put_over_what_is_there(engine: Engine, small_campaign: Campaign, tmp_path: Path) -> None:
    copy = copy_of(engine, tmp_path)
    with write(engine) as conn:
        save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
    with pytest.raises(StoreError, match="not empty"):
        restore_store(copy, engine)
    assert count_events(engine) == 1
    with pytest.raises(StoreError, match="is no copy of a"):
        restore_store(tmp_path / "copy.tar", engine)


@pytest.mark.parametrize(
    "store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_a_damaged_copy_becomes_no_store(engine: Engine, tmp_path: Path) -> None:
    """Cut short, as a full disk leaves it."""
    copy = copy_of(engine, tmp_path)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size * 2 // 3])
    with pytest.raises(StoreError), restored(copy, engine, tmp_path):
        pass
    copy.unlink()
    with restored(copy_of(engine, tmp_path), engine, tmp_path) as whole:  # nothing of it is in the way
        assert count_events(whole) == 0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_disk_that_takes_no_more_is_said_in_a_line(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    copy, empty = copy_of(engine, tmp_path), tmp_path / "new.sqlite3"
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StoreError, match=r"new\.sqlite3: .*No space left"):
        restore_store(copy, open_store(f"sqlite:///{empty}"))


@pytest.mark.postgres
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_drill_takes_away_no_other_drills_database(engine: Engine, tmp_path: Path) -> None:
    """Not another house's, on the same server, and not one at which this store's own is still at work."""
    copy = copy_of(engine, tmp_path)
    with restored(copy, engine, tmp_path) as first:
        assert first.url.database == scratch_name(engine.url.database or "")
        with pytest.raises(StoreError, match="another drill"), restored(copy, engine, tmp_path):
            pass
        assert count_events(first) == 0
    with restored(copy, engine, tmp_path) as later:
        assert count_events(later) == 0


@pytest.mark.postgres
def test_a_drill_keeps_every_character_on_a_server_that_is_not_at_home_in_utf8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        with server("--locale=C", "--encoding=EUC_CN") as elsewhere:
            monkeypatch.setenv("PATH", f"{elsewhere.tools}{os.pathsep}{os.environ['PATH']}")
            elsewhere.run("CREATE DATABASE quanqing TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
            engine = open_store(elsewhere.url("quanqing"))
            migrate(engine)
            with write(engine) as conn:
                conn.execute(insert(leases).values(name="𠮷野家", holder="h", token=1, until=OPENING))
            with restored(copy_of(engine, tmp_path), engine, tmp_path) as brought_back:
                migrate(brought_back)
                with read(brought_back) as conn:
                    assert conn.scalars(select(leases.c.name)).all() == ["𠮷野家"]
            engine.dispose()
    except NoPostgres as reason:
        pytest.skip(f"PostgreSQL: {reason}")


def test_a_drills_database_has_a_name_that_fits() -> None:
    assert scratch_name("quanqing") == "quanqing_backup_drill"
    assert len(scratch_name("q" * 63)) == 63


@pytest.fixture
def spying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pg_dump that writes down how it was called, and refuses."""
    tool = tmp_path / "bin" / "pg_dump"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\necho "$PGPASSWORD" > {tmp_path}/word\n'
                    'echo "pg_dump: error: server version mismatch" >&2\nexit 1\n')  # fmt: skip
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_a_password_is_no_argument_that_others_could_read(spying: Path) -> None:
    engine = open_store("postgresql://wang:geheim@db.example:5433/quanqing?sslmode=require")
    with pytest.raises(StoreError, match=r"^pg_dump: error: server version mismatch$"):
        copy_store(engine, spying / "copy.pgdump")
    called = (spying / "called").read_text()
    assert called.startswith("--no-password ")  # nobody is there to be asked for one
    assert "--dbname=postgresql://wang@db.example:5433/quanqing?sslmode=require" in called
    assert make_url(str(engine.url)).password not in called
    assert (spying / "word").read_text() == "geheim\n"
    (spying / "word").unlink()


def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match=r"pg_dump is not on the PATH .*postgresql-client"):
        copy_store(open_store("postgresql://wang@db.example/quanqing"), tmp_path / "copy.pgdump")
