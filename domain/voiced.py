"""A post with its words, as rules that read single posts see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicedPost:
    """One relevant post that is not praise, with its words."""

    post_id: int
    source: str
    at: datetime  # published, or first received where the source does not say
    title: str
    text: str
    negative: bool
    county: str | None
    issues: tuple[str, ...]
    author_ref: str | None
    event_id: int | None  # None: not yet looked at for reposts
    media: str
    on_hot_list: bool
    engaged_count: int | None  # likes, comments and reposts, the highest seen; None: the source counts none
