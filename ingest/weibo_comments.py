"""Comments under a post of Weibo's mobile page: `/comments/hotflow`, where each page names the place of the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from domain.records import Post
from ingest.numbers import count_of
from ingest.plain import plain_text
from ingest.rejects import BadFieldError, WordlessError
from ingest.weibo import moment_of, number_of

PATH = "/comments/hotflow"
MAX_COMMENTS = 400
Place = tuple[str, str]
"""`max_id` and `max_id_type`, as the page before gave them."""

FIRST: Place = ("", "0")


def address(number: str, place: Place) -> str:
    """Path and query of one page under the post `number`."""
    max_id, kind = place
    asked = {"id": number, "mid": number, "max_id_type": kind} | ({"max_id": max_id} if max_id else {})
    return f"{PATH}?{urlencode(asked)}"


def post_of(name: str) -> str:
    """The number of the post that a page was asked for. Raises ValueError."""
    found = parse_qs(urlsplit(name).query).get("id", [""])[0]
    if not (found.isascii() and found.isdigit()):
        raise ValueError("nobody says under which post they stand")
    return found


def next_place(content: dict[str, Any]) -> Place | None:
    """Where the page after this one begins; None behind the last, whose `max_id` is 0."""
    data = content.get("data")
    told = data if isinstance(data, dict) else {}
    max_id, kind = _digits(told.get("max_id")), _digits(told.get("max_id_type"))
    return (max_id, kind or "0") if max_id.strip("0") else None


def comments(content: dict[str, Any], post: str) -> list[tuple[Any, str]]:
    """Every comment of a page with the id of what it answers: the post, or the comment it hangs under.

    Raises ValueError.
    """
    data = content.get("data")
    listed = data.get("data") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of comments")
    found = [pair for item in listed for pair in _thread(item, post)]
    if len(found) > MAX_COMMENTS:
        raise ValueError(f"more than {MAX_COMMENTS} comments")
    return found


def as_comment(item: Any, *, under: str, source: str, fetched_at: datetime) -> Post:
    """Raises BadFieldError."""
    if not isinstance(item, dict):
        raise BadFieldError("comment", "no object")
    number = number_of(item)
    told = item.get("text")
    text = plain_text(told) if isinstance(told, str) else ""
    if not text:
        raise WordlessError("text", "a comment without words", number)
    author = item.get("user")
    return Post(
        source=source,
        media="weibo",
        external_id=_id(number),
        title="",
        text=text,
        url=None,  # Weibo has no page for one comment that does not name its author
        published_at=moment_of(item.get("created_at"), fetched_at),
        author_ref=str(author["id"]) if isinstance(author, dict) and author.get("id") else None,
        likes=count_of(item.get("like_count")),
        comments=count_of(item.get("total_number")),
        in_reply_to=under,
    )


def _thread(item: Any, post: str) -> Iterator[tuple[Any, str]]:
    yield item, post
    replies = item.get("comments") if isinstance(item, dict) else None
    if isinstance(replies, list):  # `false` where there are none
        try:
            under = _id(number_of(item))
        except BadFieldError:
            under = post
        yield from ((reply, under) for reply in replies)


def _id(number: str) -> str:
    """Apart from posts, whose numbers look the same."""
    return f"c:{number}"


def _digits(value: object) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 20 else ""
