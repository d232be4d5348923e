"""How often something is written down that strangers can cause as often as they like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
MOST = 200
OTHERS = "others"
"""Stands for every kind once a window is full."""


class Throttle:
    """In each window the first few of a kind are written, then only each tenfold: the count is in the log, the flood
    is not. Past `most` entries all kinds are one, so that a window writes a handful more, whatever comes."""

    def __init__(self, *, first: int, most: int = MOST, window: timedelta = WINDOW) -> None:
        self.first, self._most, self._window = first, most, window
        self._until: datetime | None = None
        self._seen: Counter[Hashable] = Counter()
        self._written = 0

    def weigh(self, kind: Hashable, now: datetime) -> int | None:
        """The how-manieth of its kind in this window it is, where that is to be written; None: not this one."""
        if self._until is None or now >= self._until:
            self._until, self._written = now + self._window, 0
            self._seen.clear()
        is_full = self._written >= self._most
        kind = OTHERS if is_full else kind
        self._seen[kind] += 1
        nth = self._seen[kind]
        if (is_full or nth > self.first) and not _is_power_of_ten(nth):
            return None
        self._written += 1
        return nth


def _is_power_of_ten(n: int) -> bool:
    return n >= 1 and set(str(n)[1:]) <= {"0"} and str(n)[0] == "1"
