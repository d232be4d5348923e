"""uvicorn's HTTP, with an end to how long a request's head may be and how long a request may take to come.

By itself it keeps a head of any length in memory, and a connection that never finishes its request for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 32_768
"""Address and headers: what common proxies let through, and ten times what our own pages send."""
WITHIN_S: Final = 20.0
"""From the connection, or the answer before, to the last byte of the request: nothing here is sent in longer forms."""
_TOO_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    _in_head = True
    _coming = 0
    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_hurry()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._coming += len(data)
        super().data_received(data)
        if self._in_head and self._coming > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LONG)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Raises ValueError where the head came at once and is too long: the parser passes it on, uvicorn says 400."""
        self._in_head, self._coming = False, 0
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MOST_HEAD_BYTES:
            raise ValueError("the head is too long")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._no_hurry()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._wait_for_request()

    def _wait_for_request(self) -> None:
        self._no_hurry()
        self._hurry = self.loop.call_later(WITHIN_S, self._end)

    def _no_hurry(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
