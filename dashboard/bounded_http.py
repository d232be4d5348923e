"""uvicorn's HTTP with bounds: how long a request's head may be, how long a request may take to come, how long nobody
may read an answer, and how many connections there are.

By itself it keeps a head of any length in memory, and a connection that never finishes its request, or never reads
its answer, for ever.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from itertools import islice
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dashboard.entry.addresses import is_among, line_of
from dashboard.entry.crowd import COME_AGAIN_S, FULL, MOST, Crowd
from dashboard.entry.hosts import PROXIED

log = logging.getLogger(__name__)

MOST_HEAD_BYTES: Final = 32_768
"""Address and headers: what common proxies let through, and ten times what our own pages send."""
WITHIN_S: Final = 20.0
"""From the connection, or the answer before, to the last byte of the request: nothing here is sent in longer forms."""
UNREAD_S: Final = 30.0
LEAST_READ_BYTES: Final = 16_384
"""In that time, of an answer that does not fit into the line's buffers: half a kilobyte a second."""
LOOK_AT: Final = 50
"""Connections that may still be sending their last answer, before nobody is asked to make room."""
OTHER_FILES: Final = 200
"""Of those a process may have open: the database, the log, what is being served."""
_TOO_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: %d\r\nrefresh: %d\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n" % (COME_AGAIN_S, COME_AGAIN_S)
)


def allow_open_files() -> None:
    """As many as a full house takes, or as the system lets us: each connection is one, and 1,024 is a common limit.

    For the process that starts the others: they inherit it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + OTHER_FILES if hard == resource.RLIM_INFINITY else min(MOST + OTHER_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def room() -> int:
    """How many connections this process may have: never so many that a file cannot be opened any more."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(1, min(MOST, soft - OTHER_FILES))


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    crowd: ClassVar[Crowd] = Crowd(most=room())
    waiting: ClassVar[dict[BoundedHttp, None]] = {}
    """Those whose request has not come yet, the longest first."""

    _in_head = True
    _coming = 0
    _hurry: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None
    _line: str | None = None  # None: it was not let in
    _is_proxy = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._is_proxy = is_among(address, _proxies(self.config.forwarded_allow_ips))
        line = "" if self._is_proxy else line_of(address)
        if not self.crowd.enter(line, make_room=self._make_room):
            log.warning(FULL)
            transport.write(_FULL)
            transport.close()
            return
        self._line = line
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_hurry()
        self.resume_writing()
        if self._line is not None:
            self.crowd.leave(self._line)
            self._line = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._coming += len(data)
        super().data_received(data)
        if self._in_head and self._coming > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._is_proxy:
            self.scope["extensions"] = {PROXIED: {}}

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

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reading is None:
            self._watch_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _watch_reading(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(UNREAD_S, self._still_read, left)

    def _still_read(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < LEAST_READ_BYTES:
            self.transport.abort()
        else:
            self._watch_reading()

    def _make_room(self) -> bool:
        """Who has waited longest without asking for anything makes room for who comes: never who is being answered."""
        idle = (one for one in islice(self.waiting, LOOK_AT) if not one.transport.get_write_buffer_size())
        longest = next(idle, None)
        if longest is None:
            return False
        longest.transport.abort()
        longest._no_hurry()
        return True

    def _wait_for_request(self) -> None:
        self._no_hurry()
        self.waiting[self] = None
        self._hurry = self.loop.call_later(WITHIN_S, self._end)

    def _no_hurry(self) -> None:
        self.waiting.pop(self, None)
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def _proxies(given: list[str] | str) -> tuple[str, ...]:
    return tuple(given.split(",")) if isinstance(given, str) else tuple(given)
