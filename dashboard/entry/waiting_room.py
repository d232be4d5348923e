"""A room that only so many may be in: whoever comes to a full one is told at once, and waits somewhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Full(Exception):
    """As many as there may be are waiting already."""


class WaitingRoom:
    """`most` inside, `at_once` of them served. One by process, on one event loop."""

    def __init__(self, *, most: int, at_once: int) -> None:
        self._most, self._inside = most, 0
        self._places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[asyncio.Semaphore]:
        """What is given is held while one is served. Raises Full."""
        if self._inside >= self._most:
            raise Full
        self._inside += 1
        try:
            yield self._places
        finally:
            self._inside -= 1
