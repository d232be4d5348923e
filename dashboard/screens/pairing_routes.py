"""`/pair`: the page a screen shows before anybody has paired it, and what it asks every other second."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dashboard.access import PAIRING_LASTS_S
from dashboard.entry.addresses import line_of
from dashboard.entry.doors import seat
from dashboard.entry.visitors import DISPLAY_COOKIE, PAIRING_COOKIE, Unreachable, Visitors, cookies
from dashboard.screens.pairing import Reception, Waiting
from dashboard.screens.pairing_page import pairing_page
from domain.campaign import Campaign
from domain.displays import CODE_LASTS
from domain.errors import StoreError


def add_routes(
    site: FastAPI, campaign: Campaign, visitors: Visitors, reception: Reception, *, base_url: str
) -> None:
    """The page without figures that anyone may see, and the code on it."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    page = pairing_page(campaign=about.name, banner=banner, desk=f"{base_url}/displays")

    @site.get("/pair", include_in_schema=False)
    async def show(request: Request) -> Response:
        """A screen that is paired already is led to its wall."""
        try:
            visitor = await visitors.of(cookies(request.headers))
        except Unreachable:
            visitor = None
        is_paired = visitor is not None and visitor.is_display
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse("/wall" + query, 303) if is_paired else HTMLResponse(page)

    @site.post("/pair", include_in_schema=False)
    async def ask(request: Request) -> Response:
        secret = cookies(request.headers).get(visitors.cookie(PAIRING_COOKIE))
        address = line_of(seat(request))
        try:
            found = await asyncio.to_thread(reception.ask, secret, address=address)
        except StoreError:
            return JSONResponse({"error": {"code": 429, "message": "too many screens wait"}}, 429)
        except SQLAlchemyError:
            return JSONResponse({"error": {"code": 503, "message": "the store does not answer"}}, 503)
        return _waits(found) if isinstance(found, Waiting) else _let_in(found)

    def _waits(found: Waiting) -> Response:
        answer = JSONResponse({"code": found.code, "left_s": round(found.left_s, 1)})
        if found.secret is not None:
            lasts = int(CODE_LASTS.total_seconds())
            name = visitors.cookie(PAIRING_COOKIE)
            answer.set_cookie(name, found.secret, max_age=lasts, **visitors.cookie_rules("strict"))
        return answer

    def _let_in(token: str) -> Response:
        """The secret is not taken away: should this answer get lost, it fetches another token."""
        answer = JSONResponse({"paired": True})
        name = visitors.cookie(DISPLAY_COOKIE)
        answer.set_cookie(name, token, max_age=PAIRING_LASTS_S, **visitors.cookie_rules("strict"))
        return answer
