"""Posts that another source has told already: two feeds of two keywords bring the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from domain.links import is_address
from domain.records import Post
from store.schema import posts, source_state
from store.writes.upsert import chunks


def as_first_told(conn: Connection, found: Sequence[Post]) -> list[Post]:
    """The same posts; one whose id is a web address, and that another source told under it in the same words and of the
    same county, as that source's: it was said once, and counts once. Places on a hot list and tickets are their own
    source's.
    """
    ids = {post.external_id for post in found if is_address(post.external_id) and _may_be_anyones(post)}
    if not ids:
        return list(found)
    first: dict[tuple[str, str, str, str | None], str] = {}
    own = set()
    sources = conn.scalars(select(source_state.c.source)).all()
    for some in chunks(sorted(ids), 500):
        query = (
            select(posts.c.source, posts.c.external_id, posts.c.title, posts.c.text, posts.c.county_hint)
            .where(posts.c.source.in_(sources), posts.c.external_id.in_(some))
            .order_by(posts.c.post_id)
        )
        for row in conn.execute(query):
            own.add((row.source, row.external_id))
            first.setdefault((row.external_id, row.title, row.text, row.county_hint), row.source)
    return [
        post
        if (post.source, post.external_id) in own or not _may_be_anyones(post)
        else replace(post, source=first.get(_said(post), post.source))
        for post in found
    ]


def _said(post: Post) -> tuple[str, str, str, str | None]:
    return post.external_id, post.title, post.text, post.county_hint


def _may_be_anyones(post: Post) -> bool:
    return post.rank is None and post.ticket is None
