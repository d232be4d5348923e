"""A screen and a desk in a real browser: pairing without a hand on the screen, orders, and going dark."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from dashboard.entry.visitors import FRESH_S
from domain.campaign import Campaign
from domain.displays import IDENTIFIED_FOR, Report
from store.engine import read, write
from store.queries.displays import fleet
from store.writes import displays as orders
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, PASSWORD, House, open_house
from tests.dashboard.little_house import Server
from tests.page_clock import PageClock, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DARK_WITHIN_S = 10
DARK_WITHIN_MS = round(
    1000 * (DARK_WITHIN_S - FRESH_S)
)  # of the page, once the process has forgotten the screen
LOADED_WITHIN_MS = 60_000


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("screens"), migrated_sqlite, small_campaign)
    opened.now.moment = datetime.now(UTC)
    opened.add_user(role="task-force")
    opened.picture(1, total="100")
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def server(house: House) -> Iterator[Server]:
    running = Server(
        {
            "QUANQING_DATABASE_URL": house.settings.database_url,
            "QUANQING_DATA_DIR": str(house.settings.data_dir),
            "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
            "QUANQING_SECRET_KEY": house.settings.secret_key,
        }
    )
    running.start(LITTLE_BUILD=BUILD)
    yield running
    running.kill()


@pytest.fixture
def screen(browser: Browser, server: Server) -> Iterator[Page]:
    """Nobody has paired it: it was switched on and opened the wall's address."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, timezone_id="America/New_York")
    page = context.new_page()
    page.goto(f"{server.address}/wall")
    yield page
    context.close()


@pytest.fixture
def wall(screen: Page, house: House, server: Server) -> tuple[Page, int]:
    """A paired display that shows its wall and has heard its first orders, and its number.

    Once it is dark it stays so, for as long as the server does not seem to be up: to be looked at.
    """
    token, number = house.display()
    screen.route("**/healthz", lambda route: route.abort())
    screen.goto(f"{server.address}/wall?token={token}")
    expect(screen.locator("#total")).to_have_text("100")
    screen.wait_for_function("() => quanqing.isDisplay && document.getElementById('wall-name')")
    return screen, number


def told(house: House, number: int, order: str, *args: object, ago: timedelta = timedelta()) -> None:
    with write(house.engine) as conn:
        getattr(orders, order)(conn, number, *args, by="duty", now=datetime.now(UTC) - ago)


def test_a_screen_is_paired_from_the_desk_and_goes_to_its_wall_by_itself(
    browser: Browser, screen: Page, server: Server, house: House
):
    faults: list[str] = []
    screen.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    screen.on("pageerror", lambda error: faults.append(str(error)))
    assert screen.url == f"{server.address}/pair"
    expect(screen.locator("#code")).to_have_text(re.compile(r"^[34679ACDEFGHJKMNPQRTWXY]{6}$"))
    code = str(screen.locator("#code").text_content())
    screen.reload()
    expect(screen.locator("#code")).to_have_text(code)
    desk = browser.new_page()
    desk.goto(f"{server.address}/login?next=/displays")
    desk.get_by_label("账号").fill("duty")
    desk.get_by_label("密码").fill(PASSWORD)
    desk.get_by_role("button", name="登录").click()
    desk.get_by_label("配对码").fill(f"{code[:3]} {code[3:]}".lower())
    desk.get_by_label("名称").fill("三楼指挥大厅")
    desk.get_by_role("button", name="配对", exact=True).click()
    expect(screen.locator("#total")).to_have_text("100")
    assert screen.url == f"{server.address}/wall"
    (cookie,) = [c for c in screen.context.cookies() if c["name"] == "quanqing-display"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    expect(desk.locator("article", has_text="三楼指挥大厅")).to_contain_text("1920 × 1080")
    assert faults == []
    desk.close()


def test_a_code_stands_no_longer_than_it_is_good_for(screen: Page, server: Server):
    expect(screen.locator("#code")).to_have_attribute("data-state", "shown")
    screen.clock.install()
    screen.route(
        "**/pair", lambda route: route.abort() if route.request.method == "POST" else route.fallback()
    )
    screen.reload()
    screen.clock.run_for(20_000)
    expect(screen.locator("#state")).to_have_text("连接中断，正在重试")
    screen.unroute("**/pair")
    screen.clock.run_for(20_000)
    expect(screen.locator("#code")).to_have_attribute("data-state", "shown")
    screen.route("**/pair", lambda route: route.abort())
    expect(screen.locator("#state")).to_have_text("连接中断，正在重试")  # no code is on its way any more
    screen.clock.run_for(11 * 60_000)
    expect(screen.locator("#code")).to_have_text("")


def test_a_display_that_is_asked_for_its_name_shows_it_as_text(wall: tuple[Page, int], house: House):
    page, number = wall
    told(house, number, "rename", "<b>一楼</b>")
    told(house, number, "identify")
    expect(page.locator("#wall-name")).to_be_visible()
    expect(page.locator("#wall-name b")).to_have_text("<b>一楼</b>")
    expect(page.locator("#wall-name")).to_contain_text("1920 × 1080")
    told(house, number, "identify", ago=IDENTIFIED_FOR - timedelta(seconds=3))
    expect(page.locator("#wall-name")).to_be_hidden()


def test_a_display_loads_anew_once_when_told_to(wall: tuple[Page, int], house: House):
    page, number = wall
    page.evaluate("window.mark = 1")
    told(house, number, "reload")
    page.wait_for_function("() => window.mark === undefined")
    expect(page.locator("#total")).to_have_text("100")
    page.evaluate("window.mark = 2")
    told(house, number, "pin_scene", "trust")
    page.wait_for_function("() => quanqing.pin === 'trust'")
    assert page.evaluate("window.mark") == 2


def test_a_display_is_told_how_large_it_is_and_reports_how_it_is(wall: tuple[Page, int], house: House):
    page, number = wall
    told(house, number, "set_screen", orders.Screen(inches=110, metres=3))
    page.wait_for_function("() => document.documentElement.dataset.reach === 'near'")
    page.wait_for_function("() => quanqing.screen.inch === 110")
    until(page, lambda: reported(house, number) is not None)
    report = reported(house, number)
    assert report is not None
    assert (report.width_px, report.height_px, report.pixel_ratio, report.build) == (1920, 1080, 1, BUILD)
    assert report.heap_bytes is None or report.heap_bytes > 0


def reported(house: House, number: int) -> Report | None:
    with read(house.engine) as conn:
        return next(d.report for d in fleet(conn) if d.display_id == number)


def is_dark(page: Page) -> None:
    expect(page.locator("#wall-dark")).to_be_visible()
    assert page.locator("#total").is_hidden()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('quanqing-'))") == []


def test_a_revoked_display_is_dark_within_ten_seconds_and_can_be_paired_anew(
    wall: tuple[Page, int], house: House, server: Server
):
    page, number = wall
    page.wait_for_function("() => localStorage.getItem('quanqing-snapshot')")
    since = time.monotonic()
    told(house, number, "revoke")
    is_dark(page)
    assert time.monotonic() - since < DARK_WITHIN_S
    page.unroute("**/healthz")
    expect(page.locator("#why")).to_have_text("此屏已停用，可重新配对")
    expect(page.locator("#code")).to_have_attribute("data-state", "shown")
    page.goto(f"{server.address}/wall")
    assert page.url == f"{server.address}/pair"


def test_what_a_browser_was_about_to_keep_is_not_kept_once_the_screen_is_dark(
    wall: tuple[Page, int], house: House
):
    page, number = wall
    page.evaluate("window.requestIdleCallback = (work) => { window.whenIdle = work; }")
    house.picture(2, total="100", other="news")
    page.wait_for_function("() => window.whenIdle")
    told(house, number, "revoke")
    is_dark(page)
    page.evaluate("whenIdle()")
    is_dark(page)


def test_a_revoked_display_is_dark_also_where_no_stream_gets_through(wall: tuple[Page, int], house: House):
    page, number = wall
    page.route("**/api/v1/stream*", lambda route: route.abort())
    clock = PageClock(page)
    page.reload()
    clock.run_until("document.getElementById('total')?.textContent === '100'", within_ms=LOADED_WITHIN_MS)
    clock.run_until("quanqing.isDisplay", within_ms=LOADED_WITHIN_MS)
    told(house, number, "revoke")
    time.sleep(FRESH_S)  # for so long the process may remember it; the page stands still meanwhile
    clock.run_until("document.getElementById('wall-dark') !== null", within_ms=DARK_WITHIN_MS)
    is_dark(page)


def test_a_display_revoked_before_its_page_heard_anything_is_dark_too(wall: tuple[Page, int], house: House):
    page, number = wall
    page.wait_for_function("() => localStorage.getItem('quanqing-display') === '1'")
    page.route("**/api/v1/stream*", lambda route: route.abort())
    page.route("**/api/v1/display", lambda route: route.abort())  # nor is it told when it reports
    page.reload()
    expect(page.locator("#total")).to_have_text("100")
    assert page.evaluate("quanqing.isDisplay") is None, "no order has come yet"
    told(house, number, "revoke")
    time.sleep(FRESH_S)  # for so long the process may remember it
    page.unroute("**/api/v1/display")
    page.evaluate("quanqing.onRefused()")
    is_dark(page)


def test_an_outage_or_a_proxys_refusal_makes_nothing_dark(wall: tuple[Page, int]):
    page, _ = wall
    reports: list[Request] = []
    page.on(
        "requestfinished", lambda asked: reports.append(asked) if asked.url.endswith("/display") else None
    )
    page.route("**/api/**", lambda route: route.fulfill(status=401, content_type="text/html", body="请登录"))

    def has_reported_again() -> bool:  # once the answer to the first report was looked at
        page.evaluate("quanqing.onRefused()")
        return len(reports) > 1

    until(page, has_reported_again)
    assert page.locator("#wall-dark").count() == 0
    expect(page.locator("#total")).to_have_text("100")


def test_a_persons_page_reports_nothing(browser: Browser, server: Server, house: House):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    page.context.add_cookies([{"name": "quanqing-session", "value": house.session(), "url": server.address}])
    page.goto(f"{server.address}/wall")
    page.clock.resume()
    expect(page.locator("#total")).to_have_text("100")
    page.wait_for_function(
        "() => quanqing.isDisplay === false"
    )  # the figures may be there before the first hint
    page.clock.fast_forward(120_000)
    page.wait_for_timeout(1_000)
    assert [url for url in asked if url.endswith("/api/v1/display")] == []
    page.close()
