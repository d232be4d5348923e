"""One answer about one hot list as newsnow gives it: its items in order, rank 1 first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from domain.records import Post, Reject
from domain.text import clean_text
from ingest.numbers import leading_count
from ingest.plain import plain_text, web_address
from ingest.rejects import BadFieldError, reject
from ingest.times import told_moment

ListId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]

MAX_ITEMS = 200


def items_of(told: object, list_id: str) -> list[Any]:
    """The items of an answer about the list `list_id`. Raises ValueError."""
    answer = told if isinstance(told, dict) else {}
    items = answer.get("items")
    if answer.get("status") not in ("success", "cache") or answer.get("id") != list_id:
        raise ValueError(f"not an answer about the list {list_id}")
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        raise ValueError(f"items is no list of 1 to {MAX_ITEMS}")
    return items


def places(
    items: Sequence[Any], list_id: str, *, source: str, where: str = "items", prefix: str = ""
) -> tuple[list[Post], list[Reject]]:
    """A post per item with its rank. `prefix`: before an id, where several lists share a source."""
    posts: list[Post] = []
    rejects: list[Reject] = []
    for rank, item in enumerate(items, start=1):
        try:
            posts.append(_post(item, list_id, source=source, rank=rank, prefix=prefix))
        except BadFieldError as error:
            rejects.append(reject(f"{where}[{rank - 1}]", error))
    return posts, rejects


def _post(item: Any, list_id: str, *, source: str, rank: int, prefix: str) -> Post:
    if not isinstance(item, dict):
        raise BadFieldError("item", "no object")
    title = plain_text(_text(item.get("title"))).replace("\n", " ")
    if not title:
        raise BadFieldError("title", "no title", item.get("id", ""))
    told = item.get("extra")
    extra = told if isinstance(told, dict) else {}
    return Post(
        source=source,
        media=list_id,
        external_id=(prefix + (_id(item.get("id")) or title))[:200],
        title=title,
        text=plain_text(_text(extra.get("hover"))),
        url=web_address(_text(item.get("url")) or _text(item.get("mobileUrl"))),
        published_at=told_moment(item.get("pubDate")) or told_moment(extra.get("date")),
        rank=rank,
        heat=leading_count(_text(extra.get("info"))),
    )


def _id(value: object) -> str:
    """Many a list's is the title itself, cut inside an emoji or not."""
    told = _text(value)
    return told if told.isprintable() else clean_text(told)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
