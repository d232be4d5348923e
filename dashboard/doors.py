"""In and out: the sign-in page, signing in, signing out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access import HOME, cookies
from dashboard.answering import NO_STORE
from dashboard.forms import form_fields
from dashboard.identity import ABSOLUTE, SignIn, TooManyTries, Visitor
from dashboard.pages import login_page, message_page, signed_in_page
from dashboard.permissions import May, is_business_of
from dashboard.visitors import DISPLAY_COOKIE, SESSION_COOKIE, Unreachable, Visitors
from domain.campaign import Campaign

WRONG = "账号或密码不正确。"
TOO_MANY = "尝试次数过多，请 15 分钟后再试。"
PAGES = (
    (May.DUTY, ("/desk", "值班台")),
    (May.OVERSEE, ("/sources", "来源状态与隔离区")),
    (May.CHECK, ("/flags", "合规线索")),
    (May.KEEP, ("/displays", "大屏设备")),
    (May.JUDGE, ("/posts/labelling", "帖文标注")),
    (May.READ, ("/briefings", "每日专报")),
    (May.AUDIT, ("/admin/audit", "审计日志")),
)
"""What the sign-in page offers beside the wall, to those whose business it is."""
_OWN_PAGE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def add_routes(
    site: FastAPI, campaign: Campaign, visitors: Visitors, sign_in: SignIn, *, now: Callable[[], datetime]
) -> None:
    """`/`, `/login`, `/logout`."""
    about = campaign.campaign
    named = {"campaign": about.name, "banner": about.illustrative_banner if about.illustrative else None}

    def form(target: str, *, status: int = 200, name: str = "", trouble: str | None = None) -> Response:
        return HTMLResponse(login_page(**named, target=target, name=name, trouble=trouble), status)

    @site.get("/", include_in_schema=False)
    async def root(request: Request) -> Response:
        """Who has signed in or is a screen goes on to the wall; the wall of a stranger would offer to pair it."""
        known = {visitors.cookie(name) for name in (SESSION_COOKIE, DISPLAY_COOKIE)}
        return RedirectResponse(HOME if known & cookies(request.headers).keys() else "/login", 303)

    @site.get("/login", include_in_schema=False)
    async def show(request: Request, next: str = HOME) -> Response:
        target = own_page(next)
        visitor = await _person(visitors, request)
        if visitor is None or not visitor.awake:
            return form(target)
        pages = [page for may, page in PAGES if is_business_of(visitor, may)]
        way_on = target if target != HOME or is_business_of(visitor, May.WATCH) else None
        return HTMLResponse(signed_in_page(visitor, **named, target=way_on, pages=pages))

    @site.post("/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        fields = await _form(request)
        if fields is None:
            return form(HOME, status=413, trouble=WRONG)
        target, name = own_page(fields.get("next", HOME)), fields.get("name", "")
        address = request.client.host if request.client else "unknown"
        try:
            token = await sign_in.attempt(name, fields.get("password", ""), address=address, now=now())
        except TooManyTries:
            return form(target, status=429, name=name, trouble=TOO_MANY)
        except SQLAlchemyError:
            return form(target, status=503, name=name, trouble=NO_STORE)
        if token is None:
            return form(target, status=401, name=name, trouble=WRONG)
        await _close(visitors, request)
        return _let_in(visitors, token, target)

    @site.post("/logout", include_in_schema=False)
    async def leave(request: Request) -> Response:
        try:
            await _close(visitors, request)
        except SQLAlchemyError:  # still signed in, and told so
            return HTMLResponse(message_page(NO_STORE), 503)
        answer = RedirectResponse("/login", 303, headers={"clear-site-data": '"storage"'})
        answer.delete_cookie(visitors.cookie(SESSION_COOKIE), **visitors.cookie_rules("lax"))
        return answer


def own_page(target: str) -> str:
    """`target` if it is an address of ours, else the wall: a sign-in page must not lead to another site."""
    return target if _OWN_PAGE.fullmatch(target) else HOME


def _let_in(visitors: Visitors, token: str, target: str) -> Response:
    answer = RedirectResponse(quote(target, safe="/?&=%:+-"), 303)
    lasts = int(ABSOLUTE.total_seconds())
    answer.set_cookie(visitors.cookie(SESSION_COOKIE), token, max_age=lasts, **visitors.cookie_rules("lax"))
    return answer


async def _person(visitors: Visitors, request: Request) -> Visitor | None:
    try:
        visitor = await visitors.of(cookies(request.headers))
    except Unreachable:
        return None
    return None if visitor is None or visitor.is_display else visitor


async def _close(visitors: Visitors, request: Request) -> None:
    """End the session the request came with: a new sign-in starts a new one, a sign-out none."""
    token = cookies(request.headers).get(visitors.cookie(SESSION_COOKIE))
    if token:
        await visitors.close(token)


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a posted form, the first of each; None if it is too long for one of ours."""
    fields = await form_fields(request)
    return None if fields is None else {name: values[0] for name, values in fields.items()}
