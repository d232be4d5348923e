"""`/admin/sessions` and `/admin/tokens`: ending what is open, and letting machines in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.admin.entry_pages import DAYS, sessions_page, tokens_page
from dashboard.answering import answering
from dashboard.auditing import doer_of
from dashboard.entry.identity import Visitor, new_token, token_hash
from dashboard.entry.roles import county_names, role_names
from dashboard.forms import form_fields
from dashboard.pages import message_page
from dashboard.permissions import MACHINES
from domain.audit import Action
from domain.campaign import Campaign
from domain.displays import clean_name
from domain.errors import StoreError
from store.engine import write
from store.queries.accounts import open_sessions
from store.queries.tokens import all_tokens
from store.writes.access import close_session_named, close_sessions
from store.writes.audit import write_audit
from store.writes.tokens import make_token, revoke_token

PREFIX = "qq-"  # so that a token that strayed into a file or a chat is found by searching
NO_SESSION = "这个会话已经结束。"
NO_TOKEN = "没有这个令牌，或已撤销。"  # noqa: S105
BAD_TOKEN = "请填写用途（1 至 32 个字），选择范围、至少一个接口和有效期。"  # noqa: S105
NO_ACTION = "没有这个操作"
_MOST_DIGITS = 9


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, now: Callable[[], datetime]) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    roles, counties = role_names(campaign), county_names(campaign)
    scopes = {about.city_code: "全市", **counties}
    answer = answering(engine)

    def sessions(conn: Connection, visitor: Visitor, trouble: str | None = None) -> str:
        told = {"roles": roles, "counties": counties, "now": now(), "banner": banner}
        return sessions_page(open_sessions(conn, now=now()), **told, visitor=visitor, trouble=trouble)

    def tokens(
        conn: Connection, visitor: Visitor, *, made: str | None = None, trouble: str | None = None
    ) -> str:
        told = {"scopes": scopes, "now": now(), "banner": banner, "made": made, "trouble": trouble}
        return tokens_page(all_tokens(conn), **told, visitor=visitor)

    @site.get("/admin/sessions", include_in_schema=False)
    async def open_now(request: Request) -> Response:
        return await answer(lambda conn: HTMLResponse(sessions(conn, _visitor(request))))

    @site.post("/admin/sessions/{action}", include_in_schema=False)
    async def end(request: Request, action: str) -> Response:
        visitor, fields, doer = _visitor(request), await _fields(request), doer_of(request)

        def work(conn: Connection) -> Response:
            whose = _first(fields, "name")
            try:
                if action == "one":
                    whose = close_session_named(conn, _first(fields, "session"))
                else:
                    close_sessions(conn, whose)
            except StoreError:
                return HTMLResponse(sessions(conn, visitor, NO_SESSION), 409)
            write_audit(conn, doer, Action.SESSION_CLOSE, subject=whose, detail={"sessions": action})
            return RedirectResponse("/admin/sessions", 303)

        if action not in ("one", "all"):
            return HTMLResponse(message_page(NO_ACTION), 404)
        return await answer(work, write)

    @site.get("/admin/tokens", include_in_schema=False)
    async def every(request: Request) -> Response:
        return await answer(lambda conn: HTMLResponse(tokens(conn, _visitor(request))))

    @site.post("/admin/tokens", include_in_schema=False)
    async def make(request: Request) -> Response:
        visitor, fields = _visitor(request), await _fields(request)
        name, scope = clean_name(_first(fields, "name")), _first(fields, "scope")
        routes, days = frozenset(fields.get("routes", ())), _first(fields, "days")
        token, doer = PREFIX + new_token(), doer_of(request)

        def work(conn: Connection) -> Response:
            if name is None or scope not in scopes or not routes or not routes <= MACHINES.keys():
                return HTMLResponse(tokens(conn, visitor, trouble=BAD_TOKEN), 422)
            if days not in [str(n) for n in DAYS]:
                return HTMLResponse(tokens(conn, visitor, trouble=BAD_TOKEN), 422)
            whose = {"token_hash": token_hash(token), "scope": scope, "routes": routes, "by": visitor.name}
            number = make_token(conn, name, **whose, now=now(), until=now() + timedelta(days=int(days)))
            told = {"order": "make", "name": name, "scope": scope, "routes": sorted(routes), "days": days}
            write_audit(conn, doer, Action.MACHINE_ACCESS, subject=f"token {number}", detail=told)
            return HTMLResponse(tokens(conn, visitor, made=token))

        return await answer(work, write)

    @site.post("/admin/tokens/{action}", include_in_schema=False)
    async def revoke(request: Request, action: str) -> Response:
        visitor, number = _visitor(request), _first(await _fields(request), "token")
        doer = doer_of(request)
        is_number = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS

        def work(conn: Connection) -> Response:
            try:
                revoke_token(conn, int(number) if is_number else 0, now=now())
            except StoreError:
                return HTMLResponse(tokens(conn, visitor, trouble=NO_TOKEN), 409)
            told = {"order": "revoke"}
            write_audit(conn, doer, Action.MACHINE_ACCESS, subject=f"token {number}", detail=told)
            return RedirectResponse("/admin/tokens", 303)

        if action != "revoke":
            return HTMLResponse(message_page(NO_ACTION), 404)
        return await answer(work, write)


def _visitor(request: Request) -> Visitor:
    found: Visitor = request.scope["visitor"]
    return found


async def _fields(request: Request) -> dict[str, list[str]]:
    return await form_fields(request) or {}


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0].strip()
