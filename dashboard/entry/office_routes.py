"""`/login/office`: to the office's own sign-in service, and back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import NO_STORE
from dashboard.entry.doors import going_on, seat
from dashboard.entry.identity import SignIn
from dashboard.entry.office_sign_in import TRIP_S, Away, OfficeSignIn, Refused
from dashboard.entry.visitors import Visitors, cookies
from dashboard.forms import HOME, own_page
from dashboard.pages import message_page

log = logging.getLogger(__name__)

BACK = "/login/office/back"
TRIP_COOKIE = "quanqing-office"
NOT_SET_UP = "没有设置单位登录。"
IS_AWAY = "单位登录服务暂时不可用，请稍后再试，或用本系统的密码登录。"
NOT_PROVEN = "单位登录没有完成，请重新登录。"
NO_ACCOUNT = "单位账号在本系统没有对应的账号，请联系系统管理员。"


def add_routes(
    site: FastAPI,
    visitors: Visitors,
    sign_in: SignIn,
    office: OfficeSignIn | None,
    *,
    now: Callable[[], datetime],
) -> None:
    @site.get("/login/office", include_in_schema=False)
    async def leave(next: str = HOME) -> Response:
        if office is None:
            return HTMLResponse(message_page(NOT_SET_UP), 404)
        try:
            address, sealed = await office.start(own_page(next), now())
        except Away:
            return HTMLResponse(message_page(IS_AWAY), 503)
        answer = RedirectResponse(address, 303)
        name = visitors.cookie(TRIP_COOKIE)
        answer.set_cookie(name, sealed, max_age=TRIP_S, **visitors.cookie_rules("lax"))
        return answer

    @site.get(BACK, include_in_schema=False)
    async def back(request: Request) -> Response:
        if office is None:
            return HTMLResponse(message_page(NOT_SET_UP), 404)
        answer = await come_back(request, office)
        answer.delete_cookie(visitors.cookie(TRIP_COOKIE), **visitors.cookie_rules("lax"))
        return answer

    async def come_back(request: Request, office: OfficeSignIn) -> Response:
        trip = cookies(request.headers).get(visitors.cookie(TRIP_COOKIE), "")
        try:
            name, target = await office.finish(trip, request.query_params, now())
            token = await asyncio.to_thread(sign_in.vouched, name, address=seat(request), now=now())
        except Refused as refusal:
            log.warning("the office's sign-in proved nothing: %s", refusal)
            return HTMLResponse(message_page(NOT_PROVEN), 403)
        except Away:
            return HTMLResponse(message_page(IS_AWAY), 503)
        except SQLAlchemyError:
            return HTMLResponse(message_page(NO_STORE), 503)
        if token is None:
            return HTMLResponse(message_page(NO_ACCOUNT), 403)
        if before := visitors.token(request):
            await visitors.close(before)
        return going_on(visitors, request, token, target)
