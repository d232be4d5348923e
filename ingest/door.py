"""What a post leaves at the door: the author's id, and a date that cannot be."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta

from domain.records import Post

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far a feed's clock may run ahead of ours."""


def at_the_door(post: Post, key: bytes, now: datetime) -> Post:
    """Author ids become keyed hashes before anything is stored; a date that lies ahead is no date."""
    if post.published_at is not None and post.published_at > now + CLOCKS_DIFFER:
        post = replace(post, published_at=None)
    if post.author_ref is None:
        return post
    digest = hmac.new(key, f"{post.media}\0{post.author_ref}".encode(), hashlib.sha256)
    return replace(post, author_ref=digest.hexdigest())
