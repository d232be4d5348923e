"""What a post leaves at the door: whoever wrote it, whatever leads to a person, and a date that cannot be."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import datetime, timedelta

from domain.personal import mask_personal, names_a_person
from domain.records import Post
from ingest.source import Source

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far a feed's clock may run ahead of ours."""
RAW_KEPT = timedelta(days=90)
"""The bytes of a feed hold what is masked here: kept to be read again after a mistake, then gone (promises P3)."""


def at_the_door(post: Post, key: bytes, now: datetime) -> Post:
    """Before anything is stored: author ids become keyed hashes, personal data is masked, a date ahead is no date."""
    ahead = post.published_at is not None and post.published_at > now + CLOCKS_DIFFER
    return replace(
        post,
        title=mask_personal(_without_author(post.title, post.author_ref)),
        text=mask_personal(_without_author(post.text, post.author_ref)),
        url=_harmless(post.url),
        external_id=_id(post.external_id, key),
        repost_of=None if post.repost_of is None else _id(post.repost_of, key),
        in_reply_to=None if post.in_reply_to is None else _id(post.in_reply_to, key),
        published_at=None if ahead else post.published_at,
        author_ref=None if post.author_ref is None else _hash(f"{post.media}\0{post.author_ref}", key),
    )


def forget_at(source: Source, now: datetime) -> datetime | None:
    """When the raw bytes go: what people wrote does, what platforms count does not."""
    return now + RAW_KEPT if source.side == "opinion" else None


def _without_author(text: str, author: str | None) -> str:
    """RSSHub writes the author's name before a title: "name: text"."""
    if author and text.startswith((f"{author}:", f"{author}：")):
        return text[len(author) + 1 :].lstrip()
    return text


_WEIBO = re.compile(
    r"https?://(?:www\.|m\.)?weibo\.c(?:om|n)/(?!u/|n/|p/)[0-9]{5,12}/([A-Za-z0-9]{6,20})(?:[?#].*)?",
    re.ASCII,
)
_PROFILE = re.compile(
    r"https?://(?:(?:www\.|m\.)?weibo\.c(?:om|n)/(?:u/|n/|profile/|[0-9]{5,12}/?$)|www\.xiaohongshu\.com/user/"
    r"|www\.douyin\.com/user/|www\.kuaishou\.com/profile/|space\.bilibili\.com/|www\.zhihu\.com/people/"
    r"|tieba\.baidu\.com/home/)"
)


def _without_account(url: str) -> str:
    """Weibo writes the author's number before the post's: the post is found without it."""
    return _WEIBO.sub(r"https://m.weibo.cn/status/\1", url)


def _harmless(url: str | None) -> str | None:
    """A link that carries somebody's number loses its query, or is none; a person's own page is none."""
    if url is None or _PROFILE.match(url):
        return None
    url = _without_account(url)
    if not names_a_person(url):
        return url
    bare = url.partition("?")[0].partition("#")[0]
    return None if names_a_person(bare) else bare


def _id(external_id: str, key: bytes) -> str:
    """An id made of somebody's number or address still tells the same post again, and nothing else."""
    external_id = _without_account(external_id)
    masked = mask_personal(external_id) if any(c > "\x7f" for c in external_id) else external_id
    if masked == external_id and not names_a_person(external_id):
        return external_id
    return f"hmac:{_hash(external_id, key)}"


def _hash(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
