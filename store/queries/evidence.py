"""What stands behind an alert: its posts, and the county's claims and redemptions of the same minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from domain.campaign import Campaign
from domain.cases import Case, programmes_concerned
from domain.evidence import BEFORE, WINDOW, EvidencePost, Trade, TradeMinute, furthest_behind, heard_of
from domain.terms import business_day_start, local
from store.buckets import HOUR_US, bucket_sql
from store.queries.post_stream import ITS_SCORE
from store.schema import feeds, posts, rollup_minute, scores, source_state

_BY_MINUTE = timedelta(days=2)
"""A curve longer than this is read by the hour."""

_LONGEST = timedelta(days=62)
_WHOLE = frozenset({"clawback_risk", "report_due", "money_fault", "ineligible_use"})
"""Rules that sum up a programme from its launch on."""


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
    return _trade(conn, campaign, county, since=until - WINDOW - BEFORE, until=until)


def trade_of(conn: Connection, campaign: Campaign, case: Case, county: str | None) -> Trade:
    """Like `trade_around`, from where the alert's cause began."""
    until = case.refreshed_at
    since = min(_began(campaign, case), until - WINDOW - BEFORE)
    longest = business_day_start(until - _LONGEST)
    return _trade(conn, campaign, county, since=max(since, longest), until=until)


def _began(campaign: Campaign, case: Case) -> datetime:
    """On the hour, and on the day where it is long ago: steps then begin with both."""
    if case.rule in _WHOLE:
        launches = [p.launch_at for p in programmes_concerned(case, campaign)]
        return business_day_start(min(launches, default=campaign.campaign.launch_at))
    began = case.began_at or case.refreshed_at
    if case.refreshed_at - began > _BY_MINUTE:
        return business_day_start(began)
    return local(began).replace(minute=0, second=0, microsecond=0)


def _trade(
    conn: Connection, campaign: Campaign, county: str | None, *, since: datetime, until: datetime
) -> Trade:
    begun = begun_there(campaign, county, until=until)
    ids, reach = heard_of(_reaches(conn, begun), until=until)
    cells = rollup_minute.c
    at = cells.minute if until - since <= _BY_MINUTE else bucket_sql(cells.minute, HOUR_US).label("at")
    query = (
        select(at, _sum(cells.claimed_count), _sum(cells.redeemed_gross_count))
        .where(cells.programme.in_(ids), cells.minute >= since, cells.minute <= until)
        .group_by(at)
        .order_by(at)
    )
    found = tuple(
        TradeMinute(at=moment, claimed_count=int(claimed), redeemed_count=int(redeemed))
        for moment, claimed, redeemed in conn.execute(query)
    )
    left_out = tuple(p for p in begun if p not in ids)
    return Trade(since=since, until=until, minutes=found, data_time=reach, left_out=left_out)


def begun_there(campaign: Campaign, county: str | None, *, until: datetime) -> list[str]:
    """The county's own programmes that were launched by then; all of them where none was."""
    there = [p for p in campaign.programme if county is None or p.division == county]
    return [p.id for p in there if p.launch_at <= until] or [p.id for p in there]


def _sum(n: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(n), BigInteger)


def _reaches(conn: Connection, programmes: Sequence[str]) -> dict[str, datetime | None]:
    """How far each one's feeds reach: the one furthest behind decides. None: one never spoke, or it has none."""
    query = (
        select(feeds.c.programme, func.coalesce(feeds.c.data_time, source_state.c.data_time))
        .select_from(feeds.outerjoin(source_state, source_state.c.source == feeds.c.source))
        .where(feeds.c.programme.in_(programmes))
    )
    told: dict[str, list[datetime | None]] = {programme: [] for programme in programmes}
    for programme, at in conn.execute(query):
        told[programme].append(at)
    return {programme: furthest_behind(times) for programme, times in told.items()}
