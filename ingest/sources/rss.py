"""Feeds: RSS 0.9x, 1.0, 2.0, Atom and JSON Feed, as RSSHub and news sites serve them."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import StringConstraints

from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post, Reject
from domain.text import decode
from ingest import strict_json
from ingest.answers import Validators
from ingest.feed_xml import MAX_ITEMS, FeedError, read_feed
from ingest.http import Http
from ingest.numbers import count_of
from ingest.plain import plain_text, web_address
from ingest.rejects import BadFieldError, reject
from ingest.rsshub import explained
from ingest.source import HttpAddress, Source
from ingest.times import feed_time

_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding=[\"']([A-Za-z0-9._-]{1,40})[\"']")
_WEAK = frozenset({"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"})
"""Servers' defaults: as an encoding of Chinese text they are always wrong, and they decode anything."""

_COUNTS = {  # RSSHub's own elements, then the modules of blogs and forums
    "reposts": ("stats/reposts_count",),
    "comments": ("stats/comments_count", "slash:comments", "thr:total", "comments"),
    "likes": ("stats/attitudes_count", "upvotes"),
}
_TEXTS = ("content:encoded", "content", "description", "summary", "itunes:summary", "media:description",
          "media:group/media:description")  # fmt: skip
_DATES = ("pubDate", "published", "issued", "dc:date", "dcterms:created", "created", "date", "updated", "modified",
          "dcterms:modified")  # fmt: skip
_LONGEST_ID = 200


class Rss(Source):
    """One feed address, asked with the ETag and Last-Modified of its last answer."""

    side: ClassVar[Literal["opinion"]] = "opinion"

    url: HttpAddress
    media: Annotated[str, StringConstraints(min_length=1, max_length=32)] = "rss"
    county: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        before = Validators.from_cursor(cursor)
        try:
            answer = http.get(self.id, self.url, conditional=before)
        except FetchError as error:
            raise explained(error, error.told) or error from None
        if answer.unchanged or answer.validators.sha256 == before.sha256:
            return
        payload = Payload(
            name=self.url.partition("?")[0],  # a query may hold the access key of an RSSHub
            body=answer.body,
            media_type=answer.media_type,
            encoding=answer.encoding,
        )
        items = self._items(payload)
        if items is not None:
            if not items and _had_items(cursor):  # a page that was torn down, not a day without news
                raise FetchError(self.id, f"{payload.name}: no item where there were some", cause="empty")
            yield replace(payload, cursor=_cursor(answer.validators, items))
            return
        told = explained(FetchError(self.id, f"{payload.name}: an error page with status 200"), payload.body)
        if told is not None:
            raise told
        yield payload  # an unreadable body is not remembered: the next answer must not be a reassuring 304

    def _items(self, payload: Payload) -> int | None:
        """How many items; None: the body cannot be read."""
        try:
            return self.parse(payload).rows_in
        except ParseError:
            return None

    def parse(self, payload: Payload) -> Parsed:
        try:
            text = decode(payload.body, _declared(payload))
            items = _json_items(text) if text.lstrip("\ufeff \r\n\t").startswith("{") else _xml_items(text)
        except UnicodeDecodeError:
            raise ParseError(self.id, "no encoding fits the bytes") from None
        except ValueError as error:
            raise ParseError(self.id, f"no readable feed: {error}"[:300]) from None
        return self._parsed(items)

    def _parsed(self, items: list[_Item]) -> Parsed:
        guids = Counter(item.guid for item in items)
        posts: list[Post] = []
        rejects: list[Reject] = []
        for number, item in enumerate(items, start=1):
            try:
                posts.append(self._post(item, is_unique=guids[item.guid] == 1))
            except BadFieldError as error:
                rejects.append(reject(f"item {number}", error))
        return Parsed(records=tuple(posts), rejects=tuple(rejects))

    def _post(self, item: _Item, *, is_unique: bool) -> Post:
        title, text = plain_text(item.title).replace("\n", " "), plain_text(item.text)
        if not title and not text:
            raise BadFieldError("title", "neither title nor text", item.guid)
        return Post(
            source=self.id,
            media=self.media,
            external_id=_external_id(item, title or text, is_unique=is_unique),
            title=title,
            text=text,
            url=web_address(item.link, self.url),
            published_at=_moment(item.date),
            author_ref=plain_text(item.author)[:100] or None,
            county_hint=self.county,
            likes=count_of(item.likes),
            comments=count_of(item.comments),
            reposts=count_of(item.reposts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One entry of any of the three formats, still as it came."""

    guid: str
    link: str
    title: str
    text: str
    date: str
    author: str
    likes: str = ""
    comments: str = ""
    reposts: str = ""


def _cursor(validators: Validators, items: int) -> str:
    """The feed's state, and how many items it had."""
    return json.dumps(json.loads(validators.as_cursor()) | {"items": items}, separators=(",", ":"))


def _had_items(cursor: str | None) -> bool:
    try:
        told = json.loads(cursor or "{}")
    except ValueError:
        return False
    return isinstance(told, dict) and bool(told.get("items"))


def _declared(payload: Payload) -> str | None:
    """HTTP's charset, then the XML declaration's: the first that is no mere default and fits every byte."""
    prolog = _DECLARED.match(payload.body)
    for name in (payload.encoding, prolog[1].decode("ascii") if prolog else None):
        if name is None or name.lower() in _WEAK:
            continue
        try:
            payload.body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        return name
    return None


def _xml_items(text: str) -> list[_Item]:
    return [
        _Item(
            guid=entry.first("guid", "id"),
            link=entry.link or entry.first("link"),
            title=entry.first("title"),
            text=entry.first(*_TEXTS),
            date=entry.first(*_DATES),
            author=entry.first("dc:creator", "author/name", "author", "itunes:author"),
            **{ours: entry.first(*theirs) for ours, theirs in _COUNTS.items()},
        )
        for entry in read_feed(text)
    ]


def _json_items(text: str) -> list[_Item]:
    content = strict_json.loads(text.lstrip("\ufeff"))
    if "jsonfeed.org/version/" not in str(content.get("version", "")):
        raise FeedError("json, but no JSON Feed")
    items = content.get("items")
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        raise FeedError(f"items is no list of at most {MAX_ITEMS}")
    return [_json_item(item if isinstance(item, dict) else {}) for item in items]


def _json_item(item: dict[str, Any]) -> _Item:
    """Any member may be absent or of another type: then it counts as absent."""
    named = [*_listed(item.get("authors")), item.get("author")]
    return _Item(
        guid=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=html.escape(_text(item.get("title"))),  # plain text by its standard; all else is markup
        text=_text(item.get("content_html"))
        or html.escape(_text(item.get("content_text")) or _text(item.get("summary"))),
        date=_text(item.get("date_published")) or _text(item.get("date_modified")),
        author=next((_text(a.get("name")) for a in named if isinstance(a, dict)), ""),
    )


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """JSON's strings, and whole numbers, which some feeds use for ids."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _external_id(item: _Item, title: str, *, is_unique: bool) -> str:
    """guid, guid and link where the feed repeats a guid, link, then a hash of title and date."""
    if item.guid and is_unique:
        chosen = item.guid
    elif item.guid and item.link:
        chosen = f"{item.guid} {item.link}"
    elif item.link:
        chosen = item.link
    else:
        return _digest(f"{title}\n{item.date}")
    return chosen if len(chosen) <= _LONGEST_ID and chosen.isprintable() else _digest(chosen)


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def _moment(text: str) -> datetime | None:
    try:
        return feed_time(text)
    except ValueError:
        return None


SOURCE = Rss
