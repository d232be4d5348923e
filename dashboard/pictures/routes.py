"""`/pictures`: a scene of the wall as PNG, of now or of then, for whoever may see that wall."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.auditing import Proven, doer_of, not_theirs
from dashboard.clock import Clock
from dashboard.entry.identity import Visitor
from dashboard.live.picture_answers import parse_moment
from dashboard.live.snapshot import city_scope, county_scopes
from dashboard.pages import message_page
from dashboard.pictures.scene import scene_picture
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.scenes import Scene
from domain.terms import local
from store.queries.snapshots import Snapshot, latest_snapshot, snapshot_at

PATH = "/pictures"
BAD = "请选择场景、您可查看的范围，以及首张画面以后、当前以前的时刻。"
NONE = "该时刻没有存档的大屏画面：早于首张画面，或已按期清理。"


def add_routes(
    site: FastAPI, engine: Engine, campaign: Campaign, fonts: Path | None, *, clock: Clock
) -> None:
    """`fonts`: the office's own."""
    scopes = frozenset(s.code for s in (city_scope(campaign), *county_scopes(campaign)))
    answer, turn = answering(engine), asyncio.Lock()

    @site.get(PATH, include_in_schema=False)
    async def picture(request: Request) -> Response:
        visitor: Visitor = request.scope["visitor"]
        doer, told = doer_of(request), request.query_params

        def make(conn: Connection) -> Response | Proven:
            scope = told.get("scope", "")
            scene = next((s for s in Scene if s.value == told.get("scene")), None)
            try:
                at = _moment(told, now=clock.now())
            except ValueError:
                return HTMLResponse(message_page(BAD), 400)
            if scope in scopes and not visitor.may_see(scope):
                not_theirs(request)
            if scene is None or scope not in scopes or not visitor.may_see(scope):
                return HTMLResponse(message_page(BAD), 400)
            found = latest_snapshot(conn, scope) if at is None else snapshot_at(conn, scope, at)
            body = _drawn(found, scene, fonts)
            if found is None or body is None:
                return HTMLResponse(message_page(NONE), 404)
            name = f"{scene}-{scope}-{local(found.made_at):%Y%m%dT%H%M%S}-{found.version}.png"
            headers = {
                "content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"
            }  # fmt: skip
            return Proven(
                response=Response(body, media_type="image/png", headers=headers),
                doer=doer,
                action=Action.EXPORT,
                subject="picture",
                detail={
                    "scope": scope,
                    "scene": scene.value,
                    "as_of": found.made_at,
                    "version": found.version,
                },
            )

        async with (
            turn
        ):  # a second of a core each, and walls come first: who waits has no thread and no connection
            return await answer(make)


def _moment(told: Mapping[str, str], *, now: datetime) -> datetime | None:
    """None: the newest there is. Raises ValueError for what is no time, or yet to come."""
    asked = told.get("at", "").strip()
    if not asked:
        return None
    at = parse_moment(asked)
    if at > now:
        raise ValueError(asked)
    return at


def _drawn(found: Snapshot | None, scene: Scene, fonts: Path | None) -> bytes | None:
    """None where there is nothing to draw."""
    if found is None:
        return None
    try:
        return scene_picture(found, scene, fonts=fonts)
    except StoreError:
        return None
