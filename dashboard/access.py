"""The gate in front of everything: deny by default, by the table in `permissions`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.auditing import DENIED, Denials
from dashboard.entry.identity import Owes, Visitor
from dashboard.entry.landing import WALL
from dashboard.entry.tarpit import Tarpit
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE, Unreachable, Visitors, cookies
from dashboard.pages import ACCOUNT, SIGN_IN, message_page
from dashboard.permissions import WATCHING, Entry, May, look_up, may_enter
from dashboard.screens.bound_page import bound_page
from domain.displays import PAIRING_LASTS

MAX_BODY_BYTES = 20_000_000
PAIRING_LASTS_S = int(PAIRING_LASTS.total_seconds())
LEAVE = "/logout"
FAULT = "系统出错，这一步可能没有完成。请返回刷新后再试；仍然如此，请告诉运维人员此刻的时间。"
NOT_YOURS = "无权查看，如工作需要请联系安全管理员"
_CLOSED = 4403


class Gate:
    """The one door. `scope["visitor"]` holds who came in; None on pages for anyone.

    A request that changes something must come from our own pages: `Sec-Fetch-Site`, `Origin`, else `Referer` say
    so. Whoever sends none of the three is no browser, and no browser's cookies ride on it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        visitors: Visitors,
        denials: Denials,
        city: str,
        base_url: str,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`names`: what people call each division."""
        self._app, self._visitors, self._denials, self._city = app, visitors, denials, city
        self._base_url, self._own_host, self._names = base_url, urlsplit(base_url).netloc, names
        self._tarpit = Tarpit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": _CLOSED})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = self._tarpit.slowing(scope, send)
        refusal = await self._refusal(scope)
        if refusal is not None:
            if refusal.status_code == 403:
                await self._denials.note(scope)
            await refusal(scope, receive, send)
            return
        await self._app(scope, _capped(receive), send)
        if scope.get(DENIED):
            await self._denials.note(scope)

    async def _refusal(self, scope: Scope) -> Response | None:
        """The answer to who may not pass; None: pass. Sets `scope["visitor"]`, of who is refused too."""
        method, path = scope["method"], scope["path"]
        headers = Headers(scope=scope)
        entry = look_up(method, path, city=self._city)
        scope["visitor"] = None
        if entry.may is May.NOBODY:
            return _answer(path, 404, "没有这个页面")
        if _length(headers) > MAX_BODY_BYTES:
            return _answer(path, 413, "内容过大")
        if method not in ("GET", "HEAD") and self._is_forged(headers):
            return _answer(path, 403, "请从本系统的页面提交")
        if entry.may is May.ANYONE:
            return None
        if entry.may is May.METRICS and self._visitors.is_monitor(headers.get("authorization", "")):
            return None
        return await self._check(scope, entry, headers)

    async def _check(self, scope: Scope, entry: Entry, headers: Headers) -> Response | None:
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        token = parse_qs(query).get("token", [""])[0] if path.startswith("/wall") else ""
        try:
            if token:
                return await self._pair(path, token)
            known = cookies(headers)
            visitor = await self._visitors.behind(known, headers.get("authorization", ""), path)
        except Unreachable:
            return _answer(path, 503, "数据库暂时连不上，页面会自动重试", retry_s=5)
        if visitor is None or not (visitor.awake or entry.may in WATCHING):
            return self._turned_away(path, query, headers)
        scope["visitor"] = visitor
        if visitor.owes is not None and entry.may is not May.LOOK and path not in (visitor.owes, LEAVE):
            return _owing(visitor.owes, path, query)
        if not may_enter(visitor, entry):
            if path == WALL and not visitor.is_display:
                return RedirectResponse("/login", 303)  # says what is this visitor's business
            return self._not_its_business(path, visitor, None)
        if entry.scope is not None and not visitor.may_see(entry.scope):
            return self._elsewhere(path, visitor, entry.scope)
        self._visitors.note(visitor, known, active=entry.may not in WATCHING)
        return None

    async def _pair(self, path: str, token: str) -> Response:
        """A display opens the address it was given once: from then on a cookie knows it, and the address is clean."""
        visitor = await self._visitors.display(token)
        if visitor is None:
            return _answer(path, 403, "配对链接无效或已撤销")
        answer = RedirectResponse(self._wall_of(visitor), 303)
        name = self._visitors.cookie(DISPLAY_COOKIE)
        answer.set_cookie(name, token, max_age=PAIRING_LASTS_S, **self._visitors.cookie_rules("strict"))
        return answer

    def _turned_away(self, path: str, query: str, headers: Headers) -> Response:
        """A wall's address without any session is most likely a screen nobody has paired; a replay is a person's."""
        is_screen = path.startswith("/wall") and "at" not in parse_qs(query)
        if not is_screen or self._visitors.cookie(SESSION_COOKIE) in cookies(headers):
            return _sign_in_first(path, query)
        return RedirectResponse("/pair" + (f"?{query}" if query else ""), 303)

    def _elsewhere(self, path: str, visitor: Visitor, asked: str) -> Response:
        """Not its division: the city's address leads to the visitor's own wall, anything else is refused."""
        if path == WALL:
            return RedirectResponse(self._wall_of(visitor), 303)
        return self._not_its_business(path, visitor, asked)

    def _not_its_business(self, path: str, visitor: Visitor, asked: str | None) -> Response:
        """Nobody stands before a screen to go back from a message: it is told what to do about itself."""
        if not visitor.is_display or not is_page(path):
            return _answer(path, 403, NOT_YOURS, is_known=True)
        own, other = (code and self._names.get(code, code) for code in (visitor.scope, asked))
        words = {"screen": visitor.name, "own": own or "", "asked": other, "base_url": self._base_url}
        return HTMLResponse(bound_page(**words), 403)

    def _wall_of(self, visitor: Visitor) -> str:
        return WALL if visitor.scope in (None, self._city) else f"{WALL}/{visitor.scope}"

    def _is_forged(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        said = headers.get("origin") or headers.get("referer")
        return said is not None and urlsplit(said).netloc not in (headers.get("host"), self._own_host)


def at_fault(request: Request, _: Exception) -> Response:
    """Something broke inside: whoever asked is told that, and nothing of what. The log has it."""
    return _answer(request.url.path, 500, FAULT, is_known=True)


def is_page(path: str) -> bool:
    """Whether a person looks at the answer, or a program."""
    return not path.startswith(("/api/", "/_", "/assets/", "/metrics", "/hooks/"))


def _sign_in_first(path: str, query: str) -> Response:
    if not is_page(path):
        return _answer(path, 401, "请先登录")
    target = path + (f"?{query}" if query else "")
    return RedirectResponse(f"/login?next={quote(target, safe='/')}", 303)


def _owing(owes: Owes, path: str, query: str) -> Response:
    """First things first: with the password alone nobody sees, or changes, anything."""
    if not is_page(path):
        return _answer(path, 403, "请先在登录页完成验证")
    target = path + (f"?{query}" if query else "")
    return RedirectResponse(f"{owes}?next={quote(target, safe='/')}", 303)


def _answer(
    path: str, status: int, words: str, *, retry_s: int | None = None, is_known: bool = False
) -> Response:
    headers = {} if retry_s is None else {"retry-after": str(retry_s)}
    if is_page(path):
        return HTMLResponse(
            message_page(words, retry_s=retry_s, way=ACCOUNT if is_known else SIGN_IN),
            status,
            headers=headers,
        )
    return JSONResponse({"error": {"code": status, "message": words}}, status, headers=headers)


def _length(headers: Headers) -> int:
    given = headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0


def _capped(receive: Receive) -> Receive:
    """A body sent without its length is cut off where a declared one would have been refused."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > MAX_BODY_BYTES else message

    return counted
