"""In and out: the sign-in page, signing in, signing out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import NO_STORE
from dashboard.auditing import doer_of
from dashboard.entry.identity import Expired, SignIn, TooManyTries, Visitor
from dashboard.entry.landing import SIGN_IN, WALL, landing_of, offered_to
from dashboard.entry.roles import county_names, role_names
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE, Unreachable, Visitors, cookies
from dashboard.entry.waiting_room import Full
from dashboard.forms import HOME, own_page, single_fields
from dashboard.pages import login_page, message_page, signed_in_page
from dashboard.permissions import UNASSIGNED
from domain.campaign import Campaign

WRONG = "账号或密码不正确。"
TOO_MANY = "尝试次数过多，请 15 分钟后再试。"
EXPIRED = "一次性密码已过期，请联系系统管理员重设（管理员账号在主机上重设：quanqing user reset）。"
UNGRANTED = "账号尚未授权，请联系安全管理员。"
CROWDED = "此刻登录的人过多，请几秒后再试。"


def add_routes(
    site: FastAPI,
    campaign: Campaign,
    visitors: Visitors,
    sign_in: SignIn,
    *,
    asks_factor: bool,
    has_office: bool,
    now: Callable[[], datetime],
) -> None:
    """`/`, `/login`, `/logout`."""
    about = campaign.campaign
    named = {"campaign": about.name, "banner": about.illustrative_banner if about.illustrative else None}

    def form(target: str, *, status: int = 200, name: str = "", trouble: str | None = None) -> Response:
        offers = {"asks_factor": asks_factor, "has_office": has_office}
        page = login_page(**named, target=target, name=name, trouble=trouble, **offers)
        return HTMLResponse(page, status)

    @site.get("/", include_in_schema=False)
    async def root(request: Request) -> Response:
        """On to the page of one's role; a screen to its wall, where a stranger would be offered to pair it."""
        try:
            visitor = await visitors.of(cookies(request.headers))
        except Unreachable:
            return RedirectResponse(WALL, 303)  # says so, and asks again by itself
        if visitor is not None and not visitor.is_display:
            return RedirectResponse(landing_of(visitor), 303)
        is_screen = visitors.cookie(DISPLAY_COOKIE) in cookies(request.headers)
        return RedirectResponse(WALL if is_screen else SIGN_IN, 303)

    @site.get("/login", include_in_schema=False)
    async def show(request: Request, next: str = HOME) -> Response:
        target = own_page(next)
        visitor = await _person(visitors, request)
        if visitor is None or not visitor.awake:
            return form(target)
        if visitor.owes is not None:
            return RedirectResponse(visitor.owes, 303)
        told = {"role": _role_words(campaign, visitor), **_ways_on(visitor, target)}
        return HTMLResponse(signed_in_page(visitor, **named, **told))

    @site.post("/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        fields = await single_fields(request)
        if fields is None:
            return form(HOME, status=413, trouble=WRONG)
        target, name = own_page(fields.get("next", HOME)), fields.get("name", "")
        try:
            token = await sign_in.attempt(name, fields.get("password", ""), address=seat(request), now=now())
        except Expired:
            return form(target, status=401, name=name, trouble=EXPIRED)
        except TooManyTries:
            return form(target, status=429, name=name, trouble=TOO_MANY)
        except Full:
            return form(target, status=503, name=name, trouble=CROWDED)
        except SQLAlchemyError:
            return form(target, status=503, name=name, trouble=NO_STORE)
        if token is None:
            return form(target, status=401, name=name, trouble=WRONG)
        if before := visitors.token(request):  # a new sign-in starts a new session
            await visitors.close(before)
        return going_on(visitors, request, token, target)

    @site.post("/logout", include_in_schema=False)
    async def leave(request: Request) -> Response:
        try:
            await visitors.close(visitors.token(request), by=doer_of(request))
        except SQLAlchemyError:  # still signed in, and told so
            return HTMLResponse(message_page(NO_STORE), 503)
        answer = RedirectResponse("/login", 303, headers={"clear-site-data": '"storage"'})
        answer.delete_cookie(visitors.cookie(SESSION_COOKIE), **visitors.cookie_rules("lax"))
        return answer


def _role_words(campaign: Campaign, visitor: Visitor) -> str:
    if visitor.role == UNASSIGNED:
        return UNGRANTED
    where = county_names(campaign).get(visitor.scope or "", "")
    return f"{role_names(campaign).get(visitor.role, visitor.role)} {where}".strip()


def _ways_on(visitor: Visitor, target: str) -> dict[str, Any]:
    """Back to the page that was asked for, else on to that of the role; and the others."""
    pages = dict(offered_to(visitor))
    if target == HOME:
        own = landing_of(visitor)
        name = pages.pop(own, None)
        return {"way_on": (own, f"进入{name}") if name else None, "pages": pages.items()}
    pages.pop(target, None)
    return {"way_on": (target, "进入大屏" if target.startswith(WALL) else "返回"), "pages": pages.items()}


def going_on(visitors: Visitors, request: Request, fresh: str, target: str) -> Response:
    """On to the page that was asked for, under the session's new token."""
    answer = RedirectResponse(quote(target, safe="/?&=%:+-"), 303)
    return visitors.let_in(answer, fresh, before=visitors.token(request))


def seat(request: Request) -> str:
    """The address a request comes from."""
    return request.client.host if request.client else "unknown"


async def _person(visitors: Visitors, request: Request) -> Visitor | None:
    try:
        visitor = await visitors.of(cookies(request.headers))
    except Unreachable:
        return None
    return None if visitor is None or visitor.is_display else visitor
