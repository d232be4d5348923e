"""Every scene as a browser draws it, at five sizes, with five kinds of data: nothing cut, covered, small or foreign."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from dashboard.headers import content_policy
from dashboard.live.dash_page import NOT_OF_THE_WALL
from dashboard.panels import wall_layout
from domain.scenes import Scene
from layouts import theme
from layouts.wall import county_map, county_ranks
from tests.layouts import pictures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASSETS = Path(__file__).parents[2] / "assets"
SIZES = {
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4K": (3840, 2160),
    "21:9": (2560, 1080),
    "2x2": (7680, 4320),
}
NEAR = "inch=110&metres=3"
"""Near enough for the overview's small sizes."""

APPLY = """(values) => {
  const k = quanqing.scale();
  for (const [id, props] of Object.entries(values)) {
    const scaled = props.figure ? {...props, figure: quanqing.scaleFigure(props.figure, k)} : props;
    quanqing.draw(id, scaled);
  }
}"""
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The real layout under the real content policy, without a server behind it."""
    app = Dash(
        __name__,
        assets_folder=str(ASSETS),
        assets_ignore=NOT_OF_THE_WALL,
        update_title=None,
    )
    app.index_string = app.index_string.replace("<html>", '<html lang="zh-CN" data-wall="1">')
    app.layout = wall_layout()
    policy = content_policy(app.csp_hashes())

    @app.server.after_request
    def guarded(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = policy
        return response

    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()


class Wall:
    """One open page, and what it complained of or asked elsewhere."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int], query: str = "") -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        ours = (address, "data:", "blob:")
        self.page.on("request", lambda q: None if q.url.startswith(ours) else self.faults.append(q.url))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.goto(f"{address}?{query}")
        self.page.wait_for_selector("#foot")
        self.page.evaluate(
            "document.addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))"
        )
        self.page.evaluate(LOOK)

    def show(self, values: dict[str, Any]) -> None:
        live = {
            "wall-clock": {"children": "23:58:58"},
            "wall-date": {"children": "2022年12月28日 星期三"},
            "wall-connection": {"children": "实时连接", "data-state": "live"},
        }
        self.page.evaluate(APPLY, values | live)
        self.page.wait_for_selector("#county-ranks-figure .main-svg", state="attached")
        self.page.evaluate("document.fonts.ready")

    def scene(self, values: dict[str, Any], scene: Scene) -> None:
        """Switched as on a wall: by a pin in the plan."""
        plan = json.loads(values["scene-plan"]["data-plan"])
        plan["pin"] = {"scene": scene, "why": plan["pin"]["why"] if plan["pin"] else ""}
        self.page.evaluate(APPLY, {"scene-plan": {"data-plan": json.dumps(plan)}})
        self.page.wait_for_selector(f"#scene-{scene}.shown")
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.fixture(scope="module", params=SIZES)
def wall(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Wall]:
    opened = Wall(browser, address, SIZES[request.param])
    yield opened
    assert opened.faults == []
    opened.context.close()


def looked_at(
    wall: Wall, values: dict[str, Any], scenes: tuple[Scene, ...] = tuple(Scene)
) -> dict[str, list[Any]]:
    wall.show(values)
    found = {}
    for scene in scenes:
        wall.scene(values, scene)
        faults = wall.page.evaluate("quanqingLook()")
        if faults:
            found[str(scene)] = faults
    return found


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_no_scene_scrolls_cuts_covers_or_dims_a_word(wall: Wall, kind: str):
    assert looked_at(wall, pictures.values(kind)) == {}


@pytest.mark.parametrize("kind", ["full", "stale", "huge", "empty"])
def test_a_countys_own_wall_is_as_whole_as_the_citys(browser: Browser, address: str, kind: str):
    wall = Wall(browser, address, SIZES["1080p"])
    scenes = tuple(s for s in Scene if s is not Scene.COUNTIES)
    assert looked_at(wall, pictures.values(kind, scope="county"), scenes) == {}
    assert wall.faults == []
    wall.context.close()


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_a_near_screen_shows_the_whole_overview_smaller(browser: Browser, address: str, kind: str):
    wall = Wall(browser, address, SIZES["1080p"], NEAR)
    assert wall.page.evaluate("document.documentElement.dataset.reach") == "near"
    assert looked_at(wall, pictures.values(kind), (Scene.OVERVIEW,)) == {}
    assert wall.page.is_visible("#sector-mix")
    assert wall.faults == []
    wall.context.close()


@pytest.mark.parametrize("programmes", [3, 6, 10, 18, 22])
def test_a_city_of_few_counties_or_many_has_each_in_its_place(
    browser: Browser, address: str, programmes: int
):
    wall = Wall(browser, address, SIZES["1080p"])
    wall.show(pictures.values("full"))
    wall.page.evaluate(APPLY, pictures.counties_scene(programmes))
    wall.scene(pictures.values("full"), Scene.COUNTIES)
    assert wall.page.locator(".pace-cell").count() == programmes
    assert wall.page.evaluate("quanqingLook()") == []
    assert wall.faults == []
    wall.context.close()


def test_headlines_and_labels_can_be_read_from_five_metres(wall: Wall):
    """By the size the browser draws: digits of headlines 40 minutes of arc, everything else at least 20."""
    values = pictures.values("full")
    wall.show(values)
    size = wall.page.viewport_size
    assert size
    screen = (round(size["height"] * 16 / 9), size["height"])  # as tall as the 65-inch screen that is assumed
    smallest, digits = {}, {}
    for scene in Scene:
        wall.scene(values, scene)
        smallest[scene] = wall.page.evaluate("quanqingSmallest()")
        digits |= {f"{scene} {n}": px for n, px in enumerate(wall.page.evaluate("quanqingDigits()"))}
    too_small = {
        s: px
        for s, px in smallest.items()
        if theme.minutes_of_arc(px, screen_px=screen) < theme.LABEL_MINUTES
    }
    assert too_small == {}
    assert len(digits) == 7
    assert {
        n: px
        for n, px in digits.items()
        if theme.minutes_of_arc(px, screen_px=screen) < theme.HEADLINE_MINUTES
    } == {}


def test_figures_grow_with_the_screen_and_the_type_in_them_too(wall: Wall):
    wall.show(pictures.values("full"))
    drawn = wall.page.evaluate(
        """() => ({k: quanqing.scale(),
                   width: document.querySelector('#county-ranks-figure .main-svg').getBoundingClientRect().width,
                   type: parseFloat(getComputedStyle(document.querySelector('#county-ranks-figure text')).fontSize)})"""
    )
    assert drawn["width"] == pytest.approx(county_ranks.WIDTH * drawn["k"], abs=1)
    assert drawn["type"] == pytest.approx(theme.FAR_PX * drawn["k"], abs=0.5)
    assert county_map.WIDTH > county_ranks.WIDTH


def test_our_own_font_is_the_one_that_is_used_and_its_digits_are_as_tall_as_we_say(wall: Wall):
    assert wall.page.evaluate("document.fonts.check(\"20px 'Quanqing Sans'\", '核销')")
    tall = wall.page.evaluate(
        """() => { const pen = document.createElement('canvas').getContext('2d');
                   pen.font = "700 1000px 'Quanqing Sans'";
                   return pen.measureText('8').actualBoundingBoxAscent / 1000; }"""
    )
    # no smaller than we say; a round digit overshoots the line by some hundredths
    assert theme.DIGIT <= tall <= theme.DIGIT + 0.04


@pytest.mark.parametrize("scope", ["city", "county"])
def test_on_a_screen_too_small_what_has_room_grows_until_it_can_be_read(
    browser: Browser, address: str, scope: str
):
    """At five metres 56.5 inches lack a ninth."""
    scenes = tuple(s for s in Scene if s in theme.MOST_TYPE and (scope == "city" or s is not Scene.COUNTIES))
    wall = Wall(browser, address, SIZES["1080p"], "inch=56.5&metres=5")
    assert wall.page.evaluate("document.documentElement.dataset.reach") == "short"
    for kind in ("full", "huge"):
        assert looked_at(wall, pictures.values(kind, scope=scope), scenes) == {}, kind
    for scene in scenes:
        wall.scene(pictures.values("huge", scope=scope), scene)
        px = wall.page.evaluate("quanqingSmallest()")
        seen = theme.minutes_of_arc(px, screen_px=SIZES["1080p"], inches=56.5, metres=5)
        assert seen >= theme.LABEL_MINUTES, scene
    assert wall.faults == []
    wall.context.close()


@pytest.mark.parametrize("kind", ["huge", "stale", "missing"])
def test_beyond_what_a_scene_holds_nothing_grows(browser: Browser, address: str, kind: str):
    wall = Wall(browser, address, SIZES["1080p"], "inch=32&metres=5")
    assert looked_at(wall, pictures.values(kind)) == {}
    wall.context.close()


@pytest.mark.parametrize(
    ("query", "reach"),
    [
        ("", "far"),
        ("inch=65&metres=2.5", "near"),
        ("inch=65&metres=2.7", "far"),
        ("inch=43&metres=5", "short"),
        (NEAR, "near"),
    ],
)
def test_the_reach_follows_from_diagonal_and_distance(browser: Browser, address: str, query: str, reach: str):
    wall = Wall(browser, address, SIZES["1080p"], query)
    assert wall.page.evaluate("document.documentElement.dataset.reach") == reach
    theirs = wall.page.evaluate("quanqing.minutesOfArc(40, {width: 1920, height: 1080, inch: 65, metres: 5})")
    assert theirs == pytest.approx(theme.minutes_of_arc(40, screen_px=(1920, 1080)))
    assert wall.page.evaluate("quanqing.mostType") == theme.MOST_TYPE
    wall.context.close()
