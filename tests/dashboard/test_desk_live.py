"""A new alert appears on the open desk by itself, and takes nothing away from whoever is writing: a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.identity import new_token, token_hash
from dashboard.visitors import SESSION_COOKIE
from domain.campaign import Campaign
from domain.readings import Level
from store.engine import write
from store.writes.access import add_user, open_session
from store.writes.cases import open_by_hand
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, PASSWORD_HASH, House, open_house
from tests.dashboard.desk_day import NOW, trouble
from tests.dashboard.little_house import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 30_000  # how long what must come may take on a busy machine: no measure of how fast it is
HOSTILE = "<img src=x onerror=alert(1)>又一起"


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path, small_campaign: Campaign) -> Iterator[House]:
    opened = open_house(tmp_path, migrated_sqlite, small_campaign)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def server(house: House) -> Iterator[Server]:
    running = Server(
        {
            "QUANQING_DATABASE_URL": house.settings.database_url,
            "QUANQING_DATA_DIR": str(house.settings.data_dir),
            "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
            "QUANQING_SECRET_KEY": house.settings.secret_key,
            "QUANQING_CLOCK": f"{NOW.isoformat()}@1 since {time.time():.3f}",
        }
    )
    running.start(LITTLE_BUILD=BUILD)
    yield running
    running.kill()


@pytest.fixture
def desk(browser: Browser, server: Server, house: House) -> Iterator[Page]:
    """The queue, open and still empty."""
    token, now = new_token(), datetime.now(UTC)
    with write(house.engine) as conn:
        add_user(conn, "wang", role="cyberspace", county=None, password_hash=PASSWORD_HASH, now=now)
        open_session(conn, token_hash(token), user_name="wang", now=now, until=now + timedelta(hours=1))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": server.address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{server.address}/desk")
    yield page
    context.close()


def test_a_new_alert_is_seen_without_reloading_and_disturbs_nobody(desk: Page, house: House) -> None:
    dialogs: list[str] = []
    desk.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    desk.evaluate("window.sameDocument = true")
    expect(desk.get_by_text("当前没有待办预警")).to_be_visible()
    trouble(house)
    house.picture(1)
    link = desk.locator("#desk-live td a")
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    expect(desk.locator("#desk-news")).to_contain_text("新预警 橙色", timeout=PATIENCE_MS)
    assert desk.title().startswith("(1) ")

    link.focus()
    with write(house.engine) as conn:
        more = {"county": None, "note": "", "who": "li", "now": NOW}
        open_by_hand(conn, title="第二起", level=Level.YELLOW, **more)
    house.picture(2)
    expect(desk.locator("#desk-live td a")).to_have_count(2, timeout=PATIENCE_MS)
    assert desk.evaluate("document.activeElement.getAttribute('href')") == "/desk/alerts/1"
    assert desk.evaluate("window.sameDocument")

    desk.goto(desk.url + "/alerts/1")
    note = desk.locator("details[open] textarea")
    note.fill("写到一半")
    with write(house.engine) as conn:
        open_by_hand(conn, title=HOSTILE, level=Level.RED, **more)
    house.picture(3)
    expect(desk.locator("#desk-news")).to_contain_text(HOSTILE, timeout=PATIENCE_MS)
    expect(note).to_be_focused()
    expect(note).to_have_value("写到一半")
    assert desk.locator("#desk-news img").count() == 0
    assert dialogs == []


def test_an_ended_session_is_said_and_leaves_the_page_standing(desk: Page, house: House) -> None:
    desk.context.clear_cookies()
    house.picture(1)
    desk.evaluate("window.dispatchEvent(new Event('online'))")
    expect(desk.locator("#desk-news")).to_contain_text("请重新登录", timeout=PATIENCE_MS)
    expect(desk.get_by_text("当前没有待办预警")).to_be_visible()
