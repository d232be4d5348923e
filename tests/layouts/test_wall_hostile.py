"""120 ways to have a browser run what strangers wrote, as every name and title of a wall. Hover labels: it has none.

Without the content policy: that nothing is read as markup has to hold alone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

import pytest
from dash import Dash
from playwright.sync_api import Browser
from plotly.utils import PlotlyJSONEncoder
from werkzeug.serving import make_server

from dashboard.live.dash_page import NOT_OF_THE_WALL
from dashboard.panels import WALL, wall_layout
from domain.scenes import Scene
from tests.dashboard.hostile_words import PAYLOADS
from tests.layouts import pictures
from tests.layouts.test_wall_in_browser import ASSETS, Wall

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = {
    "title", "name", "media", "trouble", "late", "dead_sources", "silent_by_hour", "table_issues", "city_name",
    "banner", "url", "why", "words", "tranche", "late_sources", "reasons", "unit", "note", "feed", "label_words",
}  # fmt: skip
"""Fields that come from posts, alerts, feeds and files."""
WATCH = """() => {
  window.ran = [];
  for (const name of ["alert", "confirm", "prompt"]) window[name] = (words) => { window.ran.push(name + " " + words); };
}"""
LOOK = """() => {
  const all = (what) => [...document.querySelectorAll(what)];
  for (const plot of all(".js-plotly-plot"))
    for (const point of [0, 1, 2]) try { Plotly.Fx.hover(plot, [{ curveNumber: 0, pointNumber: point }]); } catch (_) {}
  return {
    ran: window.ran,
    scripts: all("script:not([src])").length,
    handlers: all("*").flatMap((e) => e.getAttributeNames()).filter((n) => n.startsWith("on")),
    strangers: all("img, iframe, object, embed, base, video, audio, marquee, math, form, details").length,
    links: all("a").map((a) => String(a.getAttribute("href") || a.getAttribute("xlink:href")))
      .filter((a) => !a.startsWith("/")),
  };
}"""
ROUNDS = 5


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = Dash(__name__, assets_folder=str(ASSETS), assets_ignore=NOT_OF_THE_WALL, update_title=None)
    app.index_string = app.index_string.replace("<html>", '<html lang="zh-CN" data-wall="1">')
    app.layout = wall_layout()
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()


def hostile(value: Any, words: Iterator[str], put: list[str], name: str = "") -> Any:
    """The same reading with strangers' words in the place of its own; `put` collects them."""
    if isinstance(value, str) and not isinstance(value, Enum) and name in WORDS:
        put.append(next(words))
        return put[-1]
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            f.name: hostile(getattr(value, f.name), words, put, f.name) for f in fields(value) if f.init
        }
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(hostile(part, words, put, name) for part in value)
    if isinstance(value, SimpleNamespace):
        return SimpleNamespace(**{k: hostile(v, words, put, k) for k, v in vars(value).items()})
    return value


def values(offset: int, put: list[str]) -> dict[str, Any]:
    words = islice(cycle(PAYLOADS), offset, None)
    fake = hostile(pictures.reading("full", is_city=True), words, put)
    found: dict[str, Any] = {}
    for panel in WALL:
        found |= panel.values(fake)
    return json.loads(json.dumps(found, cls=PlotlyJSONEncoder))


def test_w7_no_scene_of_the_wall_runs_what_strangers_wrote(browser: Browser, address: str) -> None:
    wall = Wall(browser, address, (1920, 1080))
    wall.page.evaluate(WATCH)
    plain = pictures.values("full")
    wall.show(plain)
    clean, put = wall.page.evaluate(LOOK), list[str]()
    for n in range(ROUNDS):
        picture = values(n * 29, put)
        wall.show(picture)
        for scene in Scene:
            wall.scene(picture | {"scene-plan": plain["scene-plan"]}, scene)
            assert wall.page.evaluate(LOOK) == clean, (n, scene)
    assert set(put) == set(PAYLOADS)
    assert clean["ran"] == []
    wall.context.close()
