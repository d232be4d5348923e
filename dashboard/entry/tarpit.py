"""Strangers who are refused again and again get each further refusal a little later.

Whoever asks anew as soon as they are answered then asks twice a second instead of a hundred times, and the walls keep
their processor.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from starlette.types import Message, Scope, Send

from dashboard.entry.addresses import line_of

REFUSALS = frozenset({303, 401, 403, 404, 413, 429, 503})
FREE = 30
"""Refusals of one line in a window that are answered at once: a page somebody was signed out of asks for some files."""
WINDOW_S = 10.0
PAUSE_S = 0.5
MOST_WAITING = 1_000
"""Answers held back at a time; beyond it they go out at once, and no memory is taken."""


class Tarpit:
    """One by process. Knows no more lines than refusals of one window."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = 0.0
        self._refused: Counter[str] = Counter()
        self._waiting = 0

    def slowing(self, scope: Scope, send: Send) -> Send:
        """`send`, but that a refusal of nobody known waits its turn."""

        async def slowly(message: Message) -> None:
            if message["type"] == "http.response.start" and self._is_tedious(scope, message["status"]):
                self._waiting += 1
                try:
                    await asyncio.sleep(PAUSE_S)
                finally:
                    self._waiting -= 1
            await send(message)

        return slowly

    def _is_tedious(self, scope: Scope, status: int) -> bool:
        if status not in REFUSALS or scope.get("visitor") is not None:
            return False
        now = self._monotonic()
        if now >= self._until:
            self._until = now + WINDOW_S
            self._refused.clear()
        line = line_of(scope["client"][0]) if scope.get("client") else ""
        self._refused[line] += 1
        return self._refused[line] > FREE and self._waiting < MOST_WAITING
