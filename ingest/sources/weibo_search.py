"""Weibo's mobile search: newest posts of each keyword, page by page, slowly, with the account's own cookie.

On wish also the first comments under the posts most talked about.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import Field, PrivateAttr, SecretStr, StringConstraints, ValidationInfo, model_validator

from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post, Reject
from domain.text import decode
from ingest import strict_json
from ingest.http import Http
from ingest.numbers import count_of
from ingest.rejects import BadFieldError, reject
from ingest.source import Deployment, EnvName, HttpAddress, Source, deployment, secret
from ingest.weibo import as_post, cards, mostly_known, newest_of, number_of, page_trouble, trouble
from ingest.weibo_comments import FIRST, Place, address, as_comment, comments, next_place, post_of
from ingest.weibo_comments import PATH as COMMENTS

_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/16.0 Mobile/15E148 Safari/604.1"
)
_TYPES = {"all": 1, "realtime": 61, "hot": 60}
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class WeiboSearch(Source):
    """`GET {base_url}/api/container/getIndex`. `cursor`: the newest post seen of each keyword.

    A page is asked for again on every run, since counts grow; older pages only until one of mostly known posts.
    """

    side: ClassVar[Literal["opinion"]] = "opinion"

    keywords: Annotated[tuple[Keyword, ...], Field(min_length=1, max_length=20)]
    order: Literal["all", "realtime", "hot"] = "realtime"
    max_pages: Annotated[int, Field(ge=1, le=20)] = 5
    comments_of: Annotated[int, Field(ge=0, le=20)] = 0  # so many posts of a keyword at each run
    comment_pages: Annotated[int, Field(ge=1, le=10)] = 2
    pause_s: Annotated[float, Field(ge=0, le=120)] = 4.0  # between two pages; real time
    cookie_env: EnvName | None = None
    base_url: HttpAddress = "https://m.weibo.cn"

    _cookie: SecretStr | None = PrivateAttr(default=None)
    _clock: Callable[[], datetime] = PrivateAttr(default_factory=lambda: Deployment().clock)
    _sleep: Callable[[float], None] = PrivateAttr(default_factory=lambda: time.sleep)

    @model_validator(mode="after")
    def _resolve(self, info: ValidationInfo) -> Self:
        where = deployment(info)
        self._clock = where.clock
        if self.cookie_env is not None:
            try:
                self._cookie = secret(self.cookie_env, where.environ)
            except ValueError as error:
                raise ValueError(f"cookie_env: {error}") from None
        return self

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """Raises FetchError with the cause Weibo means; keywords before it are saved already."""
        newest = newest_of(cursor)
        for place, keyword in enumerate(self.keywords):
            if place:
                self._sleep(self.pause_s)
            talked: dict[str, int] = {}
            yield from self._pages(http, keyword, newest, talked)
            most = sorted(talked, key=lambda number: (talked[number], int(number)), reverse=True)
            for number in most[: self.comments_of]:
                yield from self._comments(http, number)

    def _comments(self, http: Http, number: str) -> Iterator[Payload]:
        """The first pages under one post. Nothing there is an answer: a count also holds what was deleted or hidden."""
        place: Place | None = FIRST
        for _ in range(self.comment_pages):
            if place is None:
                break
            self._sleep(self.pause_s)
            payload = self._get(http, address(number, place), referer=f"/detail/{number}")
            try:
                place = next_place(self._told(payload))
            except FetchError as error:
                if error.cause == "empty":
                    break
                raise
            except (ValueError, ParseError):  # `parse` puts it aside
                place = None
            yield payload

    def _pages(
        self, http: Http, keyword: str, newest: dict[str, str], talked: dict[str, int]
    ) -> Iterator[Payload]:
        """The cursor moves with the keyword's last page only: what a refusal cuts off is asked for again."""
        known, first, held = newest.get(keyword), None, None
        try:
            for page in range(1, self.max_pages + 1):
                asked = self._asked(http, keyword, page, known)
                if asked is None:
                    break
                if held is not None:
                    yield held
                held, numbers = asked
                talked |= {number: told for number, told in numbers.items() if told}
                if not numbers:  # nothing we know: `parse` puts it aside, and the cursor stays
                    first = None
                    break
                first = first or max(numbers, key=int)
                if self.order == "realtime" and known is not None and mostly_known(numbers, known):
                    break
        except FetchError:
            if held is not None:
                yield held
            raise
        if held is not None:
            yield held if first is None else self._last(held, keyword, first, newest)

    def _asked(
        self, http: Http, keyword: str, page: int, known: str | None
    ) -> tuple[Payload, dict[str, int]] | None:
        """One page and its ids, each with how many comments it has; None behind the last.

        A first page is empty now and then, and full a moment later. Where a keyword never had a post, nobody wrote,
        which is an answer; where it had some, it is trouble.
        """
        for again in (False, True):
            if page > 1 or again:
                self._sleep(self.pause_s)
            try:
                return self._page(http, keyword, page)
            except FetchError as error:
                if error.cause != "empty" or (again and known is not None):
                    raise
            if page > 1:
                break
        return None

    def _last(self, payload: Payload, keyword: str, first: str, newest: dict[str, str]) -> Payload:
        newest[keyword] = max(first, newest.get(keyword, "0"), key=int)
        kept = {word: newest[word] for word in self.keywords if word in newest}
        return replace(payload, cursor=json.dumps(kept, ensure_ascii=False, separators=(",", ":")))

    def _page(self, http: Http, keyword: str, page: int) -> tuple[Payload, dict[str, int]]:
        container = quote(f"100103type={_TYPES[self.order]}&q={keyword}", safe="")
        asked = f"/api/container/getIndex?containerid={container}&page_type=searchall&page={page}"
        payload = self._get(http, asked, referer=f"/p/searchall?containerid={container}")
        return payload, self._numbers(payload)

    def _get(self, http: Http, asked: str, *, referer: str) -> Payload:
        base = self.base_url.rstrip("/")
        headers = {
            "User-Agent": _AGENT,
            "Referer": base + referer,
            "MWeibo-Pwa": "1",
            "X-Requested-With": "XMLHttpRequest",
            "Accept": "application/json, text/plain, */*",
        }
        if self._cookie is not None:
            headers["Cookie"] = self._cookie.get_secret_value()
        answer = http.get(self.id, base + asked, headers=headers)
        return Payload(
            name=asked, body=answer.body, media_type=answer.media_type, encoding=answer.encoding,
            fetched_at=self._clock(),
        )  # fmt: skip

    def _numbers(self, payload: Payload) -> dict[str, int]:
        """The ids of a page; none of a page nobody knows, which `parse` puts aside. Raises FetchError for a refusal."""
        try:
            listed = cards(self._told(payload))
        except (ValueError, ParseError):
            return {}
        found = [(number, mblog) for mblog in listed if (number := _number(mblog)) is not None]
        return {number: count_of(mblog.get("comments_count")) or 0 for number, mblog in found}

    def _told(self, payload: Payload) -> dict[str, Any]:
        """Raises FetchError for a refusal, ParseError or ValueError for what is no answer."""
        try:
            text = decode(payload.body, payload.encoding)
        except UnicodeDecodeError:
            raise ParseError(self.id, "no encoding fits the bytes") from None
        meant = page_trouble(text)
        if meant is not None:
            raise FetchError(self.id, f"{_shown(payload)}: {meant[1]}", cause=meant[0])
        content = strict_json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("no object")
        meant = trouble(content)
        if meant is not None:
            raise FetchError(self.id, f"{_shown(payload)}: {meant[1]}", cause=meant[0])
        return content

    def parse(self, payload: Payload) -> Parsed:
        fetched_at = payload.fetched_at
        if fetched_at is None:
            raise ParseError(self.id, "nobody says when it was fetched: its times are relative")
        if payload.name.startswith(COMMENTS):
            listed = self._listed(payload, lambda told: comments(told, post_of(payload.name)))
            return self._parsed(
                "data",
                listed,
                lambda pair: as_comment(pair[0], under=pair[1], source=self.id, fetched_at=fetched_at),
            )
        return self._parsed(
            "cards",
            self._listed(payload, cards),
            lambda mblog: as_post(mblog, source=self.id, fetched_at=fetched_at),
        )

    def _listed(self, payload: Payload, read: Callable[[dict[str, Any]], list[Any]]) -> list[Any]:
        try:
            return read(self._told(payload))
        except FetchError as error:  # a body from the archive: refused then, no posts now
            raise ParseError(self.id, error.message) from None
        except ValueError as error:
            raise ParseError(self.id, f"{_shown(payload)}: not an answer of Weibo's: {error}"[:300]) from None

    def _parsed(self, where: str, listed: list[Any], made: Callable[[Any], Post]) -> Parsed:
        posts: list[Post] = []
        rejects: list[Reject] = []
        for place, told in enumerate(listed):
            try:
                posts.append(made(told))
            except BadFieldError as error:
                rejects.append(reject(f"{where}[{place}]", error))
        return Parsed(records=tuple(posts), rejects=tuple(rejects))


def _number(mblog: Any) -> str | None:
    try:
        return number_of(mblog) if isinstance(mblog, dict) else None
    except BadFieldError:
        return None


def _shown(payload: Payload) -> str:
    if payload.name.startswith(COMMENTS):
        return "hotflow"
    return "getIndex page " + parse_qs(urlsplit(payload.name).query).get("page", ["?"])[0]


SOURCE = WeiboSearch
