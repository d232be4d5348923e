"""What moves within days: today by minutes, yesterday by the same time, merchants that sold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, or_, select, type_coerce

from domain.campaign import Campaign
from domain.terms import business_day_start
from store.buckets import MINUTE_US
from store.schema import merchants_seen, rollup_minute, to_micros, tranche_minutes


class Minutes(NamedTuple):
    """Minutes with anything in them, in no order: column by column, and none of them made into an object."""

    at_us: Sequence[int] = ()  # their starts, in stored microseconds
    claimed_count: Sequence[int] = ()
    redeemed_count: Sequence[int] = ()
    redeemed_net_fen: Sequence[int] = ()

    def net_fen_before(self, now: datetime) -> int:
        """Without the minute that has only begun."""
        now_us = to_micros(now)
        return sum(fen for at, fen in zip(self.at_us, self.redeemed_net_fen, strict=True) if at < now_us)

    def up_to(self, last: datetime | None) -> range:
        """Starts of all minutes from the first of these to that of `last`, in stored microseconds."""
        if not self.at_us or last is None:
            return range(0)
        return range(min(self.at_us), to_micros(last) + 1, MINUTE_US)

    def drawn(self, minutes: range, counts: Sequence[int]) -> tuple[int, ...]:
        """`counts`, a column of these, at every one of the minutes."""
        count_of = dict(zip(self.at_us, counts, strict=True)).get
        return tuple(count_of(at, 0) for at in minutes)


class Used(NamedTuple):
    """Vouchers used, gross, and their net money."""

    redeemed_count: int = 0
    net_fen: int = 0

    def without(self, other: Used) -> Used:
        return Used(self.redeemed_count - other.redeemed_count, self.net_fen - other.net_fen)


_CELL = rollup_minute.c
_WHOLE = tranche_minutes.c
_DAY = timedelta(days=1)
_BETWEEN = "\x1f"
_NET = _CELL.redeemed_gross_fen - _CELL.refunded_fen
_USED = (_CELL.redeemed_gross_count, _NET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Of the tranche in scope, each by programme. Read once a version."""

    merchants: Mapping[str, int]  # with net redemptions
    merchants_in_all: int  # a merchant of two programmes counts once

    def merchants_of(self, programmes: Collection[str]) -> int:
        """Of all programmes of the tranche, or of one: no screen shows any other choice."""
        one = [self.merchants.get(p, 0) for p in programmes]
        return one[0] if len(one) == 1 else self.merchants_in_all if one else 0


def read_flows(conn: Connection, campaign: Campaign) -> Flows:
    tranche = campaign.in_scope.id
    programmes = [p.id for p in campaign.programme if p.tranche == tranche]
    by_programme, in_all = _merchants(conn, programmes, tranche)
    return Flows(merchants=by_programme, merchants_in_all=in_all)


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


Days = frozenset[datetime]
"""Of `kept_days`; none for some of a tranche's programmes, whose minutes stand by programme alone."""


def minutes_of_today(
    conn: Connection, campaign: Campaign, programmes: Collection[str], *, now: datetime, kept: Days
) -> Minutes:
    """Of these programmes together; the minute that has begun is among them.

    Summed by the database: what is handed over does not grow with the programmes.
    """
    today, tranche = business_day_start(now), campaign.in_scope.id
    cell = _WHOLE if today in kept else _CELL
    minute = type_coerce(cell.minute, BigInteger)
    of_day = (cell.tranche == tranche, cell.minute >= today, cell.minute <= now)
    if cell is _WHOLE:
        query = select(minute, cell.claimed_count, cell.redeemed_count, cell.redeemed_net_fen).where(*of_day)
    else:
        # whole numbers: PostgreSQL's own sum is a decimal
        amounts = (cell.claimed_count, cell.redeemed_gross_count, _NET)
        sums = [cast(func.sum(n), BigInteger) for n in amounts]
        own = cell.programme.in_(list(programmes))
        query = select(minute, *sums).where(own, *of_day).group_by(cell.minute)
    return Minutes(*zip(*conn.execute(query).all(), strict=True))


def spans_of(told: Mapping[str, datetime | None], *, since: datetime, until: datetime) -> dict[str, datetime]:
    """By programme up to when it has told (how far each has reported) of that span: to the minute begun, as minutes
    are kept. Of one that is left out nothing was told."""
    return {p: min(_minute_over(at), until) for p, at in told.items() if at is not None and at > since}


def _minute_over(at: datetime) -> datetime:
    return at + timedelta(microseconds=-to_micros(at) % MINUTE_US)


def told_today(
    conn: Connection, campaign: Campaign, told: Mapping[str, datetime | None], *, now: datetime
) -> dict[str, datetime]:
    """Of the programmes of `told` those that have told of today, by up to when; of one that has only had use today,
    which it tells at once, up to now."""
    today = business_day_start(now)
    heard = spans_of(told, since=today, until=now)
    if others := told.keys() - heard.keys():
        moved = (_CELL.redeemed_gross_count > 0) | (_CELL.refunded_fen > 0)
        of_day = (_CELL.tranche == campaign.in_scope.id, _CELL.minute >= today, _CELL.minute < now, moved)
        query = select(_CELL.programme).where(_CELL.programme.in_(others), *of_day).distinct()
        heard |= dict.fromkeys(conn.scalars(query), now)
    return heard


def used_yesterday(
    conn: Connection, campaign: Campaign, programmes: Collection[str], *, now: datetime, kept: Days
) -> Used:
    """Of these programmes together, by the same time."""
    yesterday, until = business_day_start(now) - _DAY, now - _DAY
    is_kept = yesterday in kept
    cell = _WHOLE if is_kept else _CELL
    amounts = (_WHOLE.redeemed_count, _WHOLE.redeemed_net_fen) if is_kept else _USED
    query = select(*map(_sum, amounts)).where(
        cell.tranche == campaign.in_scope.id, cell.minute >= yesterday, cell.minute < until
    )
    if not is_kept:
        query = query.where(cell.programme.in_(list(programmes)))
    return Used(*map(int, conn.execute(query).one()))


def used_beyond(
    conn: Connection, campaign: Campaign, since: Mapping[str, datetime], *, until: datetime
) -> Used:
    """Of each of these programmes from its own moment on."""
    own = [and_(_CELL.programme == p, _CELL.minute >= at) for p, at in since.items() if at < until]
    if not own:
        return Used()
    query = select(*map(_sum, _USED)).where(
        _CELL.tranche == campaign.in_scope.id, _CELL.minute < until, or_(*own)
    )
    return Used(*map(int, conn.execute(query).one()))


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)
