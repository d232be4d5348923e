"""Two feeds of public posts: a local paper's RSS 2.0 in GB18030 and a forum's Atom, with conditional GET."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.terms import SHANGHAI
from rehearsal.faults import Faults
from rehearsal.scenario import Written
from rehearsal.wire import answer

_ITEMS = 300  # newest first; a client that looks every few minutes misses none

Render = Callable[[Sequence[Written]], tuple[bytes, str]]
"""Newest first -> (body, media type)."""


class Feed:
    """One feed: what it will say, and how far it has said it."""

    def __init__(self, posts: Sequence[Written], *, path: str, render: Render, faults: Faults) -> None:
        self._posts = sorted(posts, key=lambda p: (p.published_at, p.external_id))
        self._path, self._render, self._faults = path, render, faults
        self._out = 0
        self._drawn: tuple[int, bytes, str] | None = None

    @property
    def served(self) -> list[Written]:
        return self._posts[: self._out]

    def advance(self, now: datetime) -> None:
        while self._out < len(self._posts) and self._posts[self._out].published_at <= now:
            self._out += 1

    def routes(self) -> list[Route]:
        return [Route(self._path, self._get)]

    async def _get(self, request: Request) -> Response:
        body, media_type, newest = self._current()
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers = {"ETag": tag}
        if newest:
            headers["Last-Modified"] = format_datetime(newest, usegmt=True)
        if _known(request, tag, newest):
            return Response(status_code=304, headers=headers)
        return answer(self._faults, body, media_type=media_type, headers=headers)

    def _current(self) -> tuple[bytes, str, datetime | None]:
        """The body as of now, drawn once for every state of the feed."""
        out = self._out
        if self._drawn is None or self._drawn[0] != out:
            self._drawn = (out, *self._render(self._posts[max(0, out - _ITEMS) : out][::-1]))
        newest = self._posts[out - 1].published_at.astimezone(UTC) if out else None
        return self._drawn[1], self._drawn[2], newest


def _known(request: Request, tag: str, newest: datetime | None) -> bool:
    """If-None-Match decides where both are sent (RFC 9110 13.1.3)."""
    if given := request.headers.get("if-none-match"):
        return tag in [part.strip().removeprefix("W/") for part in given.split(",")] or given.strip() == "*"
    since = request.headers.get("if-modified-since")
    if not since or newest is None:
        return False
    try:
        return newest.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone: as if it had not been sent
        return False


def rss(posts: Sequence[Written]) -> tuple[bytes, str]:
    items = "".join(
        f"<item><title>{escape(p.title)}</title><link>{_link('paper', p)}</link>"
        f'<guid isPermaLink="false">{p.external_id}</guid>'
        f"<pubDate>{format_datetime(p.published_at.astimezone(SHANGHAI))}</pubDate>"
        f"<description>{escape(f'<p>{escape(p.text)}</p>')}</description></item>\n"
        for p in posts
    )
    text = (
        '<?xml version="1.0" encoding="GB18030"?>\n<rss version="2.0"><channel><title>上党晚报(示例)</title>'
        "<link>https://paper.example/</link><description>本地新闻 演示数据</description><ttl>1</ttl>\n"
        f"{items}</channel></rss>\n"
    )
    return text.encode("gb18030"), "application/rss+xml; charset=gb18030"


def atom(posts: Sequence[Written]) -> tuple[bytes, str]:
    entries = "".join(
        f"<entry><id>tag:forum.example,2022:{p.external_id}</id><title>{escape(p.title)}</title>"
        f'<link rel="alternate" href="{_link("forum", p)}"/>'
        f"<published>{p.published_at.isoformat()}</published><updated>{p.published_at.isoformat()}</updated>"
        f"<author><name>网友{p.external_id[1:]}</name></author>"
        f'<content type="html">{escape(f"<p>{escape(p.text)}</p>")}</content></entry>\n'
        for p in posts
    )
    updated = posts[0].published_at.isoformat() if posts else "1970-01-01T00:00:00Z"
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        "<id>tag:forum.example,2022:all</id><title>漳河论坛(示例)</title>"
        f"<updated>{updated}</updated>\n{entries}</feed>\n"
    )
    return text.encode(), "application/atom+xml; charset=utf-8"


def external_id(p: Written) -> str:
    """The identity a reader of the feed sees."""
    return f"tag:forum.example,2022:{p.external_id}" if p.source == "forum-atom" else p.external_id


def _link(host: str, p: Written) -> str:
    return f"https://{host}.example/{p.published_at:%Y%m%d}/{p.external_id}.html"
