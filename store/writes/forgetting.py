"""Posts lose what they said and what leads to them; that they were said is still counted (promises P3, P4, I22).

Of a forgotten post the row stays with its time, medium, counts and score, so that no figure made of it changes,
now or when its hour is counted again. A tombstone keeps it from coming in anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, update

from domain.links import is_address
from store.queries.tombstones import author_digest, link_digest, post_digest
from store.schema import (
    inbox,
    post_index,
    posts,
    quarantine,
    raw_archive,
    scores,
    snapshots,
    tombstones,
)
from store.writes.redaction import redact
from store.writes.upsert import chunks, insert_new

Also = Callable[[Connection, Sequence[tuple[str, str, str]]], object]
"""Is given title, text and link of each."""
AT_ONCE = 20_000
"""Posts of one transaction: what is left waits for the next run."""

_COLUMNS = (
    posts.c.post_id, posts.c.source, posts.c.external_id, posts.c.title, posts.c.text, posts.c.url,
    posts.c.raw_sha256, posts.c.received_at,
)  # fmt: skip


def forget_old_posts(conn: Connection, *, before: datetime, now: datetime) -> int:
    """Of posts that came before then: their words, link and id. Their hashed author stays. Returns how many."""
    return len(_forget(conn, posts.c.received_at <= before, now=now, limit=AT_ONCE))


def forget_old_pictures(conn: Connection, *, before: datetime) -> int:
    """Walls' pictures, which may quote posts, but the newest of each scope. Returns how many went."""
    later = snapshots.alias()
    is_newest = ~select(later.c.version).where(
        later.c.scope == snapshots.c.scope, later.c.version > snapshots.c.version
    ).exists()  # fmt: skip
    return conn.execute(delete(snapshots).where(snapshots.c.made_at <= before, ~is_newest)).rowcount


def delete_forgotten(conn: Connection) -> int:
    """What is left of forgotten posts, with their scores; hourly counts stay. Returns how many."""
    return conn.execute(delete(posts).where(posts.c.forgotten_at.is_not(None))).rowcount


def _nothing_more(conn: Connection, said: Sequence[tuple[str, str, str]]) -> None:
    pass


def forget_link(conn: Connection, url: str, *, now: datetime, also: Also = _nothing_more) -> int:
    """The posts under this link, as `stored_link` writes it, at once and from everywhere. Returns how many.

    `also`: is given what they said, in the same transaction: where else it may stand.
    """
    _bury(conn, [link_digest(url)], now)
    return _forget_everywhere(conn, or_(posts.c.url == url, posts.c.external_id == url), now, also)


def forget_author(conn: Connection, author_ref: str, *, now: datetime, also: Also = _nothing_more) -> int:
    """Every post of this hashed author; what is left of them belongs to a stranger. Returns how many."""
    _bury(conn, [author_digest(author_ref)], now)
    theirs = posts.c.author_ref == author_ref
    found = _forget_everywhere(conn, theirs, now, also)
    conn.execute(update(posts).where(theirs).values(author_ref=secrets.token_hex(32)))
    return found


def _forget_everywhere(conn: Connection, which: ColumnElement[bool], now: datetime, also: Also) -> int:
    found = _forget(conn, which, now=now)
    _forget_bytes(conn, found)
    if found and conn.dialect.name == "sqlite":  # FTS5 keeps what was deleted until its segments are merged
        conn.exec_driver_sql("INSERT INTO post_words(post_words) VALUES ('optimize')")
    said = [(post.title, post.text, post.url or "") for post in found]
    redact(conn, said)
    also(conn, said)
    return len(found)


def _forget(
    conn: Connection, which: ColumnElement[bool], *, now: datetime, limit: int | None = None
) -> Sequence[Any]:
    query = select(*_COLUMNS).where(which, posts.c.forgotten_at.is_(None)).order_by(posts.c.post_id)
    found = conn.execute(query.limit(limit)).all()
    if not found:
        return found
    _bury(conn, (post_digest(post.source, post.external_id) for post in found), now)
    # whichever source tells it next: it is kept under the one that told it first
    _bury(conn, (link_digest(post.external_id) for post in found if is_address(post.external_id)), now)
    bare = {"title": "", "text": "", "url": None, "repost_of": None, "in_reply_to": None, "forgotten_at": now}
    statement = update(posts).where(posts.c.post_id == bindparam("number"))
    statement = statement.values(bare | {"external_id": bindparam("id")})
    conn.execute(statement, [{"number": p.post_id, "id": f"forgotten:{p.post_id}"} for p in found])
    for some in chunks([post.post_id for post in found], 500):
        conn.execute(update(scores).where(scores.c.post_id.in_(some)).values(why=[]))
        conn.execute(delete(post_index).where(post_index.c.post_id.in_(some)))
    return found


def _bury(conn: Connection, digests: Iterable[str], now: datetime) -> None:
    rows = [{"digest": digest, "since": now} for digest in sorted(set(digests))]
    insert_new(conn, tombstones, rows, returning=(tombstones.c.digest,))


def _forget_bytes(conn: Connection, found: Sequence[Any]) -> None:
    """Every payload of these sources since then: a feed tells a post again and again, each time in other bytes."""
    for source in sorted({post.source for post in found}):
        mine = [post for post in found if post.source == source]
        since = min(post.received_at for post in mine)
        conn.execute(
            delete(raw_archive).where(
                raw_archive.c.source == source,
                raw_archive.c.forget_at.is_not(None),
                raw_archive.c.received_at >= since,
            )
        )
        conn.execute(delete(inbox).where(inbox.c.source == source, inbox.c.drained_at.is_not(None)))
        whose = (quarantine.c.source == source) & (quarantine.c.received_at >= since)
        conn.execute(update(quarantine).where(whose).values(excerpt=""))
