"""A wall as it is opened by a screen and by a person, of now and of then, and closed to who is revoked."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.clock import Clock
from dashboard.entry.visitors import DISPLAY_COOKIE
from store.engine import write
from store.writes.displays import revoke
from tests.browser import PATIENCE_MS
from tests.dashboard.conftest import BUILD, PASSWORD, House
from tests.dashboard.little_house import Server
from tests.dashboard.live.conftest import show

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
    clock = Clock.parse(server.environ["QUANQING_CLOCK"])
    opened_at = clock.now()
    page.goto(f"{server.address}/wall?token={house.display()[0]}")
    assert page.url == f"{server.address}/wall"
    expect(page.locator("#total")).to_have_text("100")
    expect(page.locator("#wall-connection")).to_have_text("实时连接")
    assert opened_at - timedelta(seconds=1) < _time_on(page) <= clock.now()
    show(house, total="200")
    expect(page.locator("#total")).to_have_text("200")
    expect(page.locator("#wall-stale")).to_be_hidden()
    assert [url for url in asked if not url.startswith(server.address)] == []
    assert said == []
    page.close()


def _time_on(page: Page) -> datetime:
    """What the wall says it is in Shanghai, its day of the week included; whole seconds."""
    expect(page.locator("#wall-clock")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    said = "['wall-date', 'wall-clock'].map((id) => document.getElementById(id).textContent)"
    date, time_of_day = page.evaluate(said)
    day, weekday = date.split(" 星期")
    at = datetime.strptime(f"{day} {time_of_day} +0800", "%Y年%m月%d日 %H:%M:%S %z")
    assert weekday == "一二三四五六日"[at.weekday()]
    return at


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
        ready_by = time.monotonic() + PATIENCE_MS / 1000
        while {_status(*ask) for _ in range(20)} != {200}:  # until each has had its first look into the store
            assert time.monotonic() < ready_by
        with write(house.engine) as conn:
            revoke(conn, number, by="duty", now=datetime.now(UTC))
        time.sleep(1.1)
        assert {_status(*ask) for _ in range(20)} == {401}
    finally:
        both.kill()


def _status(address: str, headers: dict[str, str]) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
