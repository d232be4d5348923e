"""One house, one web process and a screen for all tests here: starting them takes longer than most of the tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.live.stream import WORKER_LEASE
from domain.campaign import Campaign
from store.engine import read, write
from store.queries.news import read_news
from store.writes.leases import take_lease
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, House, open_house
from tests.dashboard.little_house import Server

CLOCK = "2022-10-28T23:59:00+08:00@1 since {since}"


@pytest.fixture(scope="package")
def house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("live"), migrated_sqlite, small_campaign)
    opened.now.moment = datetime.now(UTC)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="package")
def log(house: House) -> Path:
    """What the web process says."""
    return house.settings.data_dir / "web.log"


@pytest.fixture(scope="package")
def running(house: House, log: Path) -> Iterator[Server]:
    with log.open("wb") as kept:
        server = Server(
            {
                "QUANQING_DATABASE_URL": house.settings.database_url,
                "QUANQING_DATA_DIR": str(house.settings.data_dir),
                "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
                "QUANQING_SECRET_KEY": house.settings.secret_key,
                "QUANQING_PASSWORD_DAYS": "0",  # the account is as old as the house's clock
                "QUANQING_CLOCK": CLOCK.format(since=f"{time.time():.3f}"),
            },
            log=kept,
        )
        yield server
        server.kill()


@pytest.fixture
def server(running: Server, house: House) -> Server:
    """Up, and a worker at work."""
    set_lease(house, timedelta(hours=1))
    if not running.is_up:
        running.start(LITTLE_BUILD=BUILD)
    return running


@pytest.fixture
def screen(browser: Browser, server: Server, house: House) -> Iterator[Page]:
    """A paired screen in New York that has opened its wall, shows 100 and has kept it."""
    show(house, total="100")
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, timezone_id="America/New_York", locale="en-US"
    )
    page = context.new_page()
    page.goto(f"{server.address}/wall?token={house.display()[0]}")
    expect(page.locator("#total")).to_have_text("100")
    page.wait_for_function(
        "() => localStorage.getItem('quanqing-snapshot')"
    )  # kept when the browser has time
    yield page
    context.close()


def show(house: House, *, made_at: datetime | None = None, **values: object) -> None:
    """The next version of the city's picture."""
    with read(house.engine) as conn:
        newest = read_news(conn, lease="worker").versions.get(house.city, 0)
    house.picture(newest + 1, made_at=made_at, **values)


def set_lease(house: House, lasts: timedelta) -> None:
    with write(house.engine) as conn:
        take_lease(conn, WORKER_LEASE, holder="w", now=datetime.now(UTC), lasts=lasts)
