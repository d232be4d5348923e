"""From cookies to visitors, for the gate: asked of the store at most once a second, remembered when it is away."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from dashboard.entry.identity import ABSOLUTE, Visitor, metrics_token, token_hash
from dashboard.entry.known_visitors import display_visitors, machine_visitor, session_visitors
from dashboard.entry.lookups import Lookups
from dashboard.entry.owing import Rules
from dashboard.settings import Settings
from domain.audit import Action, Doer
from store.engine import write
from store.writes.access import close_session, saw_display, touch_session
from store.writes.audit import write_audit
from store.writes.tokens import saw_token

log = logging.getLogger(__name__)

SESSION_COOKIE = "quanqing-session"
DISPLAY_COOKIE = "quanqing-display"
PAIRING_COOKIE = "quanqing-pairing"

SESSION, DISPLAY, MACHINE = "session", "display", "machine"

_BEARER = "Bearer "

FRESH_S = 1.0  # a revoked token or a disabled user is out within this, in every process
REMEMBERED_S = 900.0  # while the database is away, who was let in stays in this long
ANSWER_WITHIN_S = 3.0
NOTE_EVERY_S = 60.0
_MOST = 2000


def cookies(headers: Headers) -> dict[str, str]:
    """By name, without quotes around them. Nothing of ours is escaped in them, and undoing that, as the standard
    library does, takes time by the square of a cookie's length."""
    each = (part.partition("=") for part in headers.get("cookie", "").split(";"))
    return {
        name.strip(): value.strip().strip('"') for name, is_there, value in each if is_there and name.strip()
    }


class Unreachable(Exception):
    """The store does not answer, and the visitor is not remembered."""


@dataclass(frozen=True, slots=True)
class _Known:
    visitor: Visitor | None
    at: float


class Visitors:
    """Who is behind a request's cookies. One by process."""

    def __init__(self, engine: Engine, settings: Settings, real_now: Callable[[], datetime]) -> None:
        self._engine, self._real_now = engine, real_now
        self._rules = Rules(second_factor=settings.second_factor, password_days=settings.password_days)
        self._is_https = settings.is_https
        self._metrics = f"Bearer {metrics_token(settings.secret_key)}"
        self._sessions = Lookups(
            lambda hashes: session_visitors(engine, hashes, real_now(), self._rules.owed)
        )
        self._displays = Lookups(lambda hashes: display_visitors(engine, hashes, real_now()))
        self._known: dict[tuple[str, str], _Known] = {}
        self._noted: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ask_again_at = 0.0

    def cookie(self, name: str) -> str:
        """The cookie's full name: over https browsers hold `__Host-` ones to this very host."""
        return f"__Host-{name}" if self._is_https else name

    def cookie_rules(self, same_site: Literal["lax", "strict"]) -> dict[str, Any]:
        return {"httponly": True, "secure": self._is_https, "samesite": same_site, "path": "/"}

    def token(self, request: Request) -> str:
        """The session's, "" where the request came without one."""
        return cookies(request.headers).get(self.cookie(SESSION_COOKIE), "")

    def let_in(self, answer: Response, token: str, *, before: str = "") -> Response:
        """The answer with the session's token. `before`: the one it takes the place of, forgotten here at once."""
        lasts = int(ABSOLUTE.total_seconds())
        answer.set_cookie(self.cookie(SESSION_COOKIE), token, max_age=lasts, **self.cookie_rules("lax"))
        if before:
            self.forget(before)
        return answer

    def is_monitor(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode(), self._metrics.encode())

    async def of(self, cookies: Mapping[str, str]) -> Visitor | None:
        """The person signed in, else the paired display, else None. Raises Unreachable."""
        if token := cookies.get(self.cookie(SESSION_COOKIE)):
            visitor = await self._ask(SESSION, token, self._sessions.of)
            if visitor is not None:
                return visitor
        if token := cookies.get(self.cookie(DISPLAY_COOKIE)):
            return await self.display(token)
        return None

    async def behind(self, cookies: Mapping[str, str], said: str, path: str) -> Visitor | None:
        """Who sent a request. On interfaces a token in the Authorization header (`said`) speaks alone, whatever
        cookies say. Raises Unreachable.
        """
        if said.startswith(_BEARER) and path.startswith("/api/"):
            token = said.removeprefix(_BEARER).strip()
            return await self._ask(MACHINE, token, lambda _: asyncio.to_thread(self._machine, token))
        return await self.of(cookies)

    def _machine(self, token: str) -> Visitor | None:
        return machine_visitor(self._engine, token, self._real_now())

    async def display(self, token: str) -> Visitor | None:
        return await self._ask(DISPLAY, token, self._displays.of)

    async def close(self, token: str, *, by: Doer | None = None) -> None:
        """End a session: here at once, in the other processes within a second. `by`: who signed out, to be proven."""
        await asyncio.to_thread(self._close_now, token, by)
        self.forget(token)

    def forget(self, token: str) -> None:
        """What was known of a session has just changed: ask again at once, here."""
        self._known.pop((SESSION, token_hash(token)), None)

    def _close_now(self, token: str, by: Doer | None) -> None:
        with write(self._engine) as conn:
            close_session(conn, token_hash(token))
            if by is not None:
                write_audit(conn, by, Action.SIGN_OUT)

    def note(self, visitor: Visitor, cookies: Mapping[str, str], *, active: bool) -> None:
        """Write down, at most once a minute and without keeping the request waiting, that a visitor was here.

        Watching keeps no session awake: a wall left open would never let it go idle.
        """
        key = (
            f"{visitor.role}/{visitor.token_id}/{visitor.name}/{cookies.get(self.cookie(SESSION_COOKIE), '')}"
        )
        if (
            not (visitor.is_display or visitor.is_machine or active)
            or time.monotonic() - self._noted.get(key, -1e9) < NOTE_EVERY_S
        ):
            return
        if len(self._noted) > _MOST:
            self._noted.clear()
        self._noted[key] = time.monotonic()
        task = asyncio.create_task(self._write_note(visitor, cookies.get(self.cookie(SESSION_COOKIE), "")))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_note(self, visitor: Visitor, token: str) -> None:
        try:
            await asyncio.to_thread(self._note_now, visitor, token)
        except SQLAlchemyError:
            log.warning("could not note that a visitor was here", exc_info=True)

    def _note_now(self, visitor: Visitor, token: str) -> None:
        with write(self._engine) as conn:
            if visitor.display_id is not None:
                saw_display(conn, visitor.display_id, self._real_now())
            elif visitor.token_id is not None:
                saw_token(conn, visitor.token_id, self._real_now())
            else:
                touch_session(conn, token_hash(token), self._real_now())

    async def _ask(
        self, kind: str, token: str, find: Callable[[str], Awaitable[Visitor | None]]
    ) -> Visitor | None:
        """`kind`: what the token was shown as. One that is good as another is not remembered as this."""
        hashed = token_hash(token)
        key = kind, hashed
        known = self._known.get(key)
        age = time.monotonic() - known.at if known else float("inf")
        if known and (age < FRESH_S or time.monotonic() < self._ask_again_at):
            return known.visitor
        try:
            visitor = await asyncio.wait_for(find(hashed), ANSWER_WITHIN_S)
        except (SQLAlchemyError, TimeoutError) as error:
            if known is None or known.visitor is None or age > REMEMBERED_S:
                raise Unreachable from error
            self._ask_again_at = time.monotonic() + ANSWER_WITHIN_S
            return known.visitor
        self._remember(key, visitor)
        return visitor

    def _remember(self, key: tuple[str, str], visitor: Visitor | None) -> None:
        if len(self._known) > _MOST:
            self._known.clear()
        if visitor is None:
            self._known.pop(key, None)
        else:
            self._known[key] = _Known(visitor, time.monotonic())
