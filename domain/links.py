"""Links and ids of posts as they are stored: they lead to the post, never to a person. And who wrote it, as a hash."""

from __future__ import annotations

import hashlib
import hmac
import re

from domain.personal import mask_personal, names_a_person

_WEIBO = re.compile(
    r"https?://(?:www\.|m\.)?weibo\.c(?:om|n)/(?!u/|n/|p/)[0-9]{5,12}/([A-Za-z0-9]{6,20})(?:[?#].*)?",
    re.ASCII,
)
_PROFILE = re.compile(
    r"https?://(?:(?:www\.|m\.)?weibo\.c(?:om|n)/(?:u/|n/|profile/|[0-9]{5,12}/?$)|www\.xiaohongshu\.com/user/"
    r"|www\.douyin\.com/user/|www\.kuaishou\.com/profile/|space\.bilibili\.com/|www\.zhihu\.com/people/"
    r"|tieba\.baidu\.com/home/)"
)


def stored_link(url: str | None) -> str | None:
    """A link that carries somebody's number loses its query, or is none; a person's own page is none."""
    if url is None or _PROFILE.match(url):
        return None
    url = _without_account(url)
    if not names_a_person(url):
        return url
    bare = url.partition("?")[0].partition("#")[0]
    return None if names_a_person(bare) else bare


def is_address(external_id: str) -> bool:
    """Whether an id is a web address, which is the same post's whoever tells it."""
    return external_id.startswith(("http://", "https://"))


def stored_id(external_id: str, key: bytes) -> str:
    """An id made of somebody's number or address still tells the same post again, and nothing else."""
    external_id = _without_account(external_id)
    masked = mask_personal(external_id) if any(c > "\x7f" for c in external_id) else external_id
    if masked == external_id and not names_a_person(external_id):
        return external_id
    return f"hmac:{_hash(external_id, key)}"


def author_hash(media: str, author: str, key: bytes) -> str:
    """The only trace of who wrote a post; without the key nobody can tell whose it is. 64 hex digits."""
    return _hash(f"{media}\0{author}", key)


def _without_account(url: str) -> str:
    """Weibo writes the author's number before the post's: the post is found without it."""
    return _WEIBO.sub(r"https://m.weibo.cn/status/\1", url)


def _hash(text: str, key: bytes) -> str:
    told = text.encode(errors="surrogatepass")  # platforms cut names inside an emoji
    return hmac.new(key, told, hashlib.sha256).hexdigest()
