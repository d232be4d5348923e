"""`/displays`: pairing screens and telling them what to do. Whatever is done is kept with who did it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import NO_STORE
from dashboard.auditing import doer_of
from dashboard.forms import form_fields
from dashboard.pages import message_page
from dashboard.screens.display_pages import FleetPage, displays_page
from dashboard.screens.pairing import Reception
from domain.audit import Action
from domain.campaign import Campaign
from domain.displays import INCHES, METRES, Screen, clean_code, clean_name
from domain.errors import StoreError
from domain.scenes import Scene
from store.engine import read, write
from store.queries.displays import fleet, recent_actions
from store.writes import displays as orders
from store.writes.audit import write_audit

NO_CODE = "配对码不对，或已过期：请看屏幕上现在的码。"
TOO_MANY = "配对码输错次数过多，请 15 分钟后再试。"
NO_DISPLAY = "没有这块屏幕，或已撤销。"
NO_ACTION = "没有这个操作"
BAD_NAME = "名称须为 1 至 32 个字。"
BAD_SCOPE = "没有这个范围。"
BAD_SCREEN = "对角线须为 10 至 600 英寸，观看距离须为 0.5 至 50 米。"
BAD_HOURS = "夜间调暗须同时填写起止时间，且不相同；都不填即不调暗。"
BAD_SCENE = "没有这个场景。"
USUAL_DIM = (22 * 60, 6 * 60 + 30)
"""When a new display is dimmed until somebody says otherwise."""

_TOLD = ("name", "scene", "inches", "metres", "dim_from", "dim_until")
_NUMBER = re.compile(r"[0-9]{1,9}")

Fields = Mapping[str, str]


class Refused(Exception):
    """What was typed cannot be; the words are for the person who typed it."""


def add_routes(
    site: FastAPI,
    engine: Engine,
    campaign: Campaign,
    reception: Reception,
    *,
    build: str,
    wall: str,
    real_now: Callable[[], datetime],
) -> None:
    """The page and what its buttons do. `wall`: the address a screen opens."""
    about = campaign.campaign
    scopes = {about.city_code: "全市"} | {d.code: d.name for d in campaign.division}
    banner = about.illustrative_banner if about.illustrative else None

    def page(trouble: str | None = None, given: Fields | None = None) -> Response:
        with read(engine) as conn:
            found = FleetPage(
                displays=fleet(conn),
                actions=recent_actions(conn),
                scopes=scopes,
                build=build,
                wall=wall,
                now=real_now(),
                banner=banner,
            )
        return HTMLResponse(displays_page(found, trouble=trouble, given=given), 422 if trouble else 200)

    async def answer(work: Callable[[], Response]) -> Response:
        try:
            return await asyncio.to_thread(work)
        except SQLAlchemyError:
            return HTMLResponse(message_page(NO_STORE), 503)

    @site.get("/displays", include_in_schema=False)
    async def every() -> Response:
        return await answer(page)

    @site.post("/displays", include_in_schema=False)
    async def pair(request: Request) -> Response:
        fields, doer = await _fields(request), doer_of(request)

        def work() -> Response:
            try:
                scope = fields.get("scope", "")
                if scope not in scopes:
                    raise Refused(BAD_SCOPE)
                screen = _size(fields, dim=USUAL_DIM)
                code = clean_code(fields.get("code", ""))
                number = reception.enter(code, name=_name(fields), scope=scope, screen=screen, doer=doer)
            except Refused as refused:
                return page(str(refused), fields)
            except StoreError:
                return page(TOO_MANY, fields)
            if number is None:
                return page(NO_CODE, fields)
            return _back(number)

        return await answer(work)

    @site.post("/displays/{display}/{action}", include_in_schema=False)
    async def tell(request: Request, display: str, action: str) -> Response:
        fields, doer = await _fields(request), doer_of(request)
        if action not in _DO:
            return HTMLResponse(message_page(NO_ACTION), 404)
        number = int(display) if _NUMBER.fullmatch(display) else 0

        def work() -> Response:
            try:
                with write(engine) as conn:
                    _DO[action](conn, number, fields, doer.name, real_now())
                    detail = {"order": action} | {k: fields[k] for k in _TOLD if k in fields}
                    write_audit(conn, doer, Action.DISPLAY_ACT, subject=f"display {number}", detail=detail)
            except Refused as refused:
                return page(str(refused))
            except StoreError:
                return page(NO_DISPLAY)
            return _back(number)

        return await answer(work)


def _back(number: int) -> Response:
    return RedirectResponse(f"/displays#display-{number}", 303)


async def _fields(request: Request) -> dict[str, str]:
    found = await form_fields(request) or {}
    return {name: values[0].strip() for name, values in found.items()}


def _name(fields: Fields) -> str:
    name = clean_name(fields.get("name", ""))
    if name is None:
        raise Refused(BAD_NAME)
    return name


def _size(fields: Fields, *, dim: tuple[int | None, int | None]) -> Screen:
    inches, metres = _between(fields.get("inches", ""), INCHES), _between(fields.get("metres", ""), METRES)
    return Screen(inches=inches, metres=metres, dim_from=dim[0], dim_until=dim[1])


def _between(typed: str, limits: tuple[float, float]) -> float:
    least, most = limits
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", typed) or not least <= float(typed) <= most:
        raise Refused(BAD_SCREEN)
    return float(typed)


def _hours(fields: Fields) -> tuple[int | None, int | None]:
    typed = (fields.get("dim_from", ""), fields.get("dim_until", ""))
    if typed == ("", ""):
        return None, None
    found = [re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", text) for text in typed]
    minutes = [int(hit[1]) * 60 + int(hit[2]) for hit in found if hit]
    if len(minutes) != 2 or minutes[0] == minutes[1]:
        raise Refused(BAD_HOURS)
    return minutes[0], minutes[1]


def _pin(conn: Connection, number: int, fields: Fields, by: str, now: datetime) -> None:
    scene = fields.get("scene", "")
    if scene not in [known.value for known in Scene]:
        raise Refused(BAD_SCENE)
    orders.pin_scene(conn, number, scene, by=by, now=now)


def _unpin(conn: Connection, number: int, _: Fields, by: str, now: datetime) -> None:
    orders.pin_scene(conn, number, None, by=by, now=now)


def _rename(conn: Connection, number: int, fields: Fields, by: str, now: datetime) -> None:
    orders.rename(conn, number, _name(fields), by=by, now=now)


def _screen(conn: Connection, number: int, fields: Fields, by: str, now: datetime) -> None:
    orders.set_screen(conn, number, _size(fields, dim=_hours(fields)), by=by, now=now)


def _identify(conn: Connection, number: int, _: Fields, by: str, now: datetime) -> None:
    orders.identify(conn, number, by=by, now=now)


def _reload(conn: Connection, number: int, _: Fields, by: str, now: datetime) -> None:
    orders.reload(conn, number, by=by, now=now)


def _revoke(conn: Connection, number: int, _: Fields, by: str, now: datetime) -> None:
    orders.revoke(conn, number, by=by, now=now)


_DO: Mapping[str, Callable[[Connection, int, Fields, str, datetime], None]] = {
    "rename": _rename,
    "screen": _screen,
    "identify": _identify,
    "reload": _reload,
    "pin": _pin,
    "unpin": _unpin,
    "revoke": _revoke,
}
