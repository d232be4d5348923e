"""The desk in a real browser: a new alert appears by itself, and a duty officer's day from signing in to the ledger."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from dashboard.entry.identity import new_token, token_hash
from dashboard.entry.visitors import SESSION_COOKIE
from domain.campaign import Campaign
from domain.readings import Level
from store.engine import write
from store.writes.access import add_user, open_session
from store.writes.cases import open_by_hand
from tests.browser import PATIENCE_MS
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, PASSWORD, PASSWORD_HASH, House, open_house
from tests.dashboard.desk_day import NOW, trouble
from tests.dashboard.little_house import Server
from tests.page_clock import STEP_MS, PageClock, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HEARD = """window.heard = [];
window.EventSource = class extends EventSource {
  constructor(address) {
    super(address);
    this.addEventListener("message", (event) => heard.push(JSON.parse(event.data).version));
  }
};"""
"""The versions the page was told of."""
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


def signed_in(house: House, server: Server, context: BrowserContext, name: str, **who: str | None) -> Page:
    """A page of somebody who has a session already."""
    token, now = new_token(), datetime.now(UTC)
    with write(house.engine) as conn:
        add_user(conn, name, password_hash=PASSWORD_HASH, now=now, **who)  # type: ignore[arg-type]
        open_session(conn, token_hash(token), user_name=name, now=now, until=now + timedelta(hours=1))
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": server.address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


@pytest.fixture
def desk(browser: Browser, server: Server, house: House) -> Iterator[Page]:
    """The queue, open and still empty."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(house, server, context, "wang", role="cyberspace", county=None)
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
    expect(desk.locator("#desk-news")).to_contain_text("新预警 橙色")
    assert desk.title().startswith("(1) ")

    link.focus()
    with write(house.engine) as conn:
        more = {"county": None, "note": "", "who": "li", "now": NOW}
        open_by_hand(conn, title="第二起", level=Level.YELLOW, **more)
    house.picture(2)
    expect(desk.locator("#desk-live td a")).to_have_count(2)
    assert desk.evaluate("document.activeElement.getAttribute('href')") == "/desk/alerts/1"
    assert desk.evaluate("window.sameDocument")

    desk.goto(desk.url + "/alerts/1")
    note = desk.locator("details[open] textarea")
    note.fill("写到一半")
    with write(house.engine) as conn:
        open_by_hand(conn, title=HOSTILE, level=Level.RED, **more)
    house.picture(3)
    expect(desk.locator("#desk-news")).to_contain_text(HOSTILE)
    expect(note).to_be_focused()
    expect(note).to_have_value("写到一半")
    assert desk.locator("#desk-news img").count() == 0
    assert dialogs == []


def test_an_alert_that_comes_while_the_queue_is_asked_for_does_not_wait_half_a_minute(
    desk: Page, house: House
) -> None:
    """On the page's own clock, which is not moved as far as to the next round that is made without news."""
    held: list[Route] = []
    desk.add_init_script(HEARD)
    clock = PageClock(desk)
    desk.reload()
    desk.route("**/api/v1/desk", lambda route: held.append(route), times=1)
    house.picture(1)
    until(desk, lambda: desk.clock.run_for(STEP_MS) or bool(held))
    old = held[0].fetch()
    trouble(house)
    house.picture(2)
    until(desk, lambda: desk.evaluate("heard.includes(2)"))
    desk.clock.run_for(5_000)
    held[0].fulfill(response=old)
    clock.run_until("document.querySelector('#desk-live td a') !== null", within_ms=5_000)


def test_an_ended_session_is_said_and_leaves_the_page_standing(desk: Page, house: House) -> None:
    desk.context.clear_cookies()
    house.picture(1)
    desk.evaluate("window.dispatchEvent(new Event('online'))")
    expect(desk.locator("#desk-news")).to_contain_text("请重新登录")
    expect(desk.get_by_text("当前没有待办预警")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080)])
def test_a_duty_officers_day(browser: Browser, server: Server, house: House, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    with write(house.engine) as conn:
        add_user(
            conn, "wang", role="cyberspace", county=None, password_hash=PASSWORD_HASH, now=datetime.now(UTC)
        )
    page.goto(f"{server.address}/desk")
    page.fill("#name", "wang")
    page.fill("#password", PASSWORD)
    page.click("button")
    expect(page.get_by_text("当前没有待办预警")).to_be_visible()

    trouble(house)
    house.picture(1)
    alert = page.locator("#desk-live td a")
    expect(alert).to_be_visible(timeout=PATIENCE_MS)
    look(page, "1-alert")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("svg polyline")).to_have_count(2)
    expect(page.locator("mark").first).to_have_text("核销失败")
    look(page, "2-evidence")

    page.get_by_role("link", name="帖文", exact=True).click()
    page.wait_for_load_state()  # with the script that knows the keys
    page.keyboard.press("/")
    page.keyboard.type("页面一直转圈")
    with page.expect_navigation():  # a key waits for none, as a click does
        page.keyboard.press("Enter")
    page.locator("article.post").nth(1).get_by_text("更正").click()
    look(page, "3-correct")
    page.get_by_role("radio", name="中性").check()
    page.get_by_role("button", name="保存更正").click()
    expect(page.locator("article.post:target")).to_contain_text("人工判定")
    look(page, "4-corrected")

    page.goto(f"{server.address}/desk/alerts/1")
    act(page, "核实")
    act(page, "定级", level="orange")
    act(page, "交办", office=house.county)
    feed_back(browser, server, house)
    page.reload()
    expect(page.locator(".history")).to_contain_text("商户已恢复")
    look(page, "5-fed-back")
    act(page, "回应", "已通报并恢复")
    act(page, "办结", "已通报并恢复", verdict="real")
    expect(page.locator("h2.what + p")).to_contain_text("办结")
    expect(page.locator("h2.what + p")).to_contain_text("结论：属实")
    look(page, "6-closed")
    page.goto(f"{server.address}/desk/board")
    look(page, "7-board")
    with page.expect_download() as ledger:
        page.get_by_text("CSV").click()
    assert "商户已恢复" in ledger.value.path().read_text(encoding="utf-8-sig")
    context.close()


def act(page: Page, word: str, note: str = "", **chosen: str) -> None:
    """Open the form of this act, fill it in and send it."""
    form = page.locator("form", has=page.locator(f'button:text-is("{word}")'))
    form.evaluate("(form) => { form.closest('details').open = true; }")
    for name, value in chosen.items():
        form.locator(f"[name={name}]").select_option(value)
    form.locator("textarea").fill(note)
    form.locator("button").click()


def feed_back(browser: Browser, server: Server, house: House) -> None:
    """The county's office, from its own desk."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = signed_in(house, server, context, "li", role="county", county=house.county)
    page.goto(f"{server.address}/desk")
    page.locator("#desk-live td a").click()
    act(page, "接办")
    act(page, "反馈", "商户已恢复")
    expect(page.locator(".history")).to_contain_text("商户已恢复")
    context.close()


def look(page: Page, name: str) -> None:
    """No page is wider than the screen; a picture where one is asked for."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if shots := os.environ.get("QUANQING_SHOTS"):
        page.screenshot(path=f"{shots}/day-{name}-{page.viewport_size['width']}.png")  # type: ignore[index]
