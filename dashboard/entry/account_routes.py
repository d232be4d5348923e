"""`/account/...`: what one does about one's own account, and what one may owe before anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.answering import NO_STORE
from dashboard.auditing import doer_of
from dashboard.entry.account_pages import code_page, enrol_page, has_factor_page, password_page, recovery_page
from dashboard.entry.doors import CROWDED, TOO_MANY, going_on
from dashboard.entry.identity import Owes, TooManyTries, Visitor
from dashboard.entry.own_account import OwnAccount, Wrong
from dashboard.entry.second_factor import new_secret, qr_address
from dashboard.entry.visitors import Visitors
from dashboard.entry.waiting_room import Full
from dashboard.forms import HOME, own_page, single_fields
from dashboard.pages import message_page
from domain.errors import ConfigError, StoreError

WRONG_PASSWORD = "现密码不正确。"  # noqa: S105
WRONG_CODE = "动态口令不正确，或已用过：请等下一个。"
NOT_ALIKE = "两次输入的新密码不同。"
BAD_PASSWORD = "新密码太短、太常见，或含有账号：请换一句别人想不到的话。"  # noqa: S105
SAME_PASSWORD = "新密码不能与现密码相同。"  # noqa: S105


def add_routes(
    site: FastAPI, visitors: Visitors, account: OwnAccount, *, now: Callable[[], datetime]
) -> None:
    @site.get("/account/password", include_in_schema=False)
    async def password(request: Request, next: str = HOME) -> Response:
        return HTMLResponse(_password_page(request, next))

    @site.post("/account/password", include_in_schema=False)
    async def change(request: Request) -> Response:
        fields, who = await single_fields(request) or {}, _visitor(request)
        target, old, new = fields.get("next", HOME), fields.get("old", ""), fields.get("new", "")
        words = _unfit(who.name, old, new, fields.get("again", ""))
        if words:
            return HTMLResponse(_password_page(request, target, words), 422)
        try:
            own = visitors.token(request)
            fresh = await account.change_password(doer_of(request), old, new, token=own, now=now())
        except Wrong:
            return HTMLResponse(_password_page(request, target, WRONG_PASSWORD), 403)
        except ConfigError:
            return HTMLResponse(_password_page(request, target, BAD_PASSWORD), 422)
        except (TooManyTries, Full, StoreError, SQLAlchemyError) as error:
            return _failed(error, lambda words: _password_page(request, target, words))
        return going_on(visitors, request, fresh, own_page(target))

    @site.get("/account/factor", include_in_schema=False)
    async def factor(request: Request, next: str = HOME) -> Response:
        who = _visitor(request)
        try:
            there, left = await asyncio.to_thread(account.has_factor, who.name)
        except SQLAlchemyError:
            return HTMLResponse(message_page(NO_STORE), 503)
        if there:
            return HTMLResponse(has_factor_page(left=left))
        secret = new_secret()
        sealed = account.factors.sealed(secret, user_name=who.name)
        return HTMLResponse(_enrol_page(account, who, sealed, next))

    @site.post("/account/factor", include_in_schema=False)
    async def enrol(request: Request) -> Response:
        fields, who = await single_fields(request) or {}, _visitor(request)
        target, sealed = fields.get("next", HOME), fields.get("sealed", "")
        token = visitors.token(request)
        try:
            code = fields.get("code", "")
            fresh, codes = await asyncio.to_thread(
                account.enrol, doer_of(request), sealed, code, token=token, now=now()
            )
        except Wrong:
            if account.factors.opened(sealed, user_name=who.name) is None:
                return RedirectResponse("/account/factor", 303)
            return HTMLResponse(_enrol_page(account, who, sealed, target, WRONG_CODE), 403)
        except (StoreError, SQLAlchemyError) as error:
            return _failed(error, lambda words: _enrol_page(account, who, sealed, target, words))
        answer = HTMLResponse(recovery_page(codes, target=own_page(target)))
        return visitors.let_in(answer, fresh, before=token)

    @site.get("/account/code", include_in_schema=False)
    async def code(request: Request, next: str = HOME) -> Response:
        if _visitor(request).owes is not Owes.CODE:
            return RedirectResponse(own_page(next), 303)
        return HTMLResponse(code_page(target=own_page(next)))

    @site.post("/account/code", include_in_schema=False)
    async def show(request: Request) -> Response:
        fields = await single_fields(request) or {}
        target, token = own_page(fields.get("next", HOME)), visitors.token(request)
        try:
            typed = fields.get("code", "")
            fresh = await asyncio.to_thread(
                account.show_code, doer_of(request), typed, token=token, now=now()
            )
        except Wrong:
            return HTMLResponse(code_page(target=target, trouble=WRONG_CODE), 403)
        except (TooManyTries, StoreError, SQLAlchemyError) as error:
            return _failed(error, lambda words: code_page(target=target, trouble=words))
        return going_on(visitors, request, fresh, target)


def _visitor(request: Request) -> Visitor:
    found: Visitor = request.scope["visitor"]
    return found


def _unfit(name: str, old: str, new: str, again: str) -> str | None:
    if new != again:
        return NOT_ALIKE
    if new == old:
        return SAME_PASSWORD
    return BAD_PASSWORD if name.lower() in new.lower() else None


def _password_page(request: Request, target: str, trouble: str | None = None) -> str:
    who = _visitor(request)
    is_owed = who.owes is Owes.PASSWORD
    return password_page(name=who.name, target=own_page(target), is_owed=is_owed, trouble=trouble)


def _enrol_page(
    account: OwnAccount, who: Visitor, sealed: str, target: str, trouble: str | None = None
) -> str:
    secret = account.factors.opened(sealed, user_name=who.name) or ""
    return enrol_page(
        secret=secret,
        sealed=sealed,
        qr=qr_address(secret, who.name),
        target=own_page(target),
        is_owed=who.owes is Owes.FACTOR,
        trouble=trouble,
    )


def _failed(error: Exception, page: Callable[[str], str]) -> Response:
    if isinstance(error, TooManyTries):
        return HTMLResponse(page(TOO_MANY), 429)
    if isinstance(error, Full):
        return HTMLResponse(page(CROWDED), 503)
    if isinstance(error, StoreError):  # signed out, or done already, in another window
        return RedirectResponse("/login", 303)
    return HTMLResponse(page(NO_STORE), 503)
