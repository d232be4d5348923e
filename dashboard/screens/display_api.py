"""What a display says of itself, twice a minute. The answer tells it its orders, also where no stream gets through."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from dashboard.forms import short_body
from dashboard.screens.orders import OrderBook
from domain.displays import Report
from domain.scenes import Scene
from store.engine import write
from store.writes.displays import save_report

log = logging.getLogger(__name__)

MOST_BYTES = 4096
KEEP_EVERY_S = 10.0
_Type = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class Told(BaseModel):
    """The report as it arrives. Numbers in their ranges, scenes by our own names: no text of its own gets in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    build: Annotated[str, Field(pattern=r"^[0-9a-z]{1,16}$")]
    width_px: Annotated[int, Field(ge=1, le=100_000)]
    height_px: Annotated[int, Field(ge=1, le=100_000)]
    pixel_ratio: Annotated[float, Field(gt=0, le=32, allow_inf_nan=False)]
    heap_bytes: Annotated[int, Field(ge=0, le=2**50)] | None
    scene: Scene | None
    type_px: dict[Scene, tuple[_Type, _Type | None]]


def add_routes(site: FastAPI, engine: Engine, orders: OrderBook, *, real_now: Callable[[], datetime]) -> None:
    """`POST /api/v1/display`."""
    kept_at: dict[int, float] = {}

    def keep(display_id: int, told: Told) -> None:
        if time.monotonic() - kept_at.get(display_id, -1e9) < KEEP_EVERY_S:
            return
        with write(engine) as conn:
            save_report(conn, display_id, Report(**told.model_dump()), real_now())
        kept_at[display_id] = time.monotonic()

    @site.post("/api/v1/display", summary="A display reports, and is told", response_class=Response)
    async def report(request: Request) -> Response:
        display_id: int = request.scope["visitor"].display_id
        try:
            told = Told.model_validate_json(await short_body(request, most=MOST_BYTES) or b"")
        except ValidationError:  # its words would repeat what was sent
            return JSONResponse({"error": {"code": 422, "message": "not a display's report"}}, 422)
        try:
            await asyncio.to_thread(keep, display_id, told)
        except SQLAlchemyError:
            log.warning("could not keep a display's report")
        return JSONResponse(await orders.told(display_id))
