"""W12: no stranger fills the memory with a head, holds a connection for ever, or stops the process with a cookie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from uvicorn.server import ServerState

from dashboard import bounded_http
from dashboard.bounded_http import MOST_HEAD_BYTES, BoundedHttp
from dashboard.entry.visitors import cookies
from dashboard.web import SERVE

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]
HEAD = b"POST /x HTTP/1.1\r\nHost: x\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Says how much it was sent; on /slow it talks for longer than a request may take to come, on /large much."""

    async def words() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.2)
            yield b"word"

    body = await Request(scope, receive).body()
    if scope["path"] == "/large":
        await PlainTextResponse(b"x" * 40_000_000)(scope, receive, send)
        return
    answer = (
        StreamingResponse(words()) if scope["path"] == "/slow" else PlainTextResponse(f"{len(body)} bytes")
    )
    await answer(scope, receive, send)


@asynccontextmanager
async def serving(asked: Any = app) -> AsyncIterator[int]:
    config, state = uvicorn.Config(asked, lifespan="off", log_config=None), ServerState()
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedHttp(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def talk(said: Talk) -> Any:
    async def all_of_it() -> Any:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return await asyncio.wait_for(said(reader, writer), 20)
            finally:
                writer.close()

    return asyncio.run(all_of_it())


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:  # closed while more was on its way
        return b""


def test_it_is_what_serves() -> None:
    assert SERVE["http"] == "dashboard.bounded_http:BoundedHttp"


@pytest.mark.parametrize("piece", [b"Cookie: a=" + b"x" * 4_000, b"A: b\r\n" * 700], ids=["one", "many"])
@pytest.mark.parametrize("at_once", [True, False])
def test_w12_a_head_without_end_is_cut_off(piece: bytes, at_once: bool) -> None:
    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        pieces = [piece] * 20
        for part in [HEAD, b"".join(pieces) + b"\r\n\r\n"] if at_once else [HEAD, *pieces]:
            writer.write(part)
            try:
                await writer.drain()
            except ConnectionError:
                break
        return await until_closed(reader)

    answer = talk(said)
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"431")


@pytest.mark.parametrize("body", [0, 100, 3 * MOST_HEAD_BYTES])
def test_w12_what_is_within_the_bounds_is_answered_again_and_again_on_one_connection(body: int) -> None:
    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[bytes]:
        told = []
        for _ in range(3):
            writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % body)
            for _ in range(3):
                writer.write(b"x" * (body // 3))
                await writer.drain()
            writer.write(b"x" * (body - 3 * (body // 3)))
            head = await reader.readuntil(b"\r\n\r\n")
            told.append(head.split(b" ")[1] + b" " + await reader.readexactly(len(b"%d bytes" % body)))
        return told

    assert talk(said) == [b"200 %d bytes" % body] * 3


@pytest.mark.parametrize(
    "begun", [b"", b"\r\n", b"GET / HT", HEAD, HEAD + b"Content-Length: 9\r\n\r\nx"], ids=range(5)
)
def test_w12_who_does_not_finish_a_request_is_let_go(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(bounded_http, "WITHIN_S", 0.2)

    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun)
        return await until_closed(reader)

    assert talk(said) == b""


def test_w12_an_answer_may_take_as_long_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "WITHIN_S", 0.2)

    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return await until_closed(reader)

    assert talk(said).count(b"word") == 3


def test_w12_no_cookie_keeps_the_process_busy() -> None:
    """The standard library's parser takes time by the square of what is quoted: seconds for a head of these."""
    quoted = 'a="' + '\\"' * (MOST_HEAD_BYTES // 2) + '"; quanqing-session=token'
    assert cookies(Headers({"cookie": quoted}))["quanqing-session"] == "token"
    assert "SimpleCookie" not in cookies.__code__.co_names


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a=1; b=x%20y", {"a": "1", "b": "x%20y"}),
        ("a=1;b=2", {"a": "1", "b": "2"}),
        (" a = 1 ", {"a": "1"}),
        ("a=1; a=2", {"a": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("", {}),
        (";;=;x; =y", {}),
        ('a="b=="; c="', {"a": "b==", "c": ""}),
    ],
)
def test_cookies_are_read_one_by_one(sent: str, read: dict[str, str]) -> None:
    assert cookies(Headers({"cookie": sent})) == read
