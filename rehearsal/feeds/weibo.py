"""Weibo's mobile search as its own page asks it: cards in groups, times relative to now, and every way to say no."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from domain.terms import SHANGHAI
from rehearsal.faults import Faults
from rehearsal.feeds.weibo_comments import COMMENTS, Thread, hotflow
from rehearsal.scenario import Written
from rehearsal.wire import answer

PATH = "/api/container/getIndex"
_A_PAGE = 10
_CONTAINER = re.compile(r"100103type=(1|60|61|64)&q=(.+)", re.DOTALL)
REFUSALS = ("432", "418", "403", "captcha", "sign-in", "sign-in page", "slow down", "bare -100", "nothing")


class WeiboSearch:
    """Posts by keyword: a post is found by a word that stands in it. `refusal`: how it turns everybody away."""

    def __init__(
        self,
        posts: Sequence[Written],
        *,
        faults: Faults,
        path: str = "",
        cookie: str | None = None,
        threads: Mapping[str, Sequence[Thread]] | None = None,
    ) -> None:
        """`threads`: what stands under a post, by the number the post is served with."""
        self._posts = sorted(posts, key=lambda p: (p.published_at, p.external_id))
        self._faults, self._path, self._cookie = faults, path, cookie
        self._now: datetime | None = None
        self.refusal: str | None = None
        self.empty_first = 0  # so many first pages come empty before they come full
        self.pinned: tuple[Written, ...] = ()  # on top of the first page, however old
        self.asked: list[tuple[str, int]] = []
        self._threads = threads or {}
        self.hidden: set[str] = set()  # posts whose comments were taken away, though their count stands
        self.comments_refusal: str | None = None  # only of comments
        self.comments_asked: list[tuple[str, str]] = []

    def advance(self, now: datetime) -> None:
        self._now = now

    def routes(self) -> list[Route]:
        return [
            Route(self._path + PATH, self._get),
            Route(self._path + COMMENTS, self._get_comments),
        ]

    async def _get_comments(self, request: Request) -> Response:
        asked = request.query_params
        post, after = asked.get("id", ""), asked.get("max_id", "0")
        if asked.get("mid") != post or asked.get("max_id_type") not in ("0", "1"):
            return JSONResponse({"ok": 0, "msg": "参数错误"})
        self.comments_asked.append((post, after))
        refusal = self.refusal or self.comments_refusal
        refusal = refusal or (None if self._is_signed_in(request) else "sign-in")
        if refusal is not None:
            return _refused(refusal)
        threads = () if post in self.hidden else self._threads.get(post, ())
        told = None if self._now is None else hotflow(threads, after, self._now)
        if told is None:
            return JSONResponse({"ok": 0, "msg": "还没有人评论哦~快来抢沙发！"})
        body = json.dumps(told, ensure_ascii=False).encode()
        return answer(self._faults, body, media_type="application/json")

    async def _get(self, request: Request) -> Response:
        found = _CONTAINER.fullmatch(request.query_params.get("containerid", ""))
        page = request.query_params.get("page", "1")
        if found is None or not page.isdigit():
            return JSONResponse({"ok": 0, "msg": "参数错误"})
        self.asked.append((found[2], int(page)))
        refusal = self.refusal or (None if self._is_signed_in(request) else "sign-in")
        if refusal is not None:
            return _refused(refusal)
        if page == "1" and self.empty_first:
            self.empty_first -= 1
            return _refused("nothing")
        told = self._told(found[2], int(page))
        return (
            _refused("nothing") if told is None else answer(self._faults, told, media_type="application/json")
        )

    def _is_signed_in(self, request: Request) -> bool:
        wanted = self._cookie is None or f"SUB={self._cookie}" in request.headers.get("cookie", "")
        return wanted and request.headers.get("x-requested-with") == "XMLHttpRequest"

    def _told(self, keyword: str, page: int) -> bytes | None:
        now = self._now
        if now is None:
            return None
        out = [p for p in self._posts if p.published_at <= now and keyword in p.text][::-1]
        some = out[(page - 1) * _A_PAGE : page * _A_PAGE]
        if not some:
            return None
        some = [*self.pinned, *some] if page == 1 else some
        blogs = [
            {"card_type": 9, "itemid": p.external_id, "mblog": self._counted(mblog(p, now))} for p in some
        ]
        head, rest = blogs[:2], blogs[2:]
        listed = [
            {"card_type": 42, "desc": "综合"},
            {"card_type": 11, "show_type": 1, "card_group": head},
            *rest,
        ]
        content = {"ok": 1, "data": {"cardlistInfo": {"total": len(out), "page": page + 1}, "cards": listed}}
        return json.dumps(content, ensure_ascii=False).encode()

    def _counted(self, blog: dict[str, object]) -> dict[str, object]:
        """Where it is known what stands under a post, its count says so."""
        threads = self._threads.get(str(blog["id"]))
        return blog if threads is None else blog | {"comments_count": sum(t.size for t in threads)}


def number(p: Written) -> str:
    """Sixteen digits that grow with time, as Weibo's do."""
    digits = int(re.sub(r"\D", "", p.external_id) or "0") % 1_000_000
    return str(4_000_000_000_000_000 + int(p.published_at.timestamp() - 1_300_000_000) * 1_000_000 + digits)


def mblog(p: Written, now: datetime) -> dict[str, object]:
    n = number(p)
    shown = escape(p.text).replace("\n", "<br />").replace("[", '<span class="url-icon"><img alt="[').replace(
        "]", ']" src="https://h5.sinaimg.example/e.png" style="width:1em; height:1em;" /></span>'
    )  # fmt: skip
    return {
        "id": n,
        "mid": n,
        "bid": f"M{n[-8:]}",
        "created_at": shown_time(p.published_at, now),
        "text": f'{shown} <a href="https://m.weibo.example/search?containerid={quote("#消费券#")}">#消费券#</a>',
        "isLongText": False,
        "source": "微博网页版",
        "reposts_count": int(n[-2:]),
        "comments_count": int(n[-3:-1]),
        "attitudes_count": "100万+" if n.endswith("77") else int(n[-3:]),
        "pics": [],
        "user": {"id": 1_000_000_000 + int(n[-6:]), "screen_name": f"网友{n[-4:]}", "verified": False},
    }  # fmt: skip


def shown_time(at: datetime, now: datetime) -> str:
    """As the mobile page shows it."""
    gone, local, today = now - at, at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    if gone < timedelta(minutes=1):
        return "刚刚"
    if gone < timedelta(hours=1):
        return f"{gone // timedelta(minutes=1)}分钟前"
    if local.date() == today:
        return f"{gone // timedelta(hours=1)}小时前"
    if local.date() == today - timedelta(days=1):
        return f"昨天 {local:%H:%M}"
    return f"{local:%m-%d}" if local.year == today.year else f"{local:%a %b %d %H:%M:%S %z %Y}"


def _refused(how: str) -> Response:
    if how.isdigit():
        return Response(status_code=int(how))
    if how == "sign-in page":
        return HTMLResponse("<!DOCTYPE html><html><title>登录 - 新浪微博</title><script>"
                            "location.href='https://passport.weibo.example/signin'</script></html>")  # fmt: skip
    return JSONResponse(
        {
            "captcha": {"ok": -100, "errno": "-100", "msg": "", "url": "https://m.weibo.cn/captcha?key=x"},
            "sign-in": {"ok": -100, "errno": "-100", "msg": "", "url": "https://passport.weibo.com/sso/signin"},
            "bare -100": {"ok": -100, "errno": "-100", "msg": ""},
            "slow down": {"ok": 0, "msg": "请求过于频繁,请稍后再试"},
            "nothing": {"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}},
        }[how]
    )  # fmt: skip
