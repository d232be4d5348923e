"""A screen while the server behind it comes and goes, or cannot read: assets/live.js in a real browser."""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE_MS
from tests.dashboard.conftest import BUILD, House
from tests.dashboard.little_house import Server
from tests.dashboard.live.conftest import set_lease, show
from tests.page_clock import PageClock

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BACK_WITHIN_MS, WORDS_WITHIN_MS = 6_000, 15_000  # of the page's clock: what is promised
LOADED_WITHIN_MS = 60_000
SHOWN = "document.getElementById('{}')?.textContent === '{}'"
MINUTE_LATER = (
    "() => { const was = performance.now.bind(performance); performance.now = () => was() + 61_000; }"
)
"""For this document alone: Playwright's clock would tell the next one, too, that it is a minute old."""
WAL_LOCKS_AT, WAL_LOCKS = 120, 8  # https://sqlite.org/walformat.html: the lock bytes of the index


def test_a_killed_server_leaves_the_picture_marks_it_and_comes_back(
    screen: Page, server: Server, house: House
):
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")
    server.kill()
    assert re.fullmatch(r"画面已 1\d 秒未更新", _first_words_of_age(screen))
    expect(screen.locator("#wall-stale")).to_be_visible()
    expect(screen.locator("#total")).to_have_text("100")
    expect(screen.locator("#wall-connection")).to_have_text("连接中断，正在重连")
    show(house, total="200")
    server.start()
    expect(screen.locator("#total")).to_have_text("200")
    expect(screen.locator("#wall-stale")).to_be_hidden()
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")


def _first_words_of_age(screen: Page) -> str:
    """As they are first seen in the page: looked at from here they may be seconds older."""
    seen = """() => { const mark = document.getElementById("wall-stale");
                       return mark && mark.checkVisibility() && mark.innerText; }"""
    return str(screen.wait_for_function(seen).json_value())


def test_asked_to_stop_the_server_ends_by_itself_with_a_screen_open(screen: Page, server: Server, log: Path):
    assert server.stop() == 0
    assert "timeout graceful shutdown exceeded" not in log.read_text()


def test_an_outage_of_eight_seconds_is_hardly_noticed(screen: Page, server: Server, house: House):
    server.kill()
    screen.wait_for_timeout(8000)
    expect(screen.locator("#total")).to_have_text("100")
    show(house, total="200")
    server.start()
    expect(screen.locator("#total")).to_have_text("200")
    expect(screen.locator("#wall-stale")).to_be_hidden()


LONG_OUTAGES = {"four minutes": (240, "画面已 4 分钟未更新"), "a day": (86_400, "画面已 24 小时未更新")}


@pytest.mark.parametrize("how_long", LONG_OUTAGES)
def test_after_a_long_outage_the_wall_comes_back_by_itself(
    screen: Page, server: Server, house: House, how_long: str
):
    """On the page's own clock, moved by hand: a busy machine makes no difference."""
    seconds, words = LONG_OUTAGES[how_long]
    clock = PageClock(screen)
    screen.reload()
    clock.run_until(SHOWN.format("total", "100"), within_ms=LOADED_WITHIN_MS)
    clock.run_until(SHOWN.format("wall-connection", "实时连接"), within_ms=LOADED_WITHIN_MS)
    server.kill()
    screen.clock.run_for(WORDS_WITHIN_MS)
    expect(screen.locator("#wall-stale")).to_have_text(re.compile(r"画面已 1\d 秒未更新"))
    for _ in range(3):  # asleep in between, as a screen that was switched off
        screen.clock.fast_forward(seconds * 1000 // 3)
        screen.clock.run_for(BACK_WITHIN_MS)
    expect(screen.locator("#wall-stale")).to_have_text(words)
    expect(screen.locator("#total")).to_have_text("100")
    show(house, total="200")
    server.start()
    clock.run_until(SHOWN.format("total", "200"), within_ms=BACK_WITHIN_MS)
    screen.clock.run_for(500)
    expect(screen.locator("#wall-stale")).to_be_hidden()
    screen.clock.resume()


def test_a_worker_process_killed_beside_another_is_hardly_noticed(
    browser: Browser, house: House, running: Server
):
    both = Server(running.environ | {"LITTLE_BUILD": BUILD}, workers=2)
    set_lease(house, timedelta(hours=1))
    show(house, total="100")
    both.start()
    page = browser.new_page()
    try:
        page.goto(f"{both.address}/wall?token={house.display()[0]}")
        expect(page.locator("#total")).to_have_text("100")
        for total in ("200", "300"):  # whichever of the two held the line, it is among them
            before = _workers(both)
            before[0].kill()
            show(house, total=total)
            expect(page.locator("#total")).to_have_text(total)
            _until_two_again(both, before[0].pid)
        expect(page.locator("#wall-stale")).to_be_hidden()
    finally:
        page.close()
        both.kill()


def _workers(server: Server) -> list[psutil.Process]:
    """The oldest first; not the tracker Python starts beside them, and not one that is dead and not yet buried."""
    children = psutil.Process(server.pid).children()
    return sorted(filter(_is_at_work, children), key=lambda child: child.create_time())


def _is_at_work(child: psutil.Process) -> bool:
    try:
        return "resource_tracker" not in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # a zombie is one of these
        return False


def _until_two_again(server: Server, gone: int) -> None:
    end = time.monotonic() + PATIENCE_MS / 1000
    while len(alive := [w for w in _workers(server) if w.pid != gone]) < 2:
        assert time.monotonic() < end, alive
        time.sleep(0.1)


def test_a_locked_database_is_waited_for_and_its_age_is_told(screen: Page, house: House):
    """Locked against readers too, as no program should: the picture stays, says how old it is, and goes on."""
    vouched = time.monotonic()
    show(house, total="150")
    expect(screen.locator("#total")).to_have_text("150")
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")
    with _locked(house):
        assert re.fullmatch(r"画面已 1\d 秒未更新", _first_words_of_age(screen))
        assert time.monotonic() - vouched > 10, "marked too soon"
        expect(screen.locator("#total")).to_have_text("150")
    show(house, total="200")
    expect(screen.locator("#total")).to_have_text("200")
    expect(screen.locator("#wall-stale")).to_be_hidden()
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")


@contextmanager
def _locked(house: House) -> Iterator[None]:
    """The locks of SQLite's write-ahead index, all of them: nobody begins to read or to write."""
    with Path(f"{house.engine.url.database}-shm").open("r+b") as index:
        fcntl.lockf(index, fcntl.LOCK_EX, WAL_LOCKS, WAL_LOCKS_AT)
        yield
        fcntl.lockf(index, fcntl.LOCK_UN, WAL_LOCKS, WAL_LOCKS_AT)


def test_a_screen_restarted_without_data_shows_the_last_picture_marked_old(screen: Page):
    screen.context.route("**/api/**", lambda route: route.abort())
    screen.reload()
    expect(screen.locator("#total")).to_have_text("100")
    expect(screen.locator("#wall-stale")).to_be_visible()
    expect(screen.locator("#wall-connection")).to_have_text("连接中断，正在重连")
    screen.context.unroute("**/api/**")
    expect(screen.locator("#wall-stale")).to_be_hidden()
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")


def test_a_page_that_was_cut_off_while_loading_loads_again(screen: Page):
    screen.route("**/_dash-component-suites/dash/dash-renderer/**", lambda route: route.abort())
    screen.reload()
    screen.wait_for_timeout(1500)
    assert screen.locator("#total").count() == 0
    screen.unroute("**/_dash-component-suites/dash/dash-renderer/**")
    screen.evaluate(MINUTE_LATER)
    expect(screen.locator("#total")).to_have_text("100")


def test_a_worker_that_stopped_is_told(screen: Page, house: House):
    set_lease(house, timedelta())
    expect(screen.locator("#wall-connection")).to_have_text("后台处理已停止")
