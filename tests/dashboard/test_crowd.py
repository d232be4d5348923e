"""W12: how many connections and requests there may be at a time, and what becomes of who is one too many."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.responses import StreamingResponse
from uvicorn.server import ServerState

from dashboard import bounded_http
from dashboard.bounded_http import LEAST_READ_BYTES, OTHER_FILES, BoundedHttp, allow_open_files, room
from dashboard.entry import crowd as crowds
from dashboard.entry.crowd import MOST, MOST_OF_ONE_LINE, Crowd, Crowded
from tests.dashboard.test_bounded_http import app, serving, until_closed

PATIENCE_S = 30.0
SCREENS = 500
EACH = 7  # six connections of a browser that starts, and its event stream
GET = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


def test_w12_five_hundred_screens_behind_one_address_all_start_at_once() -> None:
    crowd = Crowd()
    assert all(crowd.enter("198.51.100.7") for _ in range(SCREENS * EACH))
    assert all(crowd.enter("203.0.113.9") for _ in range(SCREENS * EACH)), "and another hall as well"


def test_w12_one_line_never_takes_the_place_of_everybody() -> None:
    crowd = Crowd()
    let_in = sum(crowd.enter("198.51.100.7") for _ in range(2 * MOST))
    assert let_in == MOST_OF_ONE_LINE < MOST
    assert crowd.enter("203.0.113.9")
    crowd.leave("198.51.100.7")
    assert crowd.enter("198.51.100.7")


def test_w12_who_leaves_is_not_remembered() -> None:
    crowd = Crowd(most=10)
    for n in range(1_000):
        assert crowd.enter(f"10.0.{n // 250}.{n % 250}")
        crowd.leave(f"10.0.{n // 250}.{n % 250}")
    assert not crowd._lines
    assert crowd._inside == 0


def test_w12_requests_under_way_and_streams_are_counted_by_where_people_come_from() -> None:
    """Behind a proxy, too: by the address it told. Whoever is one too many reads when to come again, also a screen."""
    told: list[tuple[int, dict[bytes, bytes]]] = []

    async def everybody() -> None:
        ended = asyncio.Event()

        async def stream(scope: Any, receive: Any, send: Any) -> None:
            await ended.wait()

        async def one(address: str) -> None:
            async def send(message: Any) -> None:
                if message["type"] == "http.response.start":
                    told.append((message["status"], dict(message["headers"])))

            scope = {"type": "http", "client": (address, 0), "path": "/", "headers": []}
            await crowded(scope, None, send)  # type: ignore[arg-type]

        crowded = Crowded(stream, counted)
        lines = (
            ["203.0.113.7"] * 5
            + ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"]
            + ["10.0.0.1"] * 3
            + ["10.0.0.2"]
        )
        asking = [asyncio.create_task(one(line)) for line in lines]
        await asyncio.sleep(0)
        ended.set()
        await asyncio.gather(*asking)

    counted = Crowd(most=8, most_of_one=3)
    asyncio.run(everybody())
    assert [status for status, _ in told] == [503] * (2 + 1 + 1 + 1)
    assert all(headers[b"retry-after"] == headers[b"refresh"] == b"5" for _, headers in told)
    assert (counted._inside, dict(counted._lines)) == (0, {}), "all of them left"


def test_w12_a_request_that_breaks_leaves_as_well() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    counted = Crowd(most=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            asyncio.run(Crowded(broken, counted)({"type": "http", "client": ("x", 1)}, None, None))  # type: ignore[arg-type]
    assert counted._inside == 0


def answering(ended: asyncio.Event) -> Any:
    """Begins an answer to everybody, whose rest comes once it is ended: however long it takes to look at the others."""

    async def answers(scope: Any, receive: Any, send: Any) -> None:
        async def words() -> AsyncIterator[bytes]:
            yield b"word"
            await ended.wait()
            yield b"word"

        await StreamingResponse(words())(scope, receive, send)

    return answers


def with_places(
    monkeypatch: pytest.MonkeyPatch, *, most: int, most_of_one: int = 99, proxy: bool = True
) -> None:
    monkeypatch.setattr(BoundedHttp, "crowd", Crowd(most=most, most_of_one=most_of_one))
    monkeypatch.setattr(BoundedHttp, "waiting", {})
    if not proxy:  # this machine is one that is trusted, by default
        monkeypatch.setattr(bounded_http, "_proxies", lambda _: ())


def test_w12_of_connections_without_a_request_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers that hold connections open keep nobody out: not from the last place, and not a stream from going on."""
    with_places(monkeypatch, most=4)

    async def all_of_them() -> tuple[list[bytes], bytes, bytes]:
        ended = asyncio.Event()
        async with serving(answering(ended)) as port:
            streaming, asks = await asyncio.open_connection("127.0.0.1", port)
            asks.write(GET)
            await streaming.readuntil(b"\r\n\r\n")
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
            late, asks_too = await asyncio.open_connection("127.0.0.1", port)
            asks_too.write(GET)
            ends = [await asyncio.wait_for(until_closed(reader), PATIENCE_S) for reader, _ in idle[:4]]
            ended.set()
            whole = await streaming.readuntil(b"0\r\n\r\n")
            answer = await late.readuntil(b"0\r\n\r\n")
            for _, writer in [*idle, (late, asks_too), (streaming, asks)]:
                writer.close()
            return ends, whole, answer

    ends, whole, answer = asyncio.run(all_of_them())
    assert ends == [b""] * 4
    assert whole.count(b"word") == 2
    assert answer.startswith(b"HTTP/1.1 200")


def test_w12_where_all_places_are_answered_who_comes_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_places(monkeypatch, most=2)
    told = asyncio.run(_third())
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 5\r\n" in told
    assert BoundedHttp.crowd._inside == 0


def test_w12_one_line_has_its_share_of_connections_and_a_proxy_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with_places(monkeypatch, most=99, most_of_one=2, proxy=False)
    assert asyncio.run(_third()).startswith(b"HTTP/1.1 503 ")
    monkeypatch.undo()
    with_places(monkeypatch, most=99, most_of_one=2)
    assert asyncio.run(_third()).startswith(b"HTTP/1.1 200 ")


async def _third() -> bytes:
    """What the third connection hears while two are being answered."""
    ended = asyncio.Event()
    async with serving(answering(ended)) as port:
        first = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in first:
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        ended.set()
        told += await asyncio.wait_for(until_closed(reader), PATIENCE_S)
        for mine, one in first:
            one.write(b"")
            one.close()
            await until_closed(mine)
        writer.close()
        while BoundedHttp.crowd._inside:
            await asyncio.sleep(0)
    return told


def test_w12_an_answer_nobody_reads_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "UNREAD_S", 0.2)
    monkeypatch.setattr(BoundedHttp, "crowd", Crowd())

    async def unread() -> int:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**14)
            writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            while BoundedHttp.crowd._inside:
                await asyncio.sleep(0.01)
            got = len(await until_closed(reader))
            writer.close()
            return got

    assert asyncio.run(asyncio.wait_for(unread(), 30)) < LARGE


class Line:
    """A transport with so much left to send, and the clock of its loop."""

    def __init__(self) -> None:
        self.left, self.is_gone, self.timers = 0, False, list[Callable[[], None]]()

    def get_write_buffer_size(self) -> int:
        return self.left

    def get_extra_info(self, _: str) -> None:
        return None

    def is_closing(self) -> bool:
        return self.is_gone

    def abort(self) -> None:
        self.is_gone = True

    close = abort

    def call_later(self, _: float, done: Callable[..., None], *args: Any) -> Any:
        self.timers.append(lambda: done(*args))
        return SimpleNamespace(cancel=lambda: None)


def test_w12_who_reads_on_however_slowly_gets_all_of_it() -> None:
    line = Line()
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()
    connection = BoundedHttp(config, ServerState(), {}, line)  # type: ignore[arg-type]
    connection.connection_made(line)
    line.timers.clear()
    line.left = 1_000_000
    connection.pause_writing()
    for _ in range(20):
        line.left -= LEAST_READ_BYTES
        line.timers.pop()()
        assert not line.is_gone
    line.left -= LEAST_READ_BYTES - 1
    line.timers.pop()()
    assert line.is_gone
    connection.connection_lost(None)
    assert not line.timers


LARGE = 40_000_000


def test_w12_no_more_connections_than_files_that_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,024 is what many systems give: the database must be reached with a full house, too."""
    for soft, hard, asked, after in (
        (1_024, 524_288, MOST + OTHER_FILES, 824), (1_024, 4_096, 4_096, 824), (20_000, 20_000, None, MOST),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, MOST), (64, 64, None, 1),
    ):  # fmt: skip
        set_to: list[tuple[int, int]] = []
        monkeypatch.setattr(resource, "getrlimit", lambda _, s=soft, h=hard: (s, h))
        monkeypatch.setattr(resource, "setrlimit", lambda _, limits, to=set_to: to.append(limits))
        assert room() == after
        allow_open_files()
        assert set_to == ([(asked, hard)] if asked else [])


def test_what_is_too_much_is_said_in_the_log_without_filling_it(caplog: pytest.LogCaptureFixture) -> None:
    async def one() -> None:
        async def send(_: Any) -> None: ...

        await Crowded(None, Crowd(most=0))({"type": "http", "client": ("x", 1)}, None, send)  # type: ignore[arg-type]

    asyncio.run(one())
    assert [record.msg for record in caplog.records] == [crowds.FULL], "one kind of line, whoever comes"
