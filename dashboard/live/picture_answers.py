"""Answering for pictures: `/api/v1/snapshot`, asked by every page at every version and each time it is unsure."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.clock import Clock
from dashboard.live.shelf import Picture, Shelf
from dashboard.live.stream import Tail
from domain.terms import SHANGHAI
from store.engine import read
from store.queries.snapshots import Snapshot, snapshot_at

SNAPSHOT: Final = "/api/v1/snapshot"
MOST_DIGITS = 16


class PictureAnswers:
    """One by process."""

    def __init__(
        self,
        engine: Engine,
        tail: Tail,
        shelf: Shelf,
        *,
        clock: Clock,
        build: str,
        city: str,
        scopes: Collection[str],
    ) -> None:
        self._engine, self._tail, self._shelf = engine, tail, shelf
        self._clock, self._build, self._scopes = clock, build, scopes
        self.city = city

    async def newest(self, request: Request, scope: str) -> Response:
        """ETag is the version; 304 when it has not changed. What changed alone where `since` is still held."""
        if scope not in self._scopes:
            return self.problem(404, "no such division")
        found = await self._shelf.newest(scope, hinted=_number(request, "hinted"))
        if found is None:
            return self.problem(503, "no picture yet")
        since = _number(request, "since")
        changes = await self._shelf.changes(found, since=since) if since else None
        return _picture(found, changes, request.headers, self._told())

    async def at(self, request: Request, scope: str, at: str) -> Response:
        """The picture as it was then."""
        if scope not in self._scopes:
            return self.problem(404, "no such division")
        try:
            moment = parse_moment(at)
        except ValueError:
            return self.problem(400, "at: not a time such as 2022-10-28T09:05")
        try:
            found = await asyncio.to_thread(_at, self._engine, scope, moment)
        except SQLAlchemyError:
            return self.problem(503, "the store does not answer", retry_s=2)
        if found is None:
            return self.problem(404, "no picture that old")
        return _picture(Picture(found), None, request.headers, self._told())

    def problem(self, status: int, message: str, *, retry_s: int | None = None) -> Response:
        headers = self._told() | ({} if retry_s is None else {"retry-after": str(retry_s)})
        return JSONResponse({"error": {"code": status, "message": message}}, status, headers=headers)

    def _told(self) -> dict[str, str]:
        verified = self._tail.verified_s
        return {
            "x-build": self._build,
            "x-server-time": self._clock.now().isoformat(),
            "x-clock-speed": f"{self._clock.speed:g}",
            "x-verified-s": "" if verified is None else f"{verified:.2f}",
        }


class Shortcut:
    """Behind the gate, before the router: finding the route and filling its parameters in costs more than the answer.

    Replays and whatever else has to be looked at go the usual way.
    """

    def __init__(self, app: ASGIApp, answers: PictureAnswers) -> None:
        self._app, self._answers = app, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        answer = await self._answers.newest(Request(scope), asked or self._answers.city)
        await answer(scope, receive, send)


def _asked(scope: Scope) -> str | None:
    """The division asked for, "" for the city's; None: not a plain question for the newest picture."""
    if scope["type"] != "http" or not scope["path"].startswith(SNAPSHOT):
        return None
    _, slash, code = scope["path"].removeprefix(SNAPSHOT).partition("/")
    query = scope["query_string"]
    is_plain = scope["method"] == "GET" and b"at=" not in query and b"%" not in query and "/" not in code
    return code if is_plain and bool(slash) is bool(code) else None


def parse_moment(text: str) -> datetime:
    """RFC 3339, or local time without an offset. Raises ValueError. A `+` in an address arrives as a space."""
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _number(request: Request, name: str) -> int:
    """A version, 0 where none is given. Read by hand, like the headers: a declared parameter costs every refresh."""
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < MOST_DIGITS else 0


def _picture(found: Picture, changes: bytes | None, asked: Headers, told: dict[str, str]) -> Response:
    if_none_match, accept_encoding = asked.get("if-none-match", ""), asked.get("accept-encoding", "")
    headers = told | {"etag": found.snapshot.etag, "vary": "accept-encoding", "cache-control": "no-store"}
    if found.snapshot.etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        headers["content-encoding"] = "gzip"
        return Response(changes or found.snapshot.body_gzip, headers=headers, media_type="application/json")
    return Response(found.body, headers=headers, media_type="application/json")


def _at(engine: Engine, scope: str, at: datetime) -> Snapshot | None:
    with read(engine) as conn:
        return snapshot_at(conn, scope, at)
