"""Callbacks sent on a fixed schedule, whatever the answers do: latency counts from the moment one was due."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from rehearsal.platforms.wechatpay_wire import PROBE, Keys
from tests.ingest.pushes import push

OPENING = datetime(2022, 10, 28, 1, 0, tzinfo=UTC)
SIGNED_AT = OPENING + timedelta(seconds=120)  # signatures hold for 300 s either way
FACE_FEN = 2_000
TWICE, PROBED = 0.02, 0.01
CONNECTIONS = 64
_LEAD_S = 0.5
NO_ANSWER = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One request as bytes. `probe`: signed wrongly, to be refused."""

    request: bytes
    probe: bool = False


@dataclass(slots=True)
class Told:
    """What the sender saw."""

    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[Push] = field(default_factory=list)  # meant to be taken, and not taken: to be sent again
    probes_taken: int = 0


def sealed(keys: Keys, n: int, *, port: int) -> list[Push]:
    """`n` requests in the order they are sent, repetitions and probes among them; the same draw each time."""
    rng, plan, no = Random(7), [], 0
    for _ in range(n):
        draw = rng.random()
        if draw < TWICE and no:
            plan.append((rng.randrange(no), False))
        elif draw < TWICE + PROBED:
            plan.append((no, True))
        else:
            plan.append((no, False))
            no += 1
    context = multiprocessing.get_context("fork")  # keys cannot be pickled, only inherited
    with context.Pool(initializer=_inherit, initargs=(keys, port)) as pool:
        return pool.starmap(_push, plan, chunksize=200)


_inherited: tuple[Keys, int]


def _inherit(keys: Keys, port: int) -> None:
    global _inherited
    _inherited = keys, port


def _push(no: int, probe: bool) -> Push:
    keys, port = _inherited
    headers, body = push(keys, SIGNED_AT, no)
    if probe:
        headers["Wechatpay-Signature"] = PROBE + headers["Wechatpay-Signature"][len(PROBE) :]
    return Push(request=request("/hooks/wechat", f"127.0.0.1:{port}", headers, body), probe=probe)


def request(path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    """HTTP/1.1, kept alive."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(pushes: Sequence[Push], *, port: int, rate: float) -> Told:
    """All of them, `rate` a second."""
    return asyncio.run(_send(pushes, port=port, rate=rate))


async def _send(pushes: Sequence[Push], *, port: int, rate: float) -> Told:
    told, turns = Told(), iter(range(len(pushes)))
    start = asyncio.get_running_loop().time() + _LEAD_S
    await asyncio.gather(*(_line(pushes, turns, told, start, port, rate) for _ in range(CONNECTIONS)))
    return told


async def _line(
    pushes: Sequence[Push], turns: Iterator[int], told: Told, start: float, port: int, rate: float
) -> None:
    """One connection, opened again when it breaks; takes whichever is due next."""
    now = asyncio.get_running_loop().time
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for turn in turns:
        due = start + turn / rate
        await asyncio.sleep(max(0.0, due - now()))
        try:
            line = line or await asyncio.open_connection("127.0.0.1", port)
            line[1].write(pushes[turn].request)
            status = await _status(line[0])
        except (OSError, asyncio.IncompleteReadError):
            line, status = None, NO_ANSWER
        told.latencies_s.append(now() - due)
        told.statuses[status] += 1
        taken = 200 <= status < 300
        if pushes[turn].probe:
            told.probes_taken += taken
        elif not taken:
            told.refused.append(pushes[turn])
    if line:
        line[1].close()


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name == "content-length":
            await reader.readexactly(int(value))
    return int(head.split(" ", 2)[1])
