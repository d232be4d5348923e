"""What a screen sees, in Chromium: the first picture, and how long a commit of another process takes to its pixels."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.wall_servers import Servers, deployment, worker
from benchmarks.wall_store import Month
from benchmarks.wall_viewers import Listeners, far, listen
from dashboard.papers.papers import PAPERS_JOB
from store.engine import read
from store.queries.jobs import last_success
from tests.browser import MISSING, chromium, flags

VIEWERS = 50
SIZE = {"width": 1920, "height": 1080}
READY_MS = 60_000
MADE_UP_S = 300.0

WATCH = """() => {
  const painted = (window.painted = {});
  const version = () => Number((document.querySelector('#wall-version') || {}).textContent?.replace(/\\D/g, ''));
  const note = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    painted[version()] = (performance.timeOrigin + performance.now()) / 1000;
  }));
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(note).observe(document.querySelector('#scene-overview'), all);
  new MutationObserver(note).observe(document.querySelector('#wall-version'), all);
}"""
"""By version: when the second frame after the last change of the overview was begun, seconds since 1970."""

FILLED = """() => /\\d/.test(document.querySelector('#headline-claimed-value')?.textContent)
  && /\\d/.test(document.querySelector('#wall-version')?.textContent)"""
FIGURE = "() => document.querySelector('#county-ranks-figure .main-svg .trace, #minute-curve-figure .main-svg .trace')"
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


class NoBrowser(Exception):
    """There is none here; the message says what to install."""


@dataclass(frozen=True, kw_only=True)
class FirstLoad:
    """A new browser's first visit."""

    bytes: int  # over the wire
    paint_s: float
    figure_s: float  # a number on a tile, and a line in a chart


@contextmanager
def screen(address: str, token: str) -> Iterator[Page]:
    """A new browser, a display paired. The page is still to be opened. Raises NoBrowser."""
    program = chromium()
    if program is None:
        raise NoBrowser(MISSING)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=flags())
        context = opened.new_context(viewport=SIZE)
        page = context.new_page()
        context.request.get(f"{address}/wall?token={token}")
        yield page
        opened.close()


def first_load(servers: Servers) -> FirstLoad:
    """Loopback, nothing cached, the web already warm."""
    address = servers.ours.address
    with screen(address, servers.month.display()) as page:
        wire = _counting(page)
        start = time.perf_counter()
        page.goto(f"{address}/wall?scene=overview", wait_until="commit")
        page.wait_for_function(FILLED, polling="raf", timeout=READY_MS)
        page.wait_for_function(FIGURE, polling="raf", timeout=READY_MS)
        figure_s = time.perf_counter() - start
        page.wait_for_timeout(1_000)
        paint = float(page.evaluate(FIRST_PAINT)) / 1000
        return FirstLoad(bytes=sum(wire), paint_s=paint, figure_s=figure_s)


def _counting(page: Page) -> list[int]:
    """Bytes of every finished answer, as they came over the wire."""
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    return sizes


def commit_to_pixels(
    servers: Servers, pool: ProcessPoolExecutor, *, commits: int
) -> tuple[list[float], list[float]]:
    """(Chromium's, the last of fifty viewers'), seconds by commit. One viewer is Chromium, the others have no screen.

    Three processes of the program: this one commits, the worker makes the pictures, the web has two.
    """
    rng, month = random.Random(7), servers.month
    with (
        tempfile.TemporaryDirectory() as folder,
        worker(deployment(month, Path(folder))),
        screen(servers.ours.address, month.display()) as page,
    ):
        page.goto(f"{servers.ours.address}/wall?scene=overview")
        page.wait_for_function(FILLED, timeout=READY_MS)
        page.wait_for_function(FIGURE, timeout=READY_MS)
        _until_moved(page, month)
        _until_made_up(month)
        page.evaluate(WATCH)
        plan = Listeners(
            port=servers.ours.port, cookie=servers.cookie, displays=VIEWERS - 1, for_s=commits * 1.25 + 4
        )
        others = far(pool, listen, plan)
        time.sleep(1)
        made = []
        for _ in range(commits):
            version = month.commit()
            made.append((version, time.time()))
            page.wait_for_timeout(1_000 + rng.random() * 500)
        painted = {int(v): at for v, at in page.evaluate("painted").items() if v != "null"}
        return _delays(made, painted, others())


def _until_made_up(month: Month) -> None:
    """The worker has written the papers of a month that had none: in service there are one or two a day, not forty."""
    deadline = time.monotonic() + MADE_UP_S
    while time.monotonic() < deadline:
        with read(month.engine) as conn:
            if last_success(conn, PAPERS_JOB) is not None:
                return
        time.sleep(0.5)
    raise TimeoutError(f"the worker did not write the month's papers within {MADE_UP_S:.0f} s")


def _until_moved(page: Page, month: Month) -> None:
    """The worker has loaded its model and draws."""
    version = month.commit()
    page.wait_for_function(
        "(v) => Number(document.querySelector('#wall-version').textContent.replace(/\\D/g, '')) >= v",
        arg=version,
        timeout=READY_MS,
    )


def _delays(
    made: list[tuple[int, float]], painted: dict[int, float], others: list[list[tuple[int, float]]]
) -> tuple[list[float], list[float]]:
    def delay(seen: Any, version: int, at: float) -> float:
        return min((when - at for shown, when in seen if shown >= version), default=float("inf"))

    mine = [delay(painted.items(), version, at) for version, at in made]
    last = [
        max(own, *(delay(other, version, at) for other in others))
        for own, (version, at) in zip(mine, made, strict=True)
    ]
    return mine, last
