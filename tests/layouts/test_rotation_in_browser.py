"""Scenes take turns, a pin holds one and lets go where the rotation was, and nothing is drawn again for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROTATION = (Path(__file__).parents[2] / "assets" / "rotation.js").read_text(encoding="utf-8")
SCENES = ("overview", "launch", "trust")
PAGE = f"""<!DOCTYPE html><html data-wall="1"><body>
<b id="scene-name"></b><i id="scene-question"></i><div id="scene-dots"></div><div id="scene-pin"></div>
{"".join(f'<section class="scene" data-scene="{s}">{s}</section>' for s in SCENES)}
<div id="scene-plan" hidden></div></body></html>"""


def plan(pin: dict[str, str] | None = None, *, dwell_s: int = 10) -> str:
    scenes = [{"id": s, "name": s.upper(), "question": f"{s}?", "dwell_s": dwell_s} for s in SCENES]
    return json.dumps({"scenes": scenes, "pin": pin})


@pytest.fixture
def wall(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(60)  # or real time would go on beside what the tests let pass
    page.route(
        "http://wall.test/**", lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
    )
    yield page
    context.close()


def opened(page: Page, query: str = "", *, first: str | None = None) -> Page:
    page.goto(f"http://wall.test/wall{query}")
    page.evaluate(ROTATION)
    tell(page, first or plan())
    return page


def tell(page: Page, text: str) -> None:
    page.evaluate("(text) => { document.getElementById('scene-plan').dataset.plan = text; }", text)
    page.clock.run_for(300)


def shown(page: Page) -> str:
    (found,) = page.evaluate("[...document.querySelectorAll('.scene.shown')].map((e) => e.dataset.scene)")
    return str(found)


def test_scenes_take_turns_each_for_its_own_time(wall: Page):
    opened(wall)
    seen = []
    for _ in range(4):
        seen.append(shown(wall))
        wall.clock.run_for(10_000)
    assert seen == ["overview", "launch", "trust", "overview"]


def test_the_head_says_which_scene_it_is_and_the_foot_how_many_there_are(wall: Page):
    opened(wall)
    assert wall.inner_text("#scene-name") == "OVERVIEW"
    assert wall.inner_text("#scene-question") == "overview?"
    dots = wall.evaluate("[...document.querySelectorAll('#scene-dots i')].map((e) => e.className)")
    assert dots == ["on", "", ""]
    assert wall.inner_text("#scene-pin") == ""


def test_a_pin_holds_its_scene_says_why_and_gives_the_rotation_back(wall: Page):
    opened(wall)
    wall.clock.run_for(10_000)
    assert shown(wall) == "launch"
    tell(wall, plan({"scene": "trust", "why": "红色预警"}))
    wall.clock.run_for(60_000)
    assert shown(wall) == "trust"
    assert wall.inner_text("#scene-pin") == "■ 红色预警"
    tell(wall, plan())
    assert shown(wall) == "launch", "where it was"
    assert wall.inner_text("#scene-pin") == ""
    wall.clock.run_for(10_000)
    assert shown(wall) == "trust"


def test_a_display_may_be_pinned_by_its_address_before_all_else(wall: Page):
    opened(wall, "?scene=launch", first=plan({"scene": "trust", "why": "红色预警"}))
    wall.clock.run_for(30_000)
    assert shown(wall) == "launch"
    assert wall.inner_text("#scene-pin") == "■ 单屏指定"


@pytest.mark.parametrize("query", ["?scene=counties", "?scene=", "?scene=%3Cb%3E"])
def test_a_scene_that_is_not_there_pins_nothing(wall: Page, query: str):
    opened(wall, query)
    assert shown(wall) == "overview"
    tell(wall, plan({"scene": "nowhere", "why": "x"}))
    wall.clock.run_for(10_000)
    assert shown(wall) == "launch"


def test_a_plan_that_cannot_be_read_leaves_the_last_good_one(wall: Page):
    opened(wall)
    tell(wall, "{")
    wall.clock.run_for(10_000)
    assert shown(wall) == "launch"


def test_a_thousand_turns_leave_as_many_elements_as_there_were(wall: Page):
    opened(wall, first=plan(dwell_s=5))
    before = wall.evaluate("document.querySelectorAll('*').length")
    wall.evaluate("window.first = document.querySelector('[data-scene=launch]')")
    wall.clock.run_for(5_000_000)
    assert wall.evaluate("document.querySelectorAll('*').length") == before
    assert wall.evaluate("window.first === document.querySelector('[data-scene=launch]')"), (
        "never mounted again"
    )
