"""Two hundred who mean no good: each asks again as soon as it is answered, from an address of its own.

Every other one tries to sign in, the rest bring made-up cookies: both make the server ask its store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from benchmarks.wall_viewers import Line, request
from dashboard.entry.visitors import SESSION_COOKIE

_CUT = (OSError, asyncio.IncompleteReadError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    port: int
    clients: int
    for_s: float


@dataclass(slots=True)
class Met:
    """By kind of client: how long each answer took, and which it was."""

    latencies_s: dict[str, list[float]] = field(default_factory=lambda: {"sign-in": [], "stranger": []})
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    cut_off: int = 0


def flood(plan: Flood) -> Met:
    return asyncio.run(_flood(plan))


async def _flood(plan: Flood) -> Met:
    met, end = Met(), asyncio.get_running_loop().time() + plan.for_s
    each = [asyncio.create_task(_client(plan, n, met, end)) for n in range(plan.clients)]
    await asyncio.wait(each, timeout=plan.for_s + 1)
    for one in each:
        one.cancel()
    await asyncio.gather(*each, return_exceptions=True)
    return met


async def _client(plan: Flood, n: int, met: Met, end: float) -> None:
    now, kind = asyncio.get_running_loop().time, ("sign-in", "stranger")[n % 2]
    for turn in count():
        with suppress(*_CUT):
            line = await Line.opened(plan.port)
            try:
                while now() < end:
                    began = now()
                    status, _, _ = await _asked(line, plan, n, turn, kind)
                    met.latencies_s[kind].append(now() - began)
                    met.statuses[kind, status] += 1
                return
            finally:
                line.close()
        met.cut_off += 1
        if now() >= end:
            return


def _asked(
    line: Line, plan: Flood, n: int, turn: int, kind: str
) -> Awaitable[tuple[int, dict[str, str], bytes]]:
    where = {"X-Forwarded-For": f"203.0.{n // 250}.{n % 250 + 1}"}
    if kind == "stranger":
        cookie = {"Cookie": f"{SESSION_COOKIE}=made-up-{n}-{turn}"}
        return line.ask(request("GET", "/api/v1/snapshot", plan.port, **where, **cookie))
    body = f"name=user{n}&password=wrong-{turn}".encode()
    asked = request("POST", "/login", plan.port, body, **where)
    form = b"Content-Type: application/x-www-form-urlencoded"
    return line.ask(asked.replace(b"Content-Type: application/json", form))
