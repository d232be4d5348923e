"""How much of what is kept for a time is there, and since when: the page about data shows it beside the promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.schema import audit_log, posts, raw_archive, snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Rows there are, and when the oldest came; None: there is none."""

    rows: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`texts`: posts that have their words; `scored`: those that are only counted any more."""

    texts: Stock
    scored: Stock
    raw: Stock
    pictures: Stock
    audit: Stock


def kept(conn: Connection) -> Kept:
    has_words = posts.c.forgotten_at.is_(None)
    columns = {
        "texts": select(func.count(), func.min(posts.c.received_at)).where(has_words),
        "scored": select(func.count(), func.min(posts.c.received_at)).where(~has_words),
        "raw": select(func.count(), func.min(raw_archive.c.received_at)).where(
            raw_archive.c.forget_at.is_not(None)
        ),
        "pictures": select(func.count(), func.min(snapshots.c.made_at)),
        "audit": select(func.count(), func.min(audit_log.c.at)),
    }
    rows = {name: conn.execute(query).one() for name, query in columns.items()}
    return Kept(**{name: Stock(rows=int(n), oldest=oldest) for name, (n, oldest) in rows.items()})


def media_of_posts(conn: Connection) -> tuple[str, ...]:
    """The platforms posts are from, by name."""
    return tuple(conn.scalars(select(posts.c.media).distinct().order_by(posts.c.media)))
