"""A page that is never closed does not grow, and one that keeps what it was given is noticed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks import stores
from benchmarks.wall_memory import Growth, Sample, growth
from benchmarks.wall_screen import FILLED
from benchmarks.wall_servers import deployment
from benchmarks.wall_store import Month, quick_campaign
from dashboard.build import build_id
from tests.dashboard.little_house import Server

UPDATES = 100
MOST_HEAP_BYTES = 1_500_000
"""Over these updates: a page that kept one picture in ten would be past it."""


@pytest.fixture(scope="module")
def month() -> Iterator[Month]:
    with stores.sqlite() as fresh, fresh() as engine:
        yield Month.begun(engine, quick_campaign(), events=4_000, talk=200, build=build_id())


@pytest.fixture(scope="module")
def server(month: Month) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        running = Server(deployment(month, Path(folder)), factory="dashboard.serving:app_from_env")
        running.start()
        yield running
        running.kill()


@pytest.fixture
def page(browser: Browser, month: Month, server: Server) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1920, "height": 1080})
    opened.goto(f"{server.address}/wall?token={month.display()}")
    opened.wait_for_function(FILLED, timeout=60_000)
    yield opened
    opened.close()


@pytest.mark.slow
@pytest.mark.browser
def test_many_updates_in_rotation_leave_a_page_as_large_as_it_was(page: Page, month: Month):
    found = growth(page, month.move, updates=UPDATES, warm_up=20, samples=4)
    assert found.nodes == pytest.approx(1, abs=0.02), found.samples
    assert found.listeners == pytest.approx(1, abs=0.02), found.samples
    assert found.heap_bytes < MOST_HEAP_BYTES, found.samples


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_that_keeps_every_picture_and_adds_an_element_for_each_is_noticed(page: Page, month: Month):
    page.evaluate("""() => {
      window.kept = [];
      const parse = JSON.parse;
      JSON.parse = (text) => {
        kept.push(parse(text));
        for (let i = 0; i < 20; i++) document.body.append(document.createElement("i"));
        return parse(text);
      };
    }""")
    found = growth(page, month.move, updates=14, warm_up=1, samples=2)
    assert found.nodes > 1.02, found.samples
    assert found.heap_bytes > MOST_HEAP_BYTES, found.samples


def test_growth_a_day_follows_the_second_half():
    heaps = (10_000_000, 12_000_000, 12_000_000, 12_100_000, 12_200_000)
    samples = tuple(
        Sample(updates=100 * n, nodes=500, listeners=40, heap_bytes=heap) for n, heap in enumerate(heaps)
    )
    assert Growth(samples=samples).mb_a_day == pytest.approx(1000 * 17_280 / 1e6)
