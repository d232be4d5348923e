"""Answers over HTTP, given well or badly: every server of the rehearsal sends through here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rehearsal.faults import Faults

_DRIPS = 10
_BUSY = "<!DOCTYPE html><html><head><title>502</title></head><body>系统繁忙，请稍后再试</body></html>"


class Broken(Response):
    """An answer that declares its whole length and sends it slowly, or less of it than declared."""

    def __init__(
        self, body: bytes, *, media_type: str, headers: Mapping[str, str], sent: int, pause_s: float
    ):
        super().__init__(body, media_type=media_type, headers=dict(headers))
        self._sent, self._pause_s = sent, pause_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        step = max(1, -(-self._sent // _DRIPS))
        for start in range(0, self._sent, step):
            part = bytes(self.body[start : min(start + step, self._sent)])
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(self._pause_s)
        if self._sent == len(self.body):
            await send({"type": "http.response.body", "body": b""})
        # else: returned unfinished on purpose; the server then closes the connection


def answer(
    faults: Faults, body: bytes, *, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The body as it should arrive, or as the next fault has it. Real seconds pass only in the slow one."""
    headers = headers or {}
    fault = faults.wire()
    if fault is None:
        return Response(body, media_type=media_type, headers=dict(headers))
    faults.hit(fault)
    if fault == "http_500":
        return error(500, "internal_error", "the platform is busy")
    if fault == "http_429":
        return error(429, "too_many_requests", "wait before asking again", headers={"Retry-After": "1"})
    if fault == "html":  # in JSON's clothes: some box on the way says it is busy
        return Response(_BUSY.encode(), media_type=media_type)
    if fault == "empty":
        return Response(b"", media_type=media_type)
    if fault == "truncated":
        return Response(body[: len(body) * 2 // 3], media_type=media_type, headers=dict(headers))
    slow = fault == "slow"
    return Broken(
        body,
        media_type=media_type,
        headers=headers,
        sent=len(body) if slow else len(body) // 2,
        pause_s=faults.level.drip_s / _DRIPS if slow else 0,
    )


def error(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Response(body, status_code=status, media_type="application/json", headers=dict(headers or {}))
