"""What a screen shows while the server behind it comes and goes: assets/live.js in a real browser."""

from __future__ import annotations

import fcntl
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from dashboard.entry.visitors import DISPLAY_COOKIE
from dashboard.live.stream import WORKER_LEASE
from domain.campaign import Campaign
from store.engine import read, write
from store.queries.news import read_news
from store.writes.displays import revoke
from store.writes.leases import take_lease
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, PASSWORD, House, open_house
from tests.dashboard.little_house import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_MS = 30_000  # how long what must come may take on a busy machine: no measure of how fast it is
expect.set_options(timeout=PATIENCE_MS)

BACK_WITHIN_MS, WORDS_WITHIN_MS, STEP_MS = 6_000, 15_000, 250  # of the page's clock: what is promised
WAL_LOCKS_AT, WAL_LOCKS = 120, 8  # https://sqlite.org/walformat.html: the lock bytes of the index

CLOCK = "2022-10-28T23:59:00+08:00@1 since {since}"


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("live"), migrated_sqlite, small_campaign)
    opened.now.moment = datetime.now(UTC)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def running(house: House) -> Iterator[Server]:
    """One web process for all tests here: starting it takes longer than most of them."""
    server = Server(
        {
            "QUANQING_DATABASE_URL": house.settings.database_url,
            "QUANQING_DATA_DIR": str(house.settings.data_dir),
            "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
            "QUANQING_SECRET_KEY": house.settings.secret_key,
            "QUANQING_PASSWORD_DAYS": "0",  # the account is as old as the house's clock
            "QUANQING_CLOCK": CLOCK.format(since=f"{time.time():.3f}"),
        }
    )
    yield server
    server.kill()


@pytest.fixture
def server(running: Server, house: House) -> Server:
    """Up, and a worker at work."""
    _set_lease(house, timedelta(hours=1))
    if not running.is_up:
        running.start(LITTLE_BUILD=BUILD)
    return running


@pytest.fixture
def screen(browser: Browser, server: Server, house: House) -> Iterator[Page]:
    """A paired screen in New York that has opened its wall and shows 100."""
    _show(house, total="100")
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, timezone_id="America/New_York", locale="en-US"
    )
    page = context.new_page()
    page.goto(f"{server.address}/wall?token={house.display()[0]}")
    expect(page.locator("#total")).to_have_text("100")
    yield page
    context.close()


def _show(house: House, *, made_at: datetime | None = None, **values: object) -> None:
    """The next version of the city's picture."""
    with read(house.engine) as conn:
        newest = read_news(conn, lease="worker").versions.get(house.city, 0)
    house.picture(newest + 1, made_at=made_at, **values)


def _set_lease(house: House, lasts: timedelta) -> None:
    with write(house.engine) as conn:
        take_lease(conn, WORKER_LEASE, holder="w", now=datetime.now(UTC), lasts=lasts)


def test_a_wall_opens_follows_and_asks_nobody_else(browser: Browser, server: Server, house: House):
    _show(house, total="100")
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
    _show(house, total="200")
    expect(page.locator("#total")).to_have_text("200", timeout=PATIENCE_MS)
    expect(page.locator("#wall-stale")).to_be_hidden()
    assert [url for url in asked if not url.startswith(server.address)] == []
    assert said == []
    page.close()


def test_only_what_changed_is_set_again(screen: Page, house: House):
    screen.evaluate("""() => {
      window.calls = [];
      const draw = quanqing.draw;
      quanqing.draw = (id, props) => { calls.push([id, props]); return draw(id, props); };
    }""")
    _show(house, total="100", other="not on this page")
    screen.wait_for_function("() => calls.length > 0")
    _show(house, total="300", other="not on this page")
    expect(screen.locator("#total")).to_have_text("300")
    ids = [id for id, _ in screen.evaluate("calls") if id == "total"]
    assert ids == ["total"]


def test_a_killed_server_leaves_the_picture_marks_it_and_comes_back(
    screen: Page, server: Server, house: House
):
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")
    server.kill()
    killed = time.monotonic()
    expect(screen.locator("#wall-stale")).to_be_visible(timeout=PATIENCE_MS)
    assert (
        6 < time.monotonic() - killed < 17
    )  # twelve seconds after the last sign of life, which is up to five old
    assert re.fullmatch(r"画面已 1\d 秒未更新", screen.locator("#wall-stale").inner_text())
    expect(screen.locator("#total")).to_have_text("100")
    expect(screen.locator("#wall-connection")).to_have_text("连接中断，正在重连")
    _show(house, total="200")
    server.start()
    back = time.monotonic()
    expect(screen.locator("#total")).to_have_text("200", timeout=PATIENCE_MS)
    expect(screen.locator("#wall-stale")).to_be_hidden()
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")
    assert time.monotonic() - back < 8


def test_asked_to_stop_the_server_ends_at_once_with_a_screen_open(screen: Page, server: Server):
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 1.9  # two seconds is when uvicorn loses patience


def test_an_outage_of_eight_seconds_is_hardly_noticed(screen: Page, server: Server, house: House):
    server.kill()
    screen.wait_for_timeout(8000)
    expect(screen.locator("#total")).to_have_text("100")
    _show(house, total="200")
    server.start()
    expect(screen.locator("#total")).to_have_text("200", timeout=PATIENCE_MS)
    expect(screen.locator("#wall-stale")).to_be_hidden()


LONG_OUTAGES = {"four minutes": (240, "画面已 4 分钟未更新"), "a day": (86_400, "画面已 24 小时未更新")}


@pytest.mark.parametrize("how_long", LONG_OUTAGES)
def test_after_a_long_outage_the_wall_comes_back_by_itself(
    screen: Page, server: Server, house: House, how_long: str
):
    """On the page's own clock, moved by hand: a busy machine makes no difference."""
    seconds, words = LONG_OUTAGES[how_long]
    screen.clock.install()
    screen.reload()
    expect(screen.locator("#total")).to_have_text("100")
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")
    server.kill()
    _pause(screen)
    screen.clock.run_for(WORDS_WITHIN_MS)
    expect(screen.locator("#wall-stale")).to_have_text(re.compile(r"画面已 1\d 秒未更新"))
    for _ in range(3):  # asleep in between, as a screen that was switched off
        screen.clock.fast_forward(seconds * 1000 // 3)
        screen.clock.run_for(BACK_WITHIN_MS)
    expect(screen.locator("#wall-stale")).to_have_text(words)
    expect(screen.locator("#total")).to_have_text("100")
    _show(house, total="200")
    server.start()
    waited_ms = _run_until(screen, "() => document.querySelector('#total').textContent === '200'")
    assert waited_ms <= BACK_WITHIN_MS
    screen.clock.run_for(500)
    expect(screen.locator("#wall-stale")).to_be_hidden()
    screen.clock.resume()


def _pause(screen: Page) -> None:
    screen.clock.pause_at(screen.evaluate("Date.now()") / 1000 + 0.5)


def _run_until(screen: Page, true: str) -> int:
    """Move the page's clock in small steps, leaving the network its time between them; ms of the page until then."""
    for step in range(0, 4 * BACK_WITHIN_MS, STEP_MS):
        for _ in range(5):
            if screen.evaluate(true):
                return step
            time.sleep(0.02)  # the page's own timers stand still: an answer under way is all that can come
        screen.clock.run_for(STEP_MS)
    raise AssertionError(f"not within {4 * BACK_WITHIN_MS} ms of the page: {true}")


def test_a_worker_process_killed_beside_another_is_hardly_noticed(
    browser: Browser, house: House, running: Server
):
    both = Server(running.environ | {"LITTLE_BUILD": BUILD}, workers=2)
    _set_lease(house, timedelta(hours=1))
    _show(house, total="100")
    both.start()
    page = browser.new_page()
    try:
        page.goto(f"{both.address}/wall?token={house.display()[0]}")
        expect(page.locator("#total")).to_have_text("100")
        for total in ("200", "300"):  # whichever of the two held the line, it is among them
            before = _workers(both)
            before[0].kill()
            _show(house, total=total)
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
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")
    with _locked(house):
        locked = time.monotonic()
        expect(screen.locator("#wall-stale")).to_be_visible()
        assert re.fullmatch(r"画面已 1\d 秒未更新", screen.locator("#wall-stale").inner_text())
        expect(screen.locator("#total")).to_have_text("100")
        assert time.monotonic() - locked > 10
    _show(house, total="200")
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


def test_after_the_first_picture_only_changes_come_and_what_is_kept_is_whole(screen: Page, house: House):
    answers = []
    screen.on("response", lambda answer: answers.append(answer) if "/snapshot" in answer.url else None)
    _show(house, total="100", other="stays")
    screen.wait_for_function("() => localStorage['quanqing-snapshot'].includes('stays')")
    answers.clear()
    _show(house, total="300", other="stays")
    expect(screen.locator("#total")).to_have_text("300")
    (changes,) = [answer.json() for answer in answers if answer.status == 200]
    assert changes["values"] == {"total": {"children": "300"}}
    kept = screen.evaluate("JSON.parse(JSON.parse(localStorage['quanqing-snapshot']).text)")
    assert kept["values"] == {"total": {"children": "300"}, "other": {"children": "stays"}}
    assert "since" not in kept


def test_changes_to_another_picture_are_not_taken_and_the_whole_is_asked_for(screen: Page, house: House):
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if "since=" not in route.request.url:
            route.continue_()
            return
        values = {"total": {"children": "falsch"}}
        body = {"version": 10**6, "since": 1, "scope": house.city, "build": BUILD, "values": values}
        route.fulfill(json=body)

    screen.route("**/api/v1/snapshot*", answer)
    _show(house, total="400")
    expect(screen.locator("#total")).to_have_text("400")
    assert "since=" in asked[0]
    screen.unroute("**/api/v1/snapshot*")


def test_scenes_that_wait_their_turn_are_drawn_after_what_is_seen(screen: Page, house: House):
    screen.evaluate("""() => {
      for (const [name, isOn] of [["seen", true], ["waiting", false]]) {
        const scene = document.createElement("section");
        scene.className = isOn ? "scene shown" : "scene";
        scene.innerHTML = `<p id="${name}"></p>`;
        document.body.append(scene);
      }
      window.order = [];
      quanqing.draw = (id) => order.push(id);
    }""")
    _show(house, waiting="1", seen="1", total="300")
    screen.wait_for_function("() => order.includes('waiting')")
    *seen, last = screen.evaluate("order")
    assert (sorted(seen), last) == (["seen", "total"], "waiting")


def test_a_new_build_reloads_the_page_once(screen: Page, server: Server, house: House):
    screen.evaluate("window.mark = 1")
    server.kill()
    screen.wait_for_timeout(500)
    assert screen.evaluate("window.mark") == 1  # not while nobody answers
    server.start(LITTLE_BUILD="another00000")
    screen.wait_for_function("() => window.mark === undefined", timeout=PATIENCE_MS)
    expect(screen.locator("#total")).to_have_text("100")
    screen.evaluate("window.mark = 2")
    _show(house, total="200")
    expect(screen.locator("#total")).to_have_text("200")
    assert screen.evaluate("window.mark") == 2


BAD_ANSWERS = {
    "a proxy's sign-in page": {"status": 200, "content_type": "text/html", "body": "<html>请登录</html>"},
    "half a document": {
        "status": 200,
        "content_type": "application/json",
        "body": '{"version":2,"values":{"to',
    },
    "another document": {"status": 200, "content_type": "application/json", "body": '{"version":"2"}'},
    "null": {"status": 200, "content_type": "application/json", "body": "null"},
    "a gateway's error": {"status": 502, "body": "Bad Gateway"},
    "no answer": None,
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_a_bad_answer_changes_nothing_on_the_screen(screen: Page, house: House, kind: str):
    faults, thrown = [], []
    screen.on("pageerror", lambda error: thrown.append(str(error)))

    def answer(route: Route) -> None:
        faults.append(route.request.url)
        route.abort() if BAD_ANSWERS[kind] is None else route.fulfill(**BAD_ANSWERS[kind])

    screen.route("**/api/v1/snapshot*", answer)
    _show(house, total="200")
    screen.wait_for_timeout(1500)
    assert faults
    expect(screen.locator("#total")).to_have_text("100")
    screen.unroute("**/api/v1/snapshot*")
    expect(screen.locator("#total")).to_have_text("200", timeout=PATIENCE_MS)
    assert thrown == []


def test_a_screen_restarted_without_data_shows_the_last_picture_marked_old(screen: Page):
    screen.context.route("**/api/**", lambda route: route.abort())
    screen.reload()
    expect(screen.locator("#total")).to_have_text("100")
    expect(screen.locator("#wall-stale")).to_be_visible()
    expect(screen.locator("#wall-connection")).to_have_text("连接中断，正在重连")
    screen.context.unroute("**/api/**")
    expect(screen.locator("#wall-stale")).to_be_hidden(timeout=PATIENCE_MS)
    expect(screen.locator("#wall-connection")).to_have_text("实时连接")


def test_a_page_that_was_cut_off_while_loading_loads_again(screen: Page):
    screen.clock.install()
    screen.route("**/_dash-component-suites/dash/dash-renderer/**", lambda route: route.abort())
    screen.reload()
    screen.wait_for_timeout(1500)
    assert screen.locator("#total").count() == 0
    screen.unroute("**/_dash-component-suites/dash/dash-renderer/**")
    screen.clock.fast_forward(61_000)
    expect(screen.locator("#total")).to_have_text("100")


def test_a_worker_that_stopped_is_told(screen: Page, house: House):
    _set_lease(house, timedelta())
    expect(screen.locator("#wall-connection")).to_have_text("后台处理已停止", timeout=PATIENCE_MS)


def test_a_past_moment_is_shown_as_such_and_stands_still(screen: Page, server: Server, house: House):
    _show(house, made_at=datetime(2022, 10, 28, 1, 4, 5, tzinfo=UTC), total="九点")
    _show(house, total="现在")
    screen.goto(f"{server.address}/wall?at=2022-10-28T09:05")
    expect(screen.locator("#wall-connection")).to_have_text("历史回放")
    expect(screen.locator("#wall-clock")).to_have_text("09:04:05")
    expect(screen.locator("#wall-stale")).to_be_hidden()


def test_charts_are_scaled_and_scaled_again_when_the_window_changes(screen: Page, house: House):
    _show(house, curve={"figure": {"data": [{"y": [1, 2, 3]}], "layout": {"font": {"size": 20}}}})
    size = "() => document.querySelector('#curve .js-plotly-plot')?.layout?.font?.size"
    screen.wait_for_function(f"{size} === 20")
    screen.set_viewport_size({"width": 3840, "height": 2160})
    screen.wait_for_function(f"{size} === 40")


def test_a_person_signs_in_and_sees_the_wall(browser: Browser, server: Server, house: House):
    _show(house, total="100")
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
    _show(house, total="100")
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
