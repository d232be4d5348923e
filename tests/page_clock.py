"""A page on its own clock, moved by hand: how busy the machine is makes no difference to how long a page waited."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, Request

from tests.browser import PATIENCE_MS

STEP_MS = 250
AHEAD_S = 60  # a clock cannot be stopped at a moment that has passed


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait in real time, while the page goes on and what it asks for is heard here."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not holds():
        assert time.monotonic() < end, "did not come true in time"
        page.wait_for_timeout(20)


class PageClock:
    """Stands still from now on, in this document and in all the page loads after it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._waiting: set[Request] = set()  # for their answers, but for the stream's, which has no end
        page.on("request", lambda asked: None if "/stream" in asked.url else self._waiting.add(asked))
        page.on("response", lambda answer: None if answer.ok else self._waiting.discard(answer.request))
        for ended in (
            "requestfinished",
            "requestfailed",
        ):  # a refusal's body is read by nobody: no end is told
            page.on(ended, lambda asked: self._waiting.discard(asked))  # a builtin is not taken
        page.clock.install()
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + AHEAD_S)

    def run_until(self, true: str, *, within_ms: int) -> int:
        """Run in small steps, never while an answer is under way. Returns the page's ms until `true` was true there."""
        for step in range(0, within_ms + STEP_MS, STEP_MS):
            for _ in range(5):
                until(self._page, lambda: not self._waiting)
                if self._page.evaluate(true):
                    return step
                self._page.wait_for_timeout(20)
            self._page.clock.run_for(STEP_MS)
        raise AssertionError(f"not within {within_ms} ms of the page: {true}")
