"""Deletion on request: what is asked for, done and proven in one transaction (promises P4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from briefing.talk import quote
from domain.audit import Action, Doer
from domain.errors import ConfigError
from domain.links import author_hash, stored_link
from domain.text import clean_text
from store.queries.tombstones import author_digest, link_digest
from store.writes.audit import write_audit
from store.writes.forgetting import forget_author, forget_link
from store.writes.intake import move_version
from store.writes.withholding import withhold

_HASH = re.compile(r"[0-9a-f]{64}")
_LINK = re.compile(r"https?://[^\s]+", re.IGNORECASE)
BY_REQUEST = "（删除引文）"
"""Who asks for the paper that takes a withheld one's place. Brackets: no user's name looks like this."""
NOT_SENT = "引文已应请求删除，停止报送"
LINK_CHARACTERS, NAME_CHARACTERS = 2000, 200


class By(StrEnum):
    LINK = "link"
    AUTHOR = "author"  # the account's name or number as its platform tells it
    HASH = "author-hash"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be forgotten, as the store knows it. It holds no name."""

    by: By
    stored: str  # the link as it is stored, or the author's keyed hash


def read_wish(by: By, told: str, *, media: str, key: bytes) -> Wish:
    """Raises ConfigError where it is no link to a post, no hash, or an account of no platform."""
    told = clean_text(told).strip()
    if by is By.LINK:
        link = stored_link(told) if _LINK.fullmatch(told) and len(told) <= LINK_CHARACTERS else None
        if link is None:
            raise ConfigError("forget link: no link to a post")
        return Wish(by, link)
    if by is By.HASH:
        if not _HASH.fullmatch(told):
            raise ConfigError("forget author-hash: not 64 hexadecimal digits")
        return Wish(by, told)
    if not told or not media or len(told) > NAME_CHARACTERS:
        raise ConfigError("forget author: an account and its platform are needed")
    return Wish(by, author_hash(media, told, key))


def grant(conn: Connection, wish: Wish, doer: Doer, *, now: datetime) -> int:
    """Returns how many posts went. The log gets a digest: it is never deleted, and must not tell what was."""

    def also(conn: Connection, said: Sequence[tuple[str, str, str]]) -> None:
        words = {word for post in said for word in post} | {quote(text or title) for title, text, _ in said}
        told["papers"] = withhold(conn, words, by=BY_REQUEST, why=NOT_SENT, now=now)

    told: dict[str, object] = {"papers": 0}
    if wish.by is By.LINK:
        gone, digest = forget_link(conn, wish.stored, now=now, also=also), link_digest(wish.stored)
    else:
        gone, digest = forget_author(conn, wish.stored, now=now, also=also), author_digest(wish.stored)
    move_version(conn, now)
    subject = "by link" if wish.by is By.LINK else "by author"
    write_audit(conn, doer, Action.ERASE, subject=subject, detail=told | {"posts": gone, "digest": digest})
    return gone
