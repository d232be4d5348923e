"""What must not come in again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from domain.links import is_address
from domain.records import Post
from store.schema import tombstones
from store.writes.upsert import chunks


def post_digest(source: str, external_id: str) -> str:
    return _digest("post", source, external_id[:200])


def link_digest(url: str) -> str:
    return _digest("link", url)


def author_digest(author_ref: str) -> str:
    """`author_ref`: the keyed hash, never a name."""
    return _digest("author", author_ref)


def unburied(conn: Connection, found: Sequence[Post]) -> list[Post]:
    """The posts no tombstone stands for: neither the post's own, nor its link's, nor its author's."""
    digests = [_digests_of(post) for post in found]
    every = sorted({digest for several in digests for digest in several})
    buried: set[str] = set()
    for some in chunks(every, 500):
        buried |= set(conn.scalars(select(tombstones.c.digest).where(tombstones.c.digest.in_(some))))
    return [post for post, mine in zip(found, digests, strict=True) if buried.isdisjoint(mine)]


def _digests_of(post: Post) -> Iterable[str]:
    digests = [post_digest(post.source, post.external_id)]
    if is_address(post.external_id):
        digests.append(link_digest(post.external_id))
    if post.url is not None:
        digests.append(link_digest(post.url))
    if post.author_ref is not None:
        digests.append(author_digest(post.author_ref))
    return digests


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
