"""Lines as MediaCrawler writes them for seven platforms (its documented fields; we ship no crawler) -> posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.records import Post
from domain.text import clean_text
from ingest.numbers import count_of
from ingest.plain import MAX_TEXT, web_address
from ingest.rejects import BadFieldError, WordlessError
from ingest.times import told_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """How one platform's lines call what we keep. Names, avatars, places and follower counts are never read."""

    media: str
    post_id: str
    text: tuple[str, ...]
    at: str
    url: str
    likes: str = "liked_count"
    comments: str | None = None
    reposts: str | None = None
    comment_at: str = "create_time"
    comment_likes: str | None = "like_count"


PLATFORMS = {
    "xhs": Platform(media="xiaohongshu", post_id="note_id", text=("desc",), at="time", url="note_url",
                    comments="comment_count", reposts="share_count"),
    "dy": Platform(media="douyin", post_id="aweme_id", text=("desc",), at="create_time", url="aweme_url",
                   comments="comment_count", reposts="share_count"),
    "ks": Platform(media="kuaishou", post_id="video_id", text=("desc",), at="create_time", url="video_url",
                   comment_likes=None),
    "bili": Platform(media="bilibili", post_id="video_id", text=("desc",), at="create_time", url="video_url",
                     comments="video_comment", reposts="video_share_count"),
    "wb": Platform(media="weibo", post_id="note_id", text=("content",), at="create_time", url="note_url",
                   comments="comments_count", reposts="shared_count", comment_likes="comment_like_count"),
    "tieba": Platform(media="tieba", post_id="note_id", text=("desc",), at="publish_time", url="note_url",
                      likes="", comments="total_replay_num", comment_at="publish_time", comment_likes=None),
    "zhihu": Platform(media="zhihu", post_id="content_id", text=("content_text", "desc"), at="created_time",
                      url="content_url", likes="voteup_count", comments="comment_count", comment_at="publish_time"),
}  # fmt: skip
FOLDERS = {name: name for name in PLATFORMS} | {
    "douyin": "dy", "kuaishou": "ks", "bilibili": "bili", "weibo": "wb", "xiaohongshu": "xhs",
}  # fmt: skip
"""What the platform's folder is called -> our short name."""


def as_content(line: Mapping[str, Any], name: str, *, source: str) -> Post:
    """One post, note, video or answer. Raises BadFieldError."""
    platform = PLATFORMS[name]
    title = _words(line.get("title")).replace("\n", " ")
    text = next((said for key in platform.text if (said := _words(line.get(key)))), "")
    if not title and not text:
        raise WordlessError("title", "neither title nor text", _id(line, platform.post_id))
    return Post(
        source=source,
        media=platform.media,
        external_id=f"{name}:{_id(line, platform.post_id)}",
        title=title,
        text="" if text == title else text,
        url=_link(line.get(platform.url)),
        published_at=told_moment(line.get(platform.at)),
        author_ref=_author(line),
        likes=_count(line, platform.likes),
        comments=_count(line, platform.comments),
        reposts=_count(line, platform.reposts),
    )


def as_comment(line: Mapping[str, Any], name: str, *, source: str) -> Post:
    """One comment, under its post or under another comment. Raises BadFieldError."""
    platform = PLATFORMS[name]
    text = _words(line.get("content"))
    if not text:
        raise WordlessError("content", "a comment without words", _id(line, "comment_id"))
    parent = str(line.get("parent_comment_id") or "0").strip()
    under = f"{name}:{_id(line, platform.post_id)}" if parent in ("0", "") else f"{name}:c:{parent}"
    return Post(
        source=source,
        media=platform.media,
        external_id=f"{name}:c:{_id(line, 'comment_id')}",
        title="",
        text=text,
        url=_link(line.get("note_url")),
        published_at=told_moment(line.get(platform.comment_at)),
        author_ref=_author(line),
        likes=_count(line, platform.comment_likes),
        comments=_count(line, "sub_comment_count"),
        in_reply_to=under[:200],
    )


def _id(line: Mapping[str, Any], key: str) -> str:
    value = line.get(key)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > 180 or not text.isprintable() or text == "None":
        raise BadFieldError(key, "no id", text)
    return text


def _words(value: object) -> str:
    return clean_text(value[: 2 * MAX_TEXT])[:MAX_TEXT] if isinstance(value, str) else ""


def _link(value: object) -> str | None:
    """Without its query: there stand access tokens of whoever crawled."""
    return web_address(value.partition("?")[0]) if isinstance(value, str) else None


def _author(line: Mapping[str, Any]) -> str | None:
    """The crawler's own hash, or the platform's number in files of older versions; never a name."""
    value = line.get("creator_hash") or line.get("user_id")
    return str(value)[:100] if isinstance(value, str | int) and value else None


def _count(line: Mapping[str, Any], key: str | None) -> int | None:
    return count_of(line.get(key)) if key else None
