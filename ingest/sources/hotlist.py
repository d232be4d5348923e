"""Hot-search lists as newsnow serves them: the list's items in order, rank 1 first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import StringConstraints

from domain.errors import ParseError
from domain.records import Parsed, Payload, Post, Reject
from domain.text import decode
from ingest import strict_json
from ingest.http import Http
from ingest.numbers import leading_count
from ingest.plain import plain_text, web_address
from ingest.rejects import BadFieldError, reject
from ingest.source import HttpAddress, Source
from ingest.times import feed_time

MAX_ITEMS = 200
_MILLISECONDS_FROM = 10**12  # lists mix seconds and milliseconds; as seconds this would be the year 33658
_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800  # 2000 to 2100


class Hotlist(Source):
    """One list of one newsnow server, such as `weibo` or `douyin`. Ranks are a new observation each time."""

    side: ClassVar[Literal["opinion"]] = "opinion"

    base_url: HttpAddress
    list_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        asked = f"/api/s?id={self.list_id}&latest"
        answer = http.get(self.id, self.base_url.rstrip("/") + asked)
        yield Payload(name=asked, body=answer.body, media_type=answer.media_type, encoding=answer.encoding)

    def parse(self, payload: Payload) -> Parsed:
        """No data time: within its own cache the server's `updatedTime` is now, however old the items are."""
        items = self._items(payload)
        posts: list[Post] = []
        rejects: list[Reject] = []
        for rank, item in enumerate(items, start=1):
            try:
                posts.append(self._post(item, rank=rank))
            except BadFieldError as error:
                rejects.append(reject(f"items[{rank - 1}]", error))
        return Parsed(records=tuple(posts), rejects=tuple(rejects))

    def _items(self, payload: Payload) -> list[Any]:
        try:
            content = strict_json.loads(decode(payload.body, payload.encoding))
        except ValueError as error:
            raise ParseError(self.id, f"not strict JSON: {error}"[:300]) from None
        told = content if isinstance(content, dict) else {}
        items = told.get("items")
        if told.get("status") not in ("success", "cache") or told.get("id") != self.list_id:
            raise ParseError(self.id, f"not an answer about the list {self.list_id}")
        if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
            raise ParseError(self.id, f"items is no list of 1 to {MAX_ITEMS}")
        return items

    def _post(self, item: Any, *, rank: int) -> Post:
        if not isinstance(item, dict):
            raise BadFieldError("item", "no object")
        title = plain_text(_text(item.get("title"))).replace("\n", " ")
        if not title:
            raise BadFieldError("title", "no title", item.get("id", ""))
        told = item.get("extra")
        extra = told if isinstance(told, dict) else {}
        return Post(
            source=self.id,
            media=self.list_id,
            external_id=(_text(item.get("id")) or title)[:200],
            title=title,
            text=plain_text(_text(extra.get("hover"))),
            url=web_address(_text(item.get("url")) or _text(item.get("mobileUrl"))),
            published_at=_moment(item.get("pubDate")) or _moment(extra.get("date")),
            rank=rank,
            heat=leading_count(_text(extra.get("info"))),
        )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _moment(value: object) -> datetime | None:
    """Seconds, milliseconds or a written date; 0 and nonsense are None."""
    if isinstance(value, str):
        try:
            return feed_time(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST_S <= seconds < _LATEST_S else None


SOURCE = Hotlist
