"""When pictures are made: at once after a quiet while, and in a burst of commits no oftener than can be seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from dashboard.live.snapshot import Memory, Press, publish

LOOK_EVERY_S = 0.1
PUBLISH_EVERY_S = 0.4
"""Real seconds, both: how soon a commit is noticed, and the debounce between one picture and the next."""

IDLE: Final = object()
"""A run that found nothing to do, ten times a second: not worth a write."""


class Publishing:
    """The worker's job of making pictures. One by process."""

    def __init__(
        self, press: Press, now: Callable[[], datetime], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._press, self._now, self._monotonic = press, now, monotonic
        self._memory = Memory()
        self._done_at = float("-inf")

    def run(self) -> object:
        """The version of the pictures that were made, or IDLE."""
        if self._monotonic() - self._done_at < PUBLISH_EVERY_S:
            return IDLE
        version = publish(self._press, self._memory, now=self._now())
        if version is None:
            return IDLE
        self._done_at = self._monotonic()
        return version
