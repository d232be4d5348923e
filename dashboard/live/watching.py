"""Telling the worker which walls somebody has open: those it draws at every version."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.live.stream import Tail
from store.engine import write
from store.writes.snapshots import saw_scope

log = logging.getLogger(__name__)

LOOK_S = 1.0  # how long whoever opens a wall waits at most until the worker hears of it
NOTE_EVERY_S = 45.0


class Watching:
    """One by process: displays and people alike, by their open streams."""

    def __init__(self, engine: Engine, tail: Tail, *, real_now: Callable[[], datetime]) -> None:
        self._engine, self._tail, self._real_now = engine, tail, real_now
        self._noted: dict[str, float] = {}  # scope -> monotonic

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Write down what is open and was not written down for a while."""
        before = time.monotonic() - NOTE_EVERY_S
        due = [scope for scope in self._tail.open_streams if self._noted.get(scope, before) <= before]
        if not due:
            return
        try:
            await asyncio.to_thread(self._note, due)
        except SQLAlchemyError as error:
            log.warning("could not note which walls are open: %s", type(error).__name__)
        self._noted |= dict.fromkeys(due, time.monotonic())

    def _note(self, scopes: list[str]) -> None:
        with write(self._engine) as conn:
            for scope in scopes:
                saw_scope(conn, scope, self._real_now())
