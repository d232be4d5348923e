"""When pictures are made: at once after a quiet while, and in a burst of commits no oftener than can be seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from dashboard.live.snapshot import Memory, Press, measure, publish

LOOK_EVERY_S = 0.1
PUBLISH_EVERY_S = 0.4
"""Real seconds, both: how soon a commit is noticed, and the debounce from one picture's beginning to the next's.

What is committed while a picture is made waits for the next: counted from the picture's end, that was up to a second.
A machine on which pictures take long still rests as long as it worked.
"""

MEASURE_EVERY_S = 60.0
"""Real seconds: delays of a launch day are a ranking of all its rows."""

IDLE: Final = object()
"""A run that found nothing to do, ten times a second: not worth a write."""


class Publishing:
    """The worker's two jobs of making pictures. One by process."""

    def __init__(
        self, press: Press, now: Callable[[], datetime], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._press, self._now, self._monotonic = press, now, monotonic
        self._memory = Memory()
        self._not_before = float("-inf")

    def run(self) -> object:
        """The version of the pictures that were made, or IDLE."""
        begun = self._monotonic()
        if begun < self._not_before:
            return IDLE
        version = publish(self._press, self._memory, now=self._now())
        if version is None:
            return IDLE
        took = self._monotonic() - begun
        self._not_before = begun + max(PUBLISH_EVERY_S, 2 * took)
        return version

    def measure(self) -> None:
        """The sources' delays, in a job of their own: no picture waits for them."""
        measure(self._press, self._memory, now=self._now())
