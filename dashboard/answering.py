"""Pages read from the store on demand, away from the event loop, with words where the store does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, Response

from dashboard.auditing import Proven
from dashboard.pages import message_page
from store.engine import read, write

NO_STORE = "数据库暂时连不上，请稍后再试。"

Make = Callable[[Connection], Response | Proven]


class Answer(Protocol):
    def __call__(
        self, make: Make, opened: Callable[[Engine], AbstractContextManager[Connection]] = read
    ) -> Awaitable[Response]: ...


def answering(engine: Engine) -> Answer:
    """What makes a page of a connection, `opened` to read or to write; what else it raises is the caller's.

    What has to be proven goes out after its entry is written, in a transaction of its own, or not at all.
    """

    async def answer(
        make: Make, opened: Callable[[Engine], AbstractContextManager[Connection]] = read
    ) -> Response:
        def work() -> Response:
            with opened(engine) as conn:
                found = make(conn)
            if isinstance(found, Response):
                return found
            with write(engine) as conn:
                found.prove(conn)
            return found.response

        try:
            return await asyncio.to_thread(work)
        except SQLAlchemyError:
            return HTMLResponse(message_page(NO_STORE), 503)

    return answer
