"""What programs ask for: snapshots, the stream of hints, and the process's health."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from dashboard.clock import Clock
from dashboard.entry.visitors import Unreachable, Visitors, cookies
from dashboard.live.picture_answers import SNAPSHOT, PictureAnswers
from dashboard.live.shelf import Shelf
from dashboard.live.stream import Tail, hints
from dashboard.permissions import look_up, may_enter
from dashboard.screens.orders import OrderBook

AWAY_AFTER_S = 5.0
MOST_DIGITS = 16


def add_routes(
    site: FastAPI,
    tail: Tail,
    shelf: Shelf,
    visitors: Visitors,
    orders: OrderBook,
    answers: PictureAnswers,
    *,
    clock: Clock,
    build: str,
    scopes: Collection[str],
) -> None:
    """`/api/v1/snapshot`, `/api/v1/stream`, `/healthz`, `/readyz`, `/metrics`."""
    city = answers.city

    @site.get(SNAPSHOT, summary="The city's picture", response_class=Response)
    @site.get(SNAPSHOT + "/{scope}", summary="One division's picture", response_class=Response)
    async def snapshot(
        request: Request,
        scope: str = city,
        at: Annotated[str | None, Query(description="as it was then; RFC 3339, else local time")] = None,
    ) -> Response:
        """ETag is the version; 304 when it has not changed. `?at=` replays the past.

        `?since=` is the version a page shows: where that is still held, only what changed since then is sent, and said
        to be so by `since` in the answer.
        """
        return await (answers.newest(request, scope) if at is None else answers.at(request, scope, at))

    @site.get("/api/v1/stream", summary="Hints that there is something new", response_class=Response)
    @site.get("/api/v1/stream/{scope}", summary="The same for one division", response_class=Response)
    async def stream(request: Request, scope: str = city) -> Response:
        """Server-sent events: at once, at every new version, and each five seconds."""
        if scope not in scopes:
            return answers.problem(404, "no such division")
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        display_id = request.scope["visitor"].display_id
        entry = look_up("GET", request.scope["path"], city=city)
        known, said = cookies(request.headers), request.headers.get("authorization", "")

        async def may_stay() -> bool:
            try:
                visitor = await visitors.behind(known, said, request.scope["path"])
            except Unreachable:
                return True  # hints hold no data, and the store will be back
            return visitor is not None and visitor.may_see(scope) and may_enter(visitor, entry)

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
        f"quanqing_streams_open {tail.open_streams.total()}",
    ]
    if state["snapshot_age_s"] is not None:
        lines.append(f"quanqing_snapshot_age_seconds {state['snapshot_age_s']}")
    lines += [
        f'quanqing_snapshot_version{{scope="{scope}"}} {version}'
        for scope, version in sorted(tail.versions.items())
    ]
    return "\n".join(lines) + "\n"
