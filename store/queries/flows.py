"""What moves within days: today by minutes, yesterday by the same time, merchants that sold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, null, select, type_coerce

from domain.campaign import Campaign
from domain.terms import business_day_start
from store.schema import from_micros, merchants_seen, rollup_minute


class Minute(NamedTuple):
    claimed_count: int
    redeemed_count: int
    redeemed_net_fen: int


QUIET = Minute(0, 0, 0)
Filters = tuple[ColumnElement[bool], ...]

_CELL = rollup_minute.c
_NET = _CELL.redeemed_gross_fen - _CELL.refunded_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Of the tranche in scope, each by programme. Read once a version."""

    redeemed_yesterday_fen: Mapping[str, int]  # net, by the same time
    merchants: Mapping[str, int]  # with net redemptions
    merchants_in_all: int  # a merchant of two programmes counts once

    def merchants_of(self, programmes: Collection[str]) -> int:
        """Of all programmes of the tranche, or of one: no screen shows any other choice."""
        one = [self.merchants.get(p, 0) for p in programmes]
        return one[0] if len(one) == 1 else self.merchants_in_all if one else 0


def read_flows(conn: Connection, campaign: Campaign, *, now: datetime) -> Flows:
    tranche = campaign.in_scope.id
    programmes = [p.id for p in campaign.programme if p.tranche == tranche]
    own = (_CELL.programme.in_(programmes), _CELL.tranche == tranche)
    by_programme, in_all = _merchants(conn, programmes, tranche)
    return Flows(
        redeemed_yesterday_fen=_redeemed_yesterday(conn, own, now),
        merchants=by_programme,
        merchants_in_all=in_all,
    )


def _merchants(conn: Connection, programmes: Collection[str], tranche: str) -> tuple[dict[str, int], int]:
    """How many merchants each programme has, and how many there are: one may be in several.

    DISTINCT first and then counted: count(DISTINCT ...) sorts, this hashes.
    """
    seen = merchants_seen.c
    sold = (seen.programme.in_(programmes), seen.tranche == tranche, seen.redeemed_net_count > 0)
    pairs = select(seen.programme, seen.merchant).where(*sold).distinct().cte("pairs")
    each = select(pairs.c.programme, func.count().label("n")).group_by(pairs.c.programme)
    whole = select(null(), func.count()).select_from(select(pairs.c.merchant).distinct().subquery())
    counts = {programme: int(n) for programme, n in conn.execute(each.union_all(whole))}
    return counts, counts.pop(None)


def minutes_of_today(
    conn: Connection, campaign: Campaign, programmes: Collection[str], *, now: datetime
) -> dict[datetime, Minute]:
    """Of these programmes together, minutes with anything in them, the one that has begun among them.

    Summed by the database: what is handed over does not grow with the programmes.
    """
    # whole numbers: PostgreSQL's own sum is a decimal, and the store's times would be made one by one twice
    sums = [cast(func.sum(n), BigInteger) for n in (_CELL.claimed_count, _CELL.redeemed_gross_count, _NET)]
    minute = type_coerce(_CELL.minute, BigInteger)
    own = (_CELL.programme.in_(list(programmes)), _CELL.tranche == campaign.in_scope.id)
    of_day = (_CELL.minute >= business_day_start(now), _CELL.minute <= now)
    query = select(minute, *sums).where(*own, *of_day).group_by(_CELL.minute)
    return {from_micros(at): Minute(*amounts) for at, *amounts in conn.execute(query).all()}


def _redeemed_yesterday(conn: Connection, own: Filters, now: datetime) -> dict[str, int]:
    since, until = business_day_start(now) - timedelta(days=1), now - timedelta(days=1)
    of_day = (_CELL.minute >= since, _CELL.minute < until)
    query = select(_CELL.programme, func.sum(_NET)).where(*own, *of_day).group_by(_CELL.programme)
    return {programme: int(fen) for programme, fen in conn.execute(query)}
