"""What moves within days: today by minutes, yesterday by the same time, merchants that sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select, type_coerce

from domain.campaign import Campaign
from domain.terms import business_day_start
from store.schema import merchants_seen, rollup_minute


class Minutes(NamedTuple):
    """Minutes with anything in them, in no order: column by column, and none of them made into an object."""

    at_us: Sequence[int] = ()  # their starts, in stored microseconds
    claimed_count: Sequence[int] = ()
    redeemed_count: Sequence[int] = ()
    redeemed_net_fen: Sequence[int] = ()


Filters = tuple[ColumnElement[bool], ...]

_CELL = rollup_minute.c
_BETWEEN = "\x1f"
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

    Each merchant is hashed once, with the programmes it sold in; what is handed over is one row for each set of these.
    """
    seen = merchants_seen.c
    sold_in = func.aggregate_strings(seen.programme, _BETWEEN).label("sold_in")
    sold = (seen.tranche == tranche, seen.redeemed_net_count > 0)
    of_each = select(sold_in).where(*sold).group_by(seen.merchant).subquery("of_each")
    counts: Counter[str] = Counter()
    in_all = 0
    for names, n in conn.execute(select(of_each.c.sold_in, func.count()).group_by(of_each.c.sold_in)):
        own = set(names.split(_BETWEEN)).intersection(programmes)
        counts.update(dict.fromkeys(own, int(n)))
        in_all += int(n) if own else 0
    return counts, in_all


def minutes_of_today(
    conn: Connection, campaign: Campaign, programmes: Collection[str], *, now: datetime
) -> Minutes:
    """Of these programmes together; the minute that has begun is among them.

    Summed by the database: what is handed over does not grow with the programmes.
    """
    # whole numbers: PostgreSQL's own sum is a decimal
    sums = [cast(func.sum(n), BigInteger) for n in (_CELL.claimed_count, _CELL.redeemed_gross_count, _NET)]
    minute = type_coerce(_CELL.minute, BigInteger)
    own = (_CELL.programme.in_(list(programmes)), _CELL.tranche == campaign.in_scope.id)
    of_day = (_CELL.minute >= business_day_start(now), _CELL.minute <= now)
    query = select(minute, *sums).where(*own, *of_day).group_by(_CELL.minute)
    return Minutes(*zip(*conn.execute(query).all(), strict=True))


def _redeemed_yesterday(conn: Connection, own: Filters, now: datetime) -> dict[str, int]:
    since, until = business_day_start(now) - timedelta(days=1), now - timedelta(days=1)
    of_day = (_CELL.minute >= since, _CELL.minute < until)
    query = select(_CELL.programme, func.sum(_NET)).where(*own, *of_day).group_by(_CELL.programme)
    return {programme: int(fen) for programme, fen in conn.execute(query)}
