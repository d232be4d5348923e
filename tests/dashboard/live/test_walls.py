"""A wall as it is opened by a screen and by a person, of now and of then, and closed to who is revoked."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.entry.visitors import DISPLAY_COOKIE
from store.engine import write
from store.writes.displays import revoke
from tests.dashboard.conftest import BUILD, PASSWORD, House
from tests.dashboard.little_house import Server
from tests.dashboard.live.conftest import PATIENCE_MS, show

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_wall_opens_follows_and_asks_nobody_else(browser: Browser, server: Server, house: House):
    show(house, total="100")
    page = browser.new_page(timezone_id="Pacific/Auckland")
    said, asked = [], []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.address}/wall?token={house.display()[0]}")
    assert page.url == f"{server.address}/wall"
    expect(page.locator("#total")).to_have_text("100")
    expect(page.locator("#wall-connection")).to_have_text("实时连接")
    expect(page.locator("#wall-date")).to_have_text(re.compile("2022年10月(28日 星期五|29日 星期六)"))
    expect(page.locator("#wall-clock")).to_have_text(re.compile(r"^(23:59|00:0\d):\d\d$"))
    show(house, total="200")
    expect(page.locator("#total")).to_have_text("200", timeout=PATIENCE_MS)
    expect(page.locator("#wall-stale")).to_be_hidden()
    assert [url for url in asked if not url.startswith(server.address)] == []
    assert said == []
    page.close()


def test_a_past_moment_is_shown_as_such_and_stands_still(screen: Page, server: Server, house: House):
    show(house, made_at=datetime(2022, 10, 28, 1, 4, 5, tzinfo=UTC), total="九点")
    show(house, total="现在")
    screen.goto(f"{server.address}/wall?at=2022-10-28T09:05")
    expect(screen.locator("#wall-connection")).to_have_text("历史回放")
    expect(screen.locator("#wall-clock")).to_have_text("09:04:05")
    expect(screen.locator("#wall-stale")).to_be_hidden()


def test_charts_are_scaled_and_scaled_again_when_the_window_changes(screen: Page, house: House):
    show(house, curve={"figure": {"data": [{"y": [1, 2, 3]}], "layout": {"font": {"size": 20}}}})
    size = "() => document.querySelector('#curve .js-plotly-plot')?.layout?.font?.size"
    screen.wait_for_function(f"{size} === 20")
    screen.set_viewport_size({"width": 3840, "height": 2160})
    screen.wait_for_function(f"{size} === 40")


def test_a_person_signs_in_and_sees_the_wall(browser: Browser, server: Server, house: House):
    show(house, total="100")
    house.add_user()
    page = browser.new_page()
    page.goto(f"{server.address}/")
    page.get_by_label("账号").fill("duty")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("账号或密码不正确。")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#total")).to_have_text("100")
    assert page.url == f"{server.address}/wall"
    page.goto(f"{server.address}/login")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_label("账号")).to_be_visible()
    page.close()


def test_with_two_processes_a_revoked_screen_is_out_of_both(house: House, running: Server):
    both = Server(running.environ | {"LITTLE_BUILD": BUILD}, workers=2)
    show(house, total="100")
    token, number = house.display()
    both.start()
    try:
        ask = [f"{both.address}/api/v1/snapshot", {"Cookie": f"{DISPLAY_COOKIE}={token}"}]
        assert {_status(*ask) for _ in range(20)} == {200}
        with write(house.engine) as conn:
            revoke(conn, number, by="duty", now=datetime.now(UTC))
        time.sleep(1.1)
        assert {_status(*ask) for _ in range(20)} == {401}
    finally:
        both.kill()


def _status(address: str, headers: dict[str, str]) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
