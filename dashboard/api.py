"""What programs ask for: snapshots, the stream of hints, and the process's health."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query, Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from dashboard.access import cookies
from dashboard.clock import Clock
from dashboard.orders import OrderBook
from dashboard.shelf import Picture, Shelf
from dashboard.stream import Tail, hints
from dashboard.visitors import Unreachable, Visitors
from domain.terms import SHANGHAI
from store.engine import read
from store.queries.snapshots import Snapshot, snapshot_at

AWAY_AFTER_S = 5.0
MOST_DIGITS = 16


def add_routes(
    site: FastAPI,
    engine: Engine,
    tail: Tail,
    shelf: Shelf,
    visitors: Visitors,
    orders: OrderBook,
    *,
    clock: Clock,
    build: str,
    city: str,
    scopes: Collection[str],
) -> None:
    """`/api/v1/snapshot`, `/api/v1/stream`, `/healthz`, `/readyz`, `/metrics`."""

    def told() -> dict[str, str]:
        verified = tail.verified_s
        return {
            "x-build": build,
            "x-server-time": clock.now().isoformat(),
            "x-clock-speed": f"{clock.speed:g}",
            "x-verified-s": "" if verified is None else f"{verified:.2f}",
        }

    async def picture(scope: str, at: datetime | None, hinted: int) -> Picture | None:
        if at is None:
            return await shelf.newest(scope, hinted=hinted)
        found = await asyncio.to_thread(_at, engine, scope, at)
        return None if found is None else Picture(found)

    @site.get("/api/v1/snapshot", summary="The city's picture", response_class=Response)
    @site.get("/api/v1/snapshot/{scope}", summary="One division's picture", response_class=Response)
    async def snapshot(
        request: Request,
        scope: str = city,
        at: Annotated[str | None, Query(description="as it was then; RFC 3339, else local time")] = None,
    ) -> Response:
        """ETag is the version; 304 when it has not changed. `?at=` replays the past.

        `?since=` is the version a page shows: where that is still held, only what changed since then is sent, and said
        to be so by `since` in the answer.
        """
        if scope not in scopes:
            return _problem(404, "no such division", told())
        try:
            moment = None if at is None else parse_moment(at)
        except ValueError:
            return _problem(400, "at: not a time such as 2022-10-28T09:05", told())
        try:
            found = await picture(scope, moment, _number(request, "hinted"))
        except SQLAlchemyError:
            return _problem(503, "the store does not answer", told() | {"retry-after": "2"})
        if found is None:
            nothing = (404, "no picture that old") if moment else (503, "no picture yet")
            return _problem(*nothing, told())
        since = 0 if moment else _number(request, "since")
        changes = await shelf.changes(found, since=since) if since else None
        return _picture(found, changes, request.headers, told())

    @site.get("/api/v1/stream", summary="Hints that there is something new", response_class=Response)
    @site.get("/api/v1/stream/{scope}", summary="The same for one division", response_class=Response)
    async def stream(request: Request, scope: str = city) -> Response:
        """Server-sent events: at once, at every new version, and each five seconds."""
        if scope not in scopes:
            return _problem(404, "no such division", told())
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        known, display_id = cookies(request.headers), request.scope["visitor"].display_id

        async def may_stay() -> bool:
            try:
                return await visitors.of(known) is not None
            except Unreachable:
                return True  # hints hold no data, and the store will be back

        async def ordered() -> dict[str, object]:
            return await orders.told(display_id)

        return StreamingResponse(
            hints(tail, scope, clock=clock, build=build, may_stay=may_stay, told=ordered),
            media_type="text/event-stream",
            headers=headers,
        )

    @site.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return JSONResponse({"up": True})

    @site.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        state = await readiness(tail, shelf, clock=clock, city=city)
        return JSONResponse(state, 200 if state["ready"] else 503)

    @site.get("/metrics", include_in_schema=False)
    async def metrics(_: Request) -> Response:
        state = await readiness(tail, shelf, clock=clock, city=city)
        return PlainTextResponse(metrics_text(tail, state), media_type="text/plain; version=0.0.4")


def parse_moment(text: str) -> datetime:
    """RFC 3339, or local time without an offset. Raises ValueError. A `+` in an address arrives as a space."""
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


async def readiness(tail: Tail, shelf: Shelf, *, clock: Clock, city: str) -> dict[str, object]:
    """Store, worker and newest picture. `snapshot_age_s` is in real seconds, also in a rehearsal."""
    newest = await shelf.newest(city)
    verified = tail.verified_s
    is_store_up = verified is not None and verified < AWAY_AFTER_S
    age = None if newest is None else round(clock.real_s(clock.now() - newest.snapshot.made_at), 1)
    return {
        "ready": is_store_up and tail.is_worker_alive and newest is not None,
        "store": "up" if is_store_up else "down",
        "worker": "up" if tail.is_worker_alive else "down",
        "snapshot_age_s": age,
    }


def metrics_text(tail: Tail, state: dict[str, object]) -> str:
    """Prometheus text format."""
    lines = [
        f"quanqing_store_up {int(state['store'] == 'up')}",
        f"quanqing_worker_up {int(state['worker'] == 'up')}",
        f"quanqing_streams_open {tail.open_streams}",
    ]
    if state["snapshot_age_s"] is not None:
        lines.append(f"quanqing_snapshot_age_seconds {state['snapshot_age_s']}")
    lines += [
        f'quanqing_snapshot_version{{scope="{scope}"}} {version}'
        for scope, version in sorted(tail.versions.items())
    ]
    return "\n".join(lines) + "\n"


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


def _problem(status: int, message: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"error": {"code": status, "message": message}}, status, headers=headers)


def _at(engine: Engine, scope: str, at: datetime) -> Snapshot | None:
    with read(engine) as conn:
        return snapshot_at(conn, scope, at)
