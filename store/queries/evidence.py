"""What stands behind an alert: its posts, and the county's claims and redemptions of the same minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, select

from domain.campaign import Campaign
from domain.evidence import BEFORE, WINDOW, EvidencePost, Trade, TradeMinute
from store.queries.post_stream import ITS_SCORE
from store.schema import feeds, posts, rollup_minute, scores, source_state


def evidence_posts(conn: Connection, ids: Sequence[str]) -> tuple[EvidencePost, ...]:
    """Oldest first. Ids that are no posts, and posts that are gone or forgotten, are left out."""
    numbers = [int(i) for i in ids if i.isascii() and i.isdigit()]
    at = func.coalesce(posts.c.published_at, posts.c.received_at)
    query = (
        select(
            posts.c.post_id, at.label("at"), posts.c.media, posts.c.title, posts.c.text, posts.c.url,
            scores.c.label, scores.c.why,
        )
        .outerjoin(scores, ITS_SCORE)
        .where(posts.c.post_id.in_(numbers), posts.c.forgotten_at.is_(None))
        .order_by(at, posts.c.post_id)
    )  # fmt: skip
    return tuple(
        EvidencePost(
            post_id=row.post_id,
            at=row.at,
            media=row.media,
            title=row.title,
            text=row.text,
            url=row.url,
            label=row.label,
            why=tuple(word for word, _ in row.why or ()),
        )
        for row in conn.execute(query)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedPost:
    """A post that a paper quotes. Forgotten: it has neither words nor link any more."""

    at: datetime
    media: str
    source: str
    title: str
    text: str
    url: str | None
    forgotten_at: datetime | None


def quoted_post(conn: Connection, post_id: int) -> QuotedPost | None:
    at = func.coalesce(posts.c.published_at, posts.c.received_at).label("at")
    c = posts.c
    query = select(at, c.media, c.source, c.title, c.text, c.url, c.forgotten_at).where(c.post_id == post_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else QuotedPost(**row._mapping)


def trade_around(conn: Connection, campaign: Campaign, county: str | None, *, until: datetime) -> Trade:
    """Claims and redemptions of the county's own programmes (all of them where the county is unknown)."""
    ids = [p.id for p in campaign.programme if county is None or p.division == county]
    since = until - WINDOW - BEFORE
    sums = [
        cast(func.sum(n), BigInteger)
        for n in (rollup_minute.c.claimed_count, rollup_minute.c.redeemed_gross_count)
    ]
    query = (
        select(rollup_minute.c.minute, *sums)
        .where(
            rollup_minute.c.programme.in_(ids),
            rollup_minute.c.minute >= since,
            rollup_minute.c.minute <= until,
        )
        .group_by(rollup_minute.c.minute)
        .order_by(rollup_minute.c.minute)
    )
    found = tuple(
        TradeMinute(at=at, claimed_count=int(claimed), redeemed_count=int(redeemed))
        for at, claimed, redeemed in conn.execute(query)
    )
    return Trade(since=since, until=until, minutes=found, data_time=_data_time(conn, ids))


def _data_time(conn: Connection, programmes: Sequence[str]) -> datetime | None:
    """How far every feed of these programmes reaches: the one furthest behind decides. None: one never spoke."""
    query = (
        select(func.coalesce(feeds.c.data_time, source_state.c.data_time))
        .select_from(feeds.outerjoin(source_state, source_state.c.source == feeds.c.source))
        .where(feeds.c.programme.in_(programmes))
    )
    told = list(conn.scalars(query))
    return None if not told or None in told else min(t for t in told if t is not None)
