"""`/admin`, `/admin/accounts` and `/admin/grants`: making accounts is one person's business, granting another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.admin.parts import pages_of
from dashboard.admin.people_pages import People, accounts_page, grants_page
from dashboard.answering import answering
from dashboard.auditing import doer_of
from dashboard.entry.bootstrap import one_time_password
from dashboard.entry.identity import Visitor, hash_password
from dashboard.entry.roles import check_name, check_role, county_names, role_names
from dashboard.forms import single_fields
from dashboard.pages import message_page
from dashboard.permissions import ADMINS, UNASSIGNED
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import ConfigError, StoreError
from store.engine import write
from store.queries.access import find_user
from store.queries.accounts import accounts, enabled_in_role
from store.writes.access import add_user, change_password, change_role, disable_user, enable_user
from store.writes.audit import write_audit
from store.writes.factors import forget_factor

BAD_NAME = "账号须为 1 至 32 个汉字、字母、数字、点、横线或下划线，以汉字、字母或数字开头。"
TAKEN = "已有这个账号。"
NO_ACCOUNT = "没有这个账号，或它没有动态口令。"
NOT_ONESELF = "不能对本人账号操作。"
LAST_ONE = "这是最后一个启用的{role}，请先另设一个。"
AT_THE_HOST = "其他管理员的密码只能在主机上重设：quanqing user reset。"
BAD_ROLE = "没有这个角色；县区账号须选县区，其他角色不选。"
NO_ACTION = "没有这个操作"
_DONE = {"reset": Action.USER_RESET, "enable": Action.USER_ENABLE, "disable": Action.USER_DISABLE}


class Refused(Exception):
    """What was asked for cannot be; the words are for the person who asked."""


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, now: Callable[[], datetime]) -> None:
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = answering(engine)

    def people(conn: Connection, visitor: Visitor) -> People:
        words = {"roles": role_names(campaign), "counties": county_names(campaign)}
        return People(accounts=accounts(conn), **words, visitor=visitor, now=now(), banner=banner)

    @site.get("/admin", include_in_schema=False)
    async def first(request: Request) -> Response:
        own = pages_of(_visitor(request))
        return RedirectResponse(own[0][0] if own else "/login", 303)

    @site.get("/admin/accounts", include_in_schema=False)
    async def every(request: Request) -> Response:
        return await answer(lambda conn: HTMLResponse(accounts_page(people(conn, _visitor(request)))))

    @site.post("/admin/accounts", include_in_schema=False)
    async def make(request: Request) -> Response:
        visitor, name = _visitor(request), (await _fields(request)).get("name", "").strip()
        password, doer = one_time_password(), doer_of(request)

        def work(conn: Connection) -> Response:
            try:
                check_name(name)
                whose = {"role": UNASSIGNED, "county": None, "password_hash": hash_password(password)}
                add_user(conn, name, **whose, now=now(), must_change=True)
            except ConfigError:
                return HTMLResponse(accounts_page(people(conn, visitor), trouble=BAD_NAME), 422)
            except StoreError:
                return HTMLResponse(accounts_page(people(conn, visitor), trouble=TAKEN), 409)
            write_audit(conn, doer, Action.USER_ADD, subject=name, detail={"role": UNASSIGNED})
            return HTMLResponse(accounts_page(people(conn, visitor), made=(name, password)))

        return await answer(work, write)

    @site.post("/admin/accounts/{action}", include_in_schema=False)
    async def act(request: Request, action: str) -> Response:
        visitor, name = _visitor(request), (await _fields(request)).get("name", "")
        password, doer = one_time_password(), doer_of(request)

        def work(conn: Connection) -> Response:
            made = None
            try:
                if action == "reset":
                    _leave_the_others(conn, name, visitor)
                    hashed = hash_password(password)
                    change_password(conn, name, hashed, now=now(), must_change=True)
                    made = (name, password)
                elif action == "enable":
                    enable_user(conn, name)
                else:
                    _keep_the_last(conn, name, visitor)
                    disable_user(conn, name)
            except (Refused, StoreError) as refusal:
                return _refused(accounts_page, people(conn, visitor), refusal)
            write_audit(conn, doer, _DONE[action], subject=name)
            return HTMLResponse(accounts_page(people(conn, visitor), made=made))

        if action not in _DONE:
            return HTMLResponse(message_page(NO_ACTION), 404)
        return await answer(work, write)

    @site.get("/admin/grants", include_in_schema=False)
    async def grants(request: Request) -> Response:
        return await answer(lambda conn: HTMLResponse(grants_page(people(conn, _visitor(request)))))

    @site.post("/admin/grants/{action}", include_in_schema=False)
    async def grant(request: Request, action: str) -> Response:
        visitor, fields = _visitor(request), await _fields(request)
        name, role, county = fields.get("name", ""), fields.get("role", ""), fields.get("county") or None
        doer = doer_of(request)

        def work(conn: Connection) -> Response:
            try:
                if name == visitor.name:
                    raise Refused(NOT_ONESELF)
                if action == "factor":
                    forget_factor(conn, name)
                    write_audit(conn, doer, Action.SECOND_FACTOR, subject=name, detail={"factor": "reset"})
                else:
                    check_role(campaign, role, county)
                    _keep_the_last(conn, name, visitor, but=role)
                    before = find_user(conn, name)
                    change_role(conn, name, role=role, county=county)
                    told = {"role": role, "county": county, "before": before and before.role}
                    write_audit(conn, doer, Action.USER_ROLE, subject=name, detail=told)
            except ConfigError:
                return HTMLResponse(grants_page(people(conn, visitor), trouble=BAD_ROLE), 422)
            except (Refused, StoreError) as refusal:
                return _refused(grants_page, people(conn, visitor), refusal)
            return RedirectResponse("/admin/grants", 303)

        if action not in ("role", "factor"):
            return HTMLResponse(message_page(NO_ACTION), 404)
        return await answer(work, write)


def _keep_the_last(conn: Connection, name: str, visitor: Visitor, *, but: str | None = None) -> None:
    """Each of the three that run the system has somebody. `but`: the role the account is about to have."""
    if name == visitor.name:
        raise Refused(NOT_ONESELF)
    user = find_user(conn, name)
    if user and user.role in ADMINS and user.role != but and enabled_in_role(conn, user.role) == (name,):
        raise Refused(LAST_ONE.format(role=ADMINS[user.role]))


def _leave_the_others(conn: Connection, name: str, visitor: Visitor) -> None:
    """With a password of his own making, one of the three could sign in as another who has no second factor yet."""
    user = find_user(conn, name)
    if user and user.role in ADMINS and user.role != visitor.role:
        raise Refused(AT_THE_HOST)


def _refused(page: Callable[..., str], found: People, refusal: Exception) -> Response:
    words = str(refusal) if isinstance(refusal, Refused) else NO_ACCOUNT
    return HTMLResponse(page(found, trouble=words), 409)


def _visitor(request: Request) -> Visitor:
    found: Visitor = request.scope["visitor"]
    return found


async def _fields(request: Request) -> dict[str, str]:
    return await single_fields(request) or {}
