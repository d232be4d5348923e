"""A platform of the rehearsal behind a real port: what connectors are tried against."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import uvicorn
from starlette.applications import Starlette

from ingest.answers import Answer
from ingest.http import Http


class CutShort(Http):
    """A line on which answers from one address arrive without their last bytes, as complete ones."""

    def __init__(self, address: str, **usual: Any) -> None:
        super().__init__(**usual)
        self.address = address

    def get(self, source: str, url: str, **rest: Any) -> Answer:
        return self._passed(url, super().get(source, url, **rest))

    def post(self, source: str, url: str, **rest: Any) -> Answer:
        return self._passed(url, super().post(source, url, **rest))

    def _passed(self, url: str, answer: Answer) -> Answer:
        return replace(answer, body=answer.body[:-40]) if self.address in url else answer


@contextmanager
def port_of(platform: Any) -> Iterator[int]:
    app = Starlette(routes=platform.routes())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)
