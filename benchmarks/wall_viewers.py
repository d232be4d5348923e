"""Viewers without a screen: they ask in turns as a page does, or listen to the hints and fetch what is new.

They run in a process of their own (`apart`), so that no server's CPU is counted with theirs. Latency counts from the
moment a request was due.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

_LEAD_S = 0.3
_LIMIT = 2**22  # bytes of one answer's head or line


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """`viewers` of them, each asking all of `requests` one after the other, every `every_s`, `turns` times."""

    port: int
    requests: tuple[bytes, ...]
    viewers: int
    every_s: float
    turns: int


@dataclass(slots=True)
class Seen:
    """What all viewers saw: one latency a turn, and the bytes of the answers' bodies."""

    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    body_bytes: int = 0


def apart() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def request(method: str, path: str, port: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: gzip"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask_in_turns(plan: Turns) -> Seen:
    """Viewers begin spread over their interval, as pages that were opened at different times."""
    return asyncio.run(_ask_in_turns(plan))


async def _ask_in_turns(plan: Turns) -> Seen:
    seen, start = Seen(), asyncio.get_running_loop().time() + _LEAD_S
    begin = (start + plan.every_s * i / plan.viewers for i in range(plan.viewers))
    await asyncio.gather(*(_viewer(plan, at, seen) for at in begin))
    return seen


async def _viewer(plan: Turns, start: float, seen: Seen) -> None:
    now = asyncio.get_running_loop().time
    line = await Line.opened(plan.port)
    for turn in range(plan.turns):
        due = start + turn * plan.every_s
        await asyncio.sleep(max(0.0, due - now()))
        for one in plan.requests:
            status, _, body = await line.ask(one)
            seen.statuses[status] += 1
            seen.body_bytes += len(body)
        seen.latencies_s.append(now() - due)
    line.close()


@dataclass(frozen=True, slots=True)
class Line:
    """One connection, kept alive."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def opened(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT))

    async def ask(self, asked: bytes) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(asked)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *others = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in others)}
        body = await self._body(headers)
        return int(first.split(" ", 2)[1]), headers, body

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.readexactly(int(headers.get("content-length", 0)))
        parts = []
        while size := int(await self.reader.readline(), 16):
            parts.append(await self.reader.readexactly(size))
            await self.reader.readline()
        await self.reader.readline()
        return b"".join(parts)

    def close(self) -> None:
        self.writer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Displays as `live.js` makes them: one line for the hints, one for the pictures, until `done` is told."""

    port: int
    cookie: str
    displays: int
    for_s: float


def listen(plan: Listeners) -> list[list[tuple[int, float]]]:
    """By display: (version, when its picture was there, seconds since 1970), in order."""
    return asyncio.run(_listen(plan))


async def _listen(plan: Listeners) -> list[list[tuple[int, float]]]:
    got: list[list[tuple[int, float]]] = [[] for _ in range(plan.displays)]
    tasks = [asyncio.create_task(_display(plan, mine)) for mine in got]
    await asyncio.sleep(plan.for_s)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [end for end in ended if not isinstance(end, asyncio.CancelledError)]
    if broken:
        raise RuntimeError(f"{len(broken)} displays lost their line") from broken[0]
    return got


async def _display(plan: Listeners, got: list[tuple[int, float]]) -> None:
    cookie = {"Cookie": plan.cookie}
    hints, pictures = await Line.opened(plan.port), await Line.opened(plan.port)
    hints.writer.write(request("GET", "/api/v1/stream", plan.port, **cookie))
    await hints.reader.readuntil(b"\r\n\r\n")
    tag, shown = "", 0
    while True:
        line = await hints.reader.readline()
        hinted = json.loads(line[6:])["version"] if line.startswith(b"data: ") else shown
        if hinted == shown:
            continue
        headers = cookie | ({"If-None-Match": tag} if tag else {})
        asked = request("GET", f"/api/v1/snapshot?hinted={hinted}&since={shown}", plan.port, **headers)
        try:
            status, told, _ = await pictures.ask(asked)
        except (OSError, asyncio.IncompleteReadError):  # idle for so long that the server closed it
            pictures = await Line.opened(plan.port)
            status, told, _ = await pictures.ask(asked)
        if status == 200:
            tag = told["etag"]
            shown = int(tag.strip('"').split("-")[0])
            got.append((shown, time.time()))


def first_shown(mine: list[tuple[int, float]], version: int, at: float) -> float:
    """How long after `at` a display had the picture of `version`, or a newer one; for ever if it never had."""
    return next((when - at for shown, when in mine if shown >= version), float("inf"))


def p(latencies: Sequence[float], share: float) -> float:
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def far(pool: ProcessPoolExecutor, work: Callable[[Any], Any], plan: Any) -> Callable[[], Any]:
    """Begin in the other process; what is returned waits for the result."""
    return partial(pool.submit(work, plan).result, timeout=300)
