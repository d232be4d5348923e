"""The wall as a person sees it: Chromium, a rehearsal behind it, the two screen sizes, and a web that goes away."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dashboard.panels import WALL
from domain.scenes import Scene
from tests.browser import MISSING, chromium, flags
from tests.test_journeys import environ, free_port, rehearsal

pytestmark = [pytest.mark.browser, pytest.mark.slow]
sync_api = pytest.importorskip("playwright.sync_api")

SIZES = {"1920x1080": (1920, 1080), "3840x2160": (3840, 2160)}
AWAY_S = 30
LOCKED_S = 10
PATIENCE_S = 30.0
TILES = ("claimed", "redeemed", "rate", "leverage", "spend", "alerts")

LOOK = (Path(__file__).parent / "layouts" / "look.js").read_text(encoding="utf-8")
NOT_YET = {"county-pace", "launch-rounds", "opinion-volume", "trust-checks", "trust-sources"}
"""Slots in which something is rightly unknown on the first morning."""


@dataclass
class Watched:
    """A page, and everything it complained of or asked elsewhere."""

    page: Any
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = chromium()
    if program is None:
        pytest.skip(MISSING)
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=flags())
        yield running
        running.close()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A rehearsal that has been running for a while: (its folder, the wall's address)."""
    folder = tmp_path_factory.mktemp("rehearsal")
    with rehearsal(folder, "--speed", "60") as process:
        assert process.stderr is not None
        said = ""
        while "登录" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        address = re.search(r"http://\S+/wall\?token=\S+", said)
        assert address, said
        yield folder, address[0]


def opened(browser: Any, address: str, size: tuple[int, int], scene: Scene = Scene.OVERVIEW) -> Watched:
    """A wall that was paired by its link and then stays on one scene: a rehearsal begins with the launch pinned."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    watched = Watched(context.new_page())
    origin = address.split("/wall")[0]
    local = ("data:", "blob:", origin)
    watched.page.on("request", lambda r: None if r.url.startswith(local) else watched.outside.append(r.url))
    watched.page.on("console", lambda m: watched.errors.append(m.text) if m.type == "error" else None)
    watched.page.on("pageerror", lambda e: watched.errors.append(str(e)))
    deadline = time.monotonic() + 60
    while True:  # the web may still be starting
        try:
            watched.page.goto(address)
            break
        except sync_api.Error:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    watched.page.goto(f"{origin}/wall?scene={scene}")
    watched.page.wait_for_selector("#wall-clock:not(:empty)")
    watched.page.wait_for_selector(f"#scene-{scene}.shown")
    return watched


def text(page: Any, selector: str) -> str:
    return str(page.inner_text(selector))


def test_the_wall_is_full_at_both_sizes_and_moves(browser: Any, played: tuple[Path, str]) -> None:
    folder, address = played
    wall = opened(browser, address, SIZES["1920x1080"])
    page = wall.page
    page.wait_for_function(
        "() => document.querySelectorAll('#alerts-rows > .alert-row').length > 0", timeout=90_000
    )
    _until_filled(page, [panel.slot for panel in WALL if panel.slot != "scene-plan"])
    for scene in Scene:
        page.goto(page.url.split("?")[0] + f"?scene={scene}")
        page.wait_for_selector(f"#scene-{scene}.shown")
        page.wait_for_function("() => /\\d/.test(document.querySelector('#headline-claimed')?.textContent)")
        page.evaluate(LOOK)
        for name, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(1_500)
            page.screenshot(path=folder / f"wall-{scene}-{name}.png")
            assert page.evaluate("quanqingLook()") == [], (name, scene)
    page.goto(page.url.split("?")[0] + "?scene=overview")
    page.wait_for_function("() => /[1-9]/.test(document.querySelector('#headline-redeemed')?.innerText)")
    for tile in TILES:
        assert re.search(r"\d", text(page, f"#headline-{tile}")), tile
    assert "演示数据" in text(page, "#masthead")
    before = text(page, "#headline-claimed") + text(page, "#headline-redeemed")
    page.wait_for_function(
        "before => document.querySelector('#headline-claimed').innerText"
        " + document.querySelector('#headline-redeemed').innerText !== before",
        arg=before,
        timeout=30_000,
    )
    assert wall.outside == []
    assert wall.errors == []


def _until_filled(page: Any, slots: list[str]) -> None:
    """Nothing is redeemed in the first minute of a rehearsal: until then there is no leverage to be shown."""
    deadline = time.monotonic() + 150
    while True:
        shown = {slot: str(page.text_content(f"#{slot}")).strip() for slot in slots}
        lacking = {s: t for s, t in shown.items() if not t or ("暂无数据" in t and s not in NOT_YET)}
        if not lacking:
            return
        assert time.monotonic() < deadline, lacking
        page.wait_for_timeout(1_000)


def test_a_database_locked_for_ten_seconds_stops_nothing_for_longer(
    browser: Any, played: tuple[Path, str], record_property: Callable[[str, object], None]
) -> None:
    """Another program holds SQLite's write lock: worker and web wait, and go on as if nothing had been."""
    folder, address = played
    page = opened(browser, address, SIZES["1920x1080"]).page
    page.wait_for_function("() => /[1-9]/.test(document.querySelector('#headline-claimed')?.innerText)")
    lock = sqlite3.connect(folder / "quanqing.db", timeout=30, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    page.wait_for_timeout(LOCKED_S * 1000)
    assert "数据库" not in text(page, "body"), "a wall says how old it is, not what broke"
    stood = text(page, "#wall-version")
    lock.execute("ROLLBACK")
    lock.close()
    free = time.monotonic()
    page.wait_for_function(
        "stood => document.querySelector('#wall-version').innerText !== stood", arg=stood, timeout=90_000
    )
    record_property("went_on_after_s", round(time.monotonic() - free, 1))
    page.wait_for_function("() => document.querySelector('#wall-connection').innerText === '实时连接'")
    assert page.is_hidden("#wall-stale")


def test_without_a_token_there_is_nothing_to_see(browser: Any, played: tuple[Path, str]) -> None:
    _, address = played
    page = browser.new_context().new_page()
    page.goto(address.split("?")[0])
    assert page.url.split("?")[0].endswith("/pair")
    assert page.request.get(address.split("/wall")[0] + "/api/v1/snapshot").status == 401


def test_a_web_that_was_away_is_found_again_and_meanwhile_the_age_is_told(
    browser: Any, played: tuple[Path, str], record_property: Callable[[str, object], None]
) -> None:
    """The aim is six seconds; how long it took is recorded, a busy machine is no failure."""
    folder, address = played
    port = free_port()
    web = _web(folder, port)
    try:
        wall = opened(
            browser, address.replace(re.search(r":(\d+)/", address)[1], str(port)), SIZES["1920x1080"]
        )
        wall.page.wait_for_function(
            "() => /[1-9]/.test(document.querySelector('#headline-claimed')?.innerText)"
        )
        with wall.page.expect_event(
            "requestfailed", lambda asked: "/snapshot" in asked.url
        ):  # none is on its way
            web.kill()
            web.wait()
        last = text(wall.page, "#headline-claimed")
        wall.page.wait_for_timeout(AWAY_S * 1000)
        mark = text(wall.page, "body")
        found = re.search(r"画面已\s*(\d+)\s*秒未更新", mark)
        assert found, mark[-400:]
        assert int(found[1]) >= AWAY_S - 8
        assert text(wall.page, "#headline-claimed") == last, "the last good picture stays"
        wall.page.screenshot(path=folder / "wall-away.png")
        web = _web(folder, port)
        ready = time.monotonic()
        wall.page.wait_for_function(
            "() => !/未更新/.test(document.body.innerText)", timeout=PATIENCE_S * 1000
        )
        record_property("recovered_after_s", round(time.monotonic() - ready, 1))
    finally:
        web.kill()
        web.wait()


def _web(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dashboard", "serve", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(command, env=environ())
    _await_ready(port)
    return process


def _await_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline
            time.sleep(0.1)
