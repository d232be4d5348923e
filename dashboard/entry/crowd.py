"""How many may be here at a time, in all and of one line to the network: connections, and requests under way."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.entry.addresses import line_of

log = logging.getLogger(__name__)

MOST: Final = 8_000
MOST_OF_ONE_LINE: Final = 4_000
"""Five hundred screens behind one address that all start at once: six connections a browser and an event stream make
3,500. And never all there are, so that no one line takes the place of everybody else."""
COME_AGAIN_S: Final = 5
COME_AGAIN: Final = dict.fromkeys(("retry-after", "refresh"), str(COME_AGAIN_S))  # a screen reloads by itself
FULL = "asked of more than is kept open at a time: newcomers are told to come again"


class Crowd:
    """One by process and kind of thing counted."""

    def __init__(self, *, most: int = MOST, most_of_one: int = MOST_OF_ONE_LINE) -> None:
        self.most, self.most_of_one = most, most_of_one
        self._lines: Counter[str] = Counter()
        self._inside = 0

    def enter(self, line: str, *, make_room: Callable[[], bool] = lambda: False) -> bool:
        """Whether one more of the line may come in. `make_room`: asked where all places are taken; True: it made one.

        Lines are those of `line_of`; "" is nobody's, and counts in all alone.
        """
        if line and self._lines[line] >= self.most_of_one:
            return False
        if self._inside >= self.most and not make_room():
            return False
        self._inside += 1
        self._lines[line] += 1
        return True

    def leave(self, line: str) -> None:
        self._inside -= 1
        self._lines[line] -= 1
        if not self._lines[line]:
            del self._lines[line]  # as many lines are known as are here


class Crowded:
    """Requests under way, event streams among them, by where people come from: behind a proxy, too, where all share
    its connections. 503 at once for whoever is one too many: a wall asks again, and goes on without a stream."""

    def __init__(self, app: ASGIApp, crowd: Crowd) -> None:
        self._app, self._crowd = app, crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        line = line_of(scope["client"][0]) if scope.get("client") else ""
        if not self._crowd.enter(line):
            log.warning(FULL)
            await Response(status_code=503, headers=COME_AGAIN)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._crowd.leave(line)
