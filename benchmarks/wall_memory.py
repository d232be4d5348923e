"""Whether a page that is never closed grows: elements, listeners and heap over many updates, scenes in rotation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import linear_regression

from playwright.sync_api import CDPSession, Page

UPDATES_A_DAY = 86_400 / 5
READY_MS = 60_000
SHOWS = "(v) => Number(document.querySelector('#wall-version')?.textContent.replace(/\\D/g, '')) >= v"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """After a forced collection."""

    updates: int
    nodes: int
    listeners: int
    heap_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """From after the warm-up to the last update."""

    samples: tuple[Sample, ...]

    @property
    def nodes(self) -> float:
        """Elements at the end / at the beginning."""
        return self.samples[-1].nodes / self.samples[0].nodes

    @property
    def listeners(self) -> float:
        return self.samples[-1].listeners / self.samples[0].listeners

    @property
    def heap_bytes(self) -> int:
        return self.samples[-1].heap_bytes - self.samples[0].heap_bytes

    @property
    def mb_a_day(self) -> float:
        """The line through the second half, at a picture every five seconds."""
        half = self.samples[len(self.samples) // 2 :]
        slope = linear_regression([s.updates for s in half], [s.heap_bytes for s in half]).slope
        return slope * UPDATES_A_DAY / 1e6


def growth(page: Page, move: Callable[[], int], *, updates: int, warm_up: int, samples: int) -> Growth:
    """`move` makes the next picture and returns its version; each is waited for until the page shows it."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(warm_up):
        _show_next(page, move)
    taken = [_sample(session, 0)]
    for n in range(1, updates + 1):
        _show_next(page, move)
        if n % (updates // samples) == 0:
            page.wait_for_timeout(700)  # what waits for an idle moment has been drawn
            taken.append(_sample(session, n))
    return Growth(samples=tuple(taken))


def _show_next(page: Page, move: Callable[[], int]) -> None:
    page.wait_for_function(SHOWS, arg=move(), timeout=READY_MS)


def _sample(session: CDPSession, updates: int) -> Sample:
    for _ in range(3):  # what finalisers let go of is collected by the next
        session.send("HeapProfiler.collectGarbage")
        time.sleep(0.1)
    told = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return Sample(
        updates=updates,
        nodes=int(told["Nodes"]),
        listeners=int(told["JSEventListeners"]),
        heap_bytes=int(told["JSHeapUsedSize"]),
    )
