"""The overview as a browser draws it: nothing cut, nothing too small, nothing from elsewhere, at every size."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import Dash
from playwright.sync_api import Browser, Page
from plotly.utils import PlotlyJSONEncoder
from werkzeug.serving import make_server

from layouts.page import wall_page
from layouts.wall import (
    alerts,
    county_map,
    county_progress,
    feeds_strip,
    headline,
    masthead,
    minute_curve,
    opinion_pulse,
    sector_mix,
)
from tests.layouts import readings as r

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "assets"
PANELS = (
    masthead, headline, county_progress, county_map, minute_curve, sector_mix, opinion_pulse, alerts, feeds_strip,
)  # fmt: skip
FULL = (
    r.masthead(r.STALE, "演示数据 非真实统计"), r.overview(r.STALE), r.counties(r.STALE), r.city_map(r.STALE),
    r.curve(r.STALE), r.sectors(r.STALE, n=10), r.pulse(("微博搜索", "12345热线导出")), r.board(9), r.feeds(20),
)  # fmt: skip
SIZES = [(1920, 1080), (3840, 2160), (2560, 1080), (1366, 768)]
APPLY = """(values) => {
  const k = quanqing.scale();
  for (const [id, props] of Object.entries(values)) {
    const scaled = props.figure ? {...props, figure: quanqing.scaleFigure(props.figure, k)} : props;
    dash_clientside.set_props(id, scaled);
  }
}"""
FAULTS = """() => {
  const k = quanqing.scale(), faults = [];
  const seen = (e) => e.textContent.trim().slice(0, 24);
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  for (const e of document.querySelectorAll('.wall *')) {
    const style = getComputedStyle(e), px = parseFloat(style.fontSize);
    if ((own(e) || e.tagName === 'text') && px < 19.9 * k) faults.push(['small', px, seen(e)]);
    if (e.closest('svg, .bar') || style.display === 'inline') continue;
    if (e.clientWidth && e.scrollWidth > e.clientWidth + 1) faults.push(['wide', e.id || e.className, seen(e)]);
  }
  for (const card of document.querySelectorAll('.card, .tile, .masthead, .feeds')) {
    const edge = card.getBoundingClientRect();
    for (const e of card.querySelectorAll('*')) {
      const box = e.getBoundingClientRect();
      if (e.closest('svg, .bar') || !box.width) continue;
      if (box.bottom > edge.bottom + 1 || box.right > edge.right + 1) faults.push(['outside', card.id, seen(e)]);
    }
  }
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth || page.scrollHeight > innerHeight) faults.push(['scrolls']);
  return faults;
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = Dash(__name__, assets_folder=str(ASSETS), assets_ignore=r"live\.js|login\.css", update_title=None)
    app.layout = wall_page(**{p.__name__.rsplit(".", 1)[-1]: p.layout() for p in PANELS})
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda call: asked.append(call.url))
    opened.goto(address)
    opened.wait_for_selector("#feeds-strip")
    opened.evaluate(APPLY, json.loads(json.dumps(_values(), cls=PlotlyJSONEncoder)))
    opened.wait_for_selector("#county-map-figure text", state="attached")
    opened.wait_for_selector("#minute-curve-figure .js-line", state="attached")
    opened.evaluate("document.fonts.ready")
    yield opened
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    context.close()


def test_nothing_is_cut_too_small_or_outside_its_card(page: Page):
    assert page.evaluate(FAULTS) == []


def test_figures_grow_with_the_screen_and_the_type_in_them_too(page: Page):
    drawn = page.evaluate(
        """() => ({k: quanqing.scale(),
                   width: document.querySelector('#county-map-figure .main-svg').getBoundingClientRect().width,
                   type: parseFloat(getComputedStyle(document.querySelector('#county-map-figure text')).fontSize)})"""
    )
    assert drawn["width"] == pytest.approx(county_map.WIDTH * drawn["k"], abs=1)
    assert drawn["type"] == pytest.approx(20 * drawn["k"], abs=0.5)


def test_our_own_font_is_the_one_that_is_used(page: Page):
    assert page.evaluate("document.fonts.check(\"20px 'Quanqing Sans'\", '核销')")


def _values() -> dict[str, object]:
    found: dict[str, object] = {}
    for panel, reading in zip(PANELS, FULL, strict=True):
        found |= panel.update(reading)
    return found
