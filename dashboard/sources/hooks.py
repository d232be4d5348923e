"""`POST /hooks/<source>`: where platforms push. Verified over the raw body, stored, and only then answered.

Whoever is not answered with 2xx tries again, so nothing is lost by refusing; a repetition finds its message stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from fastapi import FastAPI, Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from dashboard.clock import Clock
from dashboard.forms import short_body
from domain.errors import RefusedError
from domain.records import InboxMessage, Pushed
from store.engine import write
from store.writes.inbox import keep_messages

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES: Final = 65_536
PATIENCE_S: Final = 4.0
"""WeChat Pay gives up after 5 s: said in time, "not now" is understood."""
MOST_WAITING: Final = 2_000
"""Messages held in memory while the store is slow; who comes then is told to come again."""


class Hook(Protocol):
    """A source's word on a message."""

    def __call__(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Pushed:
        """Raises RefusedError."""


class Inbox:
    """Stores messages. Those that come while a transaction runs share the next one: one fsync for all of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[tuple[InboxMessage, asyncio.Future[bool]]] = []
        self._storing: asyncio.Task[None] | None = None

    async def keep(self, message: InboxMessage) -> bool:
        """Whether the message is stored for good; False: not known within `PATIENCE_S`."""
        if len(self._waiting) >= MOST_WAITING:
            return False
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store())
        try:
            return await asyncio.wait_for(asyncio.shield(stored), PATIENCE_S)
        except TimeoutError:
            return False

    async def _store(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            kept = await asyncio.to_thread(self._keep_all, [message for message, _ in batch])
            for _, stored in batch:
                stored.set_result(kept)

    def _keep_all(self, messages: list[InboxMessage]) -> bool:
        try:
            with write(self._engine) as conn:
                keep_messages(conn, messages)
        except SQLAlchemyError:
            log.exception(
                "%d pushed messages could not be stored; their senders will try again", len(messages)
            )
            return False
        return True


def add_routes(site: FastAPI, engine: Engine, hooks: Mapping[str, Hook], *, clock: Clock) -> None:
    """The route for every source of `hooks`; its signatures are held against the campaign's clock."""
    inbox = Inbox(engine)

    @site.post("/hooks/{source}", include_in_schema=False)
    async def pushed(request: Request, source: str) -> Response:
        hook = hooks.get(source)
        if hook is None:
            return _failed(404, "no such source")
        body = await short_body(request, most=MAX_MESSAGE_BYTES)
        if body is None:
            return _failed(413, "too large")
        now = clock.now()
        try:
            known = hook(request.headers, body, now=now)
        except RefusedError as error:
            log.warning("a message for source %s was refused: %s", source, error)
            return _failed(401, "not signed, or not now")
        message = InboxMessage(
            source=source, message_id=known.message_id, received_at=now, headers=known.headers, body=body
        )
        return Response(status_code=204) if await inbox.keep(message) else _failed(503, "try again")


def _failed(status: int, message: str) -> Response:
    """As WeChat Pay wants it said; others look at the status alone."""
    return JSONResponse({"code": "FAIL", "message": message}, status)
