"""Tailing the store for new pictures, one task a process, and telling every open page at once (server-sent events)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.clock import Clock
from store.engine import watching
from store.queries.news import News, read_news

log = logging.getLogger(__name__)

POLL_S = 0.15
BEAT_S = 5.0  # pages take twelve silent seconds for a dead line
WORKER_LEASE = "worker"


class Lookout:
    """Looks at the store for what is new, over a connection that it keeps. One by process, one look at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: Connection | None = None
        self._at_it = threading.Lock()  # the process may end in the middle of a look

    def __call__(self) -> News:
        """Raises SQLAlchemyError while the store does not answer; the next look then asks over a new connection."""
        with self._at_it:
            try:
                self._open = self._open or watching(self._engine)
                return read_news(self._open, lease=WORKER_LEASE)
            except SQLAlchemyError:
                self._leave()
                raise

    def close(self) -> None:
        with self._at_it:
            self._leave()

    def _leave(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


class Tail:
    """Knows the newest version of every scope and wakes whoever waits for one. Survives the store's absence."""

    def __init__(self, look: Callable[[], News], *, real_now: Callable[[], datetime]) -> None:
        self._look, self._real_now = look, real_now
        self._woken = asyncio.Event()
        self._news = News({}, None)
        self._verified_at: float | None = None  # monotonic
        self.open_streams: Counter[str] = Counter()  # by scope
        self.is_closing = False

    @property
    def versions(self) -> dict[str, int]:
        return self._news.versions

    @property
    def action(self) -> int:
        return self._news.action

    @property
    def verified_s(self) -> float | None:
        """Seconds since the store last answered; None: it never did."""
        return None if self._verified_at is None else time.monotonic() - self._verified_at

    @property
    def is_worker_alive(self) -> bool:
        """Whether some worker holds the lease: without one nothing is fetched and no picture is made."""
        until = self._news.lease_until
        return until is not None and until > self._real_now()

    async def run(self, every_s: float = POLL_S) -> None:
        """Look again and again until cancelled."""
        away = False
        while True:
            try:
                self.take(await asyncio.to_thread(self._look))
                away = False
            except SQLAlchemyError as error:
                if not away:  # said once an outage, not at every look
                    log.warning("the store does not answer: %s", type(error).__name__)
                away = True
            await asyncio.sleep(every_s)

    def take(self, news: News) -> None:
        changed = (news.versions, news.action) != (self._news.versions, self._news.action)
        self._news, self._verified_at = news, time.monotonic()
        if changed:
            self._wake()

    def close(self) -> None:
        """The process is to stop: end every stream, or it would wait for them."""
        self.is_closing = True
        self._wake()

    def _wake(self) -> None:
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    async def wait_for_change(
        self, scope: str, known: int | None, timeout_s: float, *, action: int | None = None
    ) -> None:
        """Return when the scope's newest version is not `known` any more, or after `timeout_s`.

        Also when something was done to a display after `action` (None: after now).
        """
        action = self.action if action is None else action
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while (self.versions.get(scope), self.action) == (known, action) and not self.is_closing:
                    await self._woken.wait()


async def _nothing() -> dict[str, object]:
    return {}


async def hints(
    tail: Tail,
    scope: str,
    *,
    clock: Clock,
    build: str,
    may_stay: Callable[[], Awaitable[bool]],
    told: Callable[[], Awaitable[dict[str, object]]] = _nothing,
) -> AsyncIterator[str]:
    """The events of one open page: at once, at every new version, and as a heartbeat. Hints only, never data.

    Ends when the page may not stay any more: the gate sees only the beginning of a stream. `told`: what this page
    alone is told with each hint; a display that was revoked learns of it by the last one.
    """
    tail.open_streams[scope] += 1
    try:
        yield "retry: 1000\n\n"
        while not tail.is_closing and await may_stay():
            version, action = tail.versions.get(scope), tail.action
            yield _event(hint(tail, scope, clock=clock, build=build) | await told())
            await tail.wait_for_change(scope, version, BEAT_S, action=action)
        if not tail.is_closing and (parting := await told()):
            yield _event(parting)
    finally:
        tail.open_streams -= Counter([scope])  # what is none is not kept


def _event(document: dict[str, object]) -> str:
    return f"data: {json.dumps(document)}\n\n"


def hint(tail: Tail, scope: str, *, clock: Clock, build: str) -> dict[str, object]:
    """`version` null: no picture yet. `verified_s`: age of the store's last answer: memory must not pass for news."""
    verified = tail.verified_s
    return {
        "version": tail.versions.get(scope),
        "build": build,
        "server_time": clock.now().isoformat(),
        "speed": clock.speed,
        "verified_s": None if verified is None else round(verified, 2),
        "worker": tail.is_worker_alive,
    }
