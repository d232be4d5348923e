"""The fixtures that carry most tests. `engine` is migrated and empty, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Connection, Engine
from sqlalchemy.schema import CreateTable

from domain.campaign import Campaign, load_campaign
from store.engine import open_store, write
from store.migrations import migrate
from store.writes.bulk_citus import stages
from tests.audited import audited_campaign
from tests.browser import MISSING, PATIENCE_MS, chromium, flags
from tests.canaries import pytest_collection_modifyitems, pytest_runtest_logreport
from tests.given_postgres import given_server, given_url
from tests.postgres import NoPostgres, Server, server

__all__ = ["pytest_collection_modifyitems", "pytest_runtest_logreport"]
DATA = Path(__file__).parent / "data"
REPOSITORY = Path(__file__).parents[1]
ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
FORMS = (*ENGINES, pytest.param("postgresql-as-citus", marks=pytest.mark.postgres))
"""How a batch is written: the form that Citus asks for is held to the same on plain PostgreSQL."""


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module marked `every_form` runs its tests in each; what picks its own stores keeps them."""
    test = metafunc.definition
    chosen = any("store_url" in mark.args[0] for mark in test.iter_markers("parametrize"))
    if test.get_closest_marker("every_form") and "store_url" in metafunc.fixturenames and not chosen:
        test.add_marker(pytest.mark.parametrize("store_url", FORMS, indirect=True))


@pytest.fixture(scope="session")
def now() -> datetime:
    """An hour into launch day."""
    return datetime(2022, 10, 28, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(scope="session")
def small_campaign() -> Campaign:
    """One city programme, two county programmes, small enough to add up by hand."""
    return load_campaign(DATA / "campaign-small.toml")


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """The small campaign with cars: its city and one of its counties pay audited subsidies."""
    return audited_campaign(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    """The rehearsal's campaign: a city and its twelve counties."""
    return load_campaign(REPOSITORY / "rehearsal" / "campaign.toml")


@pytest.fixture
def engine(request: pytest.FixtureRequest, store_url: str) -> Iterator[Engine]:
    """A migrated, empty store of the test's own. `store.engine.write` and `read` open transactions on it."""
    opened = open_store(store_url)
    yield opened
    opened.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    """One write transaction on the migrated store, for tests that need no second one."""
    with write(engine) as connection:
        yield connection


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty store."""
    if request.param == "sqlite":
        copy = tmp_path / "quanqing.sqlite3"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), copy)
        yield f"sqlite:///{copy}"
    elif request.param == "postgresql":
        cluster: Server = request.getfixturevalue("migrated_postgres")
        with cluster.database("migrated") as url:
            yield url
    else:
        cluster = request.getfixturevalue("staged_postgres")
        with cluster.database("staged") as url:
            yield url


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/quanqing.sqlite3"
    else:
        cluster: Server = request.getfixturevalue("postgres_server")
        with cluster.database() as url:
            yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "migrated.sqlite3"
    _migrate(f"sqlite:///{path}")  # closing the last connection folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Server) -> Server:
    postgres_server.keep("migrated", _migrate)
    return postgres_server


@pytest.fixture(scope="session")
def staged_postgres(migrated_postgres: Server) -> Server:
    """With the stages that a server with Citus has: whoever writes a batch goes by them."""

    def staged(url: str) -> None:
        opened = open_store(url)
        with write(opened) as connection:
            for stage in stages():
                connection.execute(CreateTable(stage, if_not_exists=True))
        opened.dispose()

    migrated_postgres.keep("staged", staged, "migrated")
    return migrated_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real server, started by the tests themselves, skipping where there are no binaries; or the one given."""
    given = given_url()
    try:
        with given_server(given) if given else server() as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(f"PostgreSQL: {reason}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, one a file; each test opens its own context. Mark the test `browser`.

    Not one a session: while Playwright runs, its event loop does too, and asyncio.run() is refused everywhere.
    """
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=flags())
        yield opened
        opened.close()


def _migrate(url: str) -> None:
    opened = open_store(url)
    migrate(opened)
    opened.dispose()
