"""One alert as it stood at a moment, and the money of the minutes around it as the ledger knew them then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, select

from domain.campaign import Campaign
from domain.cases import HistoryLine
from domain.casework import Stage
from domain.errors import StoreError
from domain.evidence import BEFORE, WINDOW, Trade, TradeMinute, furthest_behind, heard_of
from domain.readings import Level
from domain.signals import has_receded
from store.buckets import MINUTE_US
from store.queries.cases import history_of
from store.queries.evidence import begun_there
from store.queries.feeds import feeds_as_of
from store.queries.recompute import recomputed_cells
from store.schema import alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStory:
    """What was known of it then: its evidence and reasons are kept as they are now, so they are not here."""

    alert_id: int
    rule: str
    subject: str
    county: str | None
    raised_at: datetime  # when it was first heard of: of one that was split off, the split
    history: tuple[HistoryLine, ...]  # oldest first, never empty
    origin: AlertStory | None = None  # what it was split off, as that stood then

    @property
    def level(self) -> Level:
        return self.history[-1].level

    @property
    def title(self) -> str:
        return self.history[-1].title

    @property
    def stage(self) -> Stage:
        told = [line.stage for line in self.history if line.stage]
        return Stage(told[-1]) if told else Stage.FOUND

    @property
    def receded(self) -> bool:
        return has_receded(line.change for line in self.history)


def alert_story(conn: Connection, alert_id: int, *, known_by: datetime) -> AlertStory:
    """Raises StoreError where nobody had heard of it by then."""
    c = alerts.c
    query = select(c.rule, c.subject, c.split_from).where(c.alert_id == alert_id)
    row = conn.execute(query).one_or_none()
    history = tuple(line for line in history_of(conn, [alert_id])[alert_id] if line.at <= known_by)
    if row is None or not history:
        raise StoreError(f"alert {alert_id} had not been raised by {known_by.isoformat()}")
    return AlertStory(
        alert_id=alert_id,
        rule=row.rule,
        subject=row.subject,
        county=history[-1].county,
        raised_at=history[0].at,
        history=history,
        origin=None if row.split_from is None else alert_story(conn, row.split_from, known_by=known_by),
    )


def trade_then(
    conn: Connection, campaign: Campaign, county: str | None, *, until: datetime, known_by: datetime
) -> Trade:
    """Like `trade_around`, from the events as they were known."""
    begun = begun_there(campaign, county, until=until)
    feeds = feeds_as_of(conn, known_by)
    reaches = {p: furthest_behind([feed.data_time for feed in feeds.get(p, ())]) for p in begun}
    ids, reach = heard_of(reaches, until=until)
    since = until - WINDOW - BEFORE
    cells = recomputed_cells(MINUTE_US, known_by=known_by).c
    sums = [cast(func.sum(n), BigInteger) for n in (cells.claimed_count, cells.redeemed_gross_count)]
    query = (
        select(cells.moment, *sums)
        .where(cells.programme.in_(ids), cells.moment >= since, cells.moment < until)
        .group_by(cells.moment)
        .order_by(cells.moment)
    )
    minutes = tuple(
        TradeMinute(at=at, claimed_count=int(claimed), redeemed_count=int(redeemed))
        for at, claimed, redeemed in conn.execute(query)
    )
    left_out = tuple(p for p in begun if p not in ids)
    return Trade(since=since, until=until, minutes=minutes, data_time=reach, left_out=left_out)
