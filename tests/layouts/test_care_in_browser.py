"""A screen that hangs for months: it moves a little, it is dim at night, and it loads anew in the quiet hours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "assets"
CARE = (ASSETS / "care.js").read_text(encoding="utf-8")
SHEET = (ASSETS / "screen.css").read_text(encoding="utf-8")
PAGE = """<!DOCTYPE html><html><body style="margin: 0"><main class="wall" style="height: 100vh">
<div id="wall-connection" data-state="live"></div></main></body></html>"""
HOUR = 3600
DIM = [22 * 60, 6 * 60 + 30]


@pytest.fixture
def wall(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(60)  # or real time would go on beside what the tests let pass
    page.route(
        "http://wall.test/**", lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
    )
    page.goto("http://wall.test/wall")
    page.add_style_tag(content=SHEET)
    page.evaluate(f"{CARE};0")
    yield page
    context.close()


def told(page: Page, hour: float, dim: list[int] | None = DIM) -> None:
    """The server says what time it is in Shanghai."""
    page.evaluate("(told) => quanqing.care(told)", {"day_s": hour * HOUR, "dim": dim})


def is_dim(page: Page) -> bool:
    page.clock.run_for(6_000)
    return not page.evaluate("document.getElementById('wall-dim').hidden")


def minutes_pass(page: Page, count: int) -> None:
    page.clock.fast_forward(count * 60_000)
    page.clock.run_for(6_000)


def test_the_picture_moves_by_whole_pixels_never_far_and_everywhere(wall: Page):
    seen = set()
    for _ in range(40):
        minutes_pass(wall, 1)
        seen.add(wall.evaluate("document.querySelector('.wall').style.translate"))
    places = [tuple(float(part.removesuffix("px")) for part in f"{place} 0px".split()[:2]) for place in seen]
    assert len(places) > 25
    assert all(x == round(x) and y == round(y) for x, y in places)
    assert {max(abs(x) for x, _ in places), max(abs(y) for _, y in places)} == {8, 6}
    assert wall.evaluate("document.documentElement.scrollWidth") == 1920
    assert wall.evaluate("document.documentElement.scrollHeight") <= 1080


@pytest.mark.parametrize(
    ("hour", "dim", "dark"),
    [(21.9, DIM, False), (22, DIM, True), (0, DIM, True), (6.4, DIM, True), (6.6, DIM, False),
     (13, DIM, False), (1, None, False), (13, [720, 840], True), (14, [720, 840], False)],
)  # fmt: skip
def test_it_is_dim_in_its_hours_over_midnight_too(wall: Page, hour: float, dim: list[int] | None, dark: bool):
    told(wall, hour, dim)
    assert is_dim(wall) is dark


def test_the_hour_comes_by_itself_and_what_is_pinned_is_not_dimmed(wall: Page):
    told(wall, 21)
    assert not is_dim(wall)
    minutes_pass(wall, 61)
    assert is_dim(wall)
    wall.evaluate("quanqing.pinned = 'opinion'")
    assert not is_dim(wall)
    wall.evaluate("quanqing.pinned = null")
    assert is_dim(wall)


def night(page: Page, prepare: str) -> bool:
    """Whether the page is loaded anew in one night after a whole day."""
    told(page, 9)
    page.evaluate(f"{prepare};0")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    minutes_pass(page, 17 * 60)
    assert loaded == [], "not before three"
    for _ in range(21):
        page.clock.fast_forward(10 * 60_000)
        with contextlib.suppress(Error):  # the page may be replaced under the clock
            page.clock.run_for(6_000)
        if loaded:
            return True
    return False


def test_it_loads_anew_once_a_night(wall: Page):
    assert night(wall, "0")


@pytest.mark.parametrize(
    "busy",
    [
        "quanqing.pinned = 'launch'",
        "quanqing.pinned = 'opinion'",
        "quanqing.pin = 'launch'; quanqing.scene = 'launch'",
        "document.getElementById('wall-connection').dataset.state = 'down'",
    ],
)
def test_never_while_something_is_pinned_or_the_line_is_down(wall: Page, busy: str):
    assert not night(wall, busy)


def test_a_page_that_is_young_is_left_alone(wall: Page):
    told(wall, 2)
    wall.evaluate("window.mark = 1")
    for _ in range(20):
        minutes_pass(wall, 10)
    assert wall.evaluate("window.mark") == 1


def test_without_the_servers_time_there_is_no_night(wall: Page):
    for _ in range(30):
        minutes_pass(wall, 60)
    assert wall.evaluate("document.getElementById('wall-dim').hidden")
