"""Merchants' days summed up for the rules that look for leads, and held against the events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from domain.campaign import Campaign
from domain.leads import (
    LEAD_DAYS,
    MerchantBoard,
    MerchantCourse,
    MerchantDay,
    MerchantWeek,
    ProgrammeWeek,
    Reach,
)
from domain.terms import business_day_start
from store.queries.difference import Difference
from store.queries.merchant_days_again import MerchantRow, merchants_of_day
from store.schema import merchant_days, merchant_days_due, rollup_day

_DAY = timedelta(days=1)
_BUSY_DAYS = 2
"""Today and yesterday: what comes in files comes a day later."""

_SUMMED = (
    "redeemed_count", "redeemed_fen", "ordered_count", "exact_count", "refunded_count", "refunded_fen",
    "quick_count", "night_count", "pairs_count",
)  # fmt: skip
_t = merchant_days.c


def merchant_board(conn: Connection, campaign: Campaign, reach: Reach, *, now: datetime) -> MerchantBoard:
    """Of the tranche in scope. Sums of whole days: how many redemptions there were does not matter to it."""
    today = business_day_start(now)
    since = today - (LEAD_DAYS - 1) * _DAY
    tranche = campaign.in_scope.id
    return MerchantBoard(
        since=since,
        until=now,
        merchants=tuple(_weeks(conn, tranche, reach, since=since, until=now)),
        programmes=_programmes(conn, tranche, since=since, until=now),
        busy=tuple(_busy(conn, tranche, reach.busy_day, today=today)),
    )


def _within(tranche: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return _t.tranche == tranche, _t.day >= since, _t.day <= until


def _weeks(
    conn: Connection, tranche: str, reach: Reach, *, since: datetime, until: datetime
) -> Iterator[MerchantWeek]:
    least, most = func.min(_t.sector), func.max(_t.sector)
    query = (
        select(
            _t.programme,
            _t.merchant,
            case((least == most, least), else_="").label("sector"),
            *(func.sum(_t[name]).label(name) for name in _SUMMED),
            func.max(_t.minute_most).label("minute_most"),
            func.max(_t.pair_most).label("pair_most"),
            func.min(_t.day).label("first_day"),
        )
        .where(*_within(tranche, since, until))
        .group_by(_t.programme, _t.merchant)
        .having(
            or_(
                func.sum(_t.redeemed_count) >= reach.redeemed,
                func.max(_t.minute_most) >= reach.minute,
                func.max(_t.pair_most) >= reach.pair,
            )
        )
        .order_by(_t.programme, _t.merchant)
    )
    rows = conn.execute(query).all()
    busiest = _busiest_minutes(conn, tranche, reach.minute, since=since, until=until)
    for row in rows:
        at = busiest.get((row.programme, row.merchant), row.first_day)
        yield MerchantWeek(
            programme=row.programme,
            merchant=row.merchant,
            sector=row.sector,
            **{name: int(getattr(row, name)) for name in _SUMMED},
            minute_most=int(row.minute_most),
            minute_at=at,
            pair_most=int(row.pair_most),
            first_day=row.first_day,
        )


def _busiest_minutes(
    conn: Connection, tranche: str, least: int, *, since: datetime, until: datetime
) -> dict[tuple[str, str], datetime]:
    query = (
        select(_t.programme, _t.merchant, _t.minute_at)
        .where(*_within(tranche, since, until), _t.minute_most >= least)
        .order_by(_t.minute_most, _t.minute_at.desc())
    )
    return {(programme, merchant): at for programme, merchant, at in conn.execute(query)}


def _programmes(
    conn: Connection, tranche: str, *, since: datetime, until: datetime
) -> Mapping[str, ProgrammeWeek]:
    query = (
        select(
            _t.programme,
            _t.sector,
            func.sum(_t.redeemed_count),
            func.sum(_t.redeemed_fen - _t.refunded_fen),
            func.sum(_t.night_count),
        )
        .where(*_within(tranche, since, until))
        .group_by(_t.programme, _t.sector)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in conn.execute(query):
        found[row.programme].append(row)
    active = select(_t.programme, func.count(_t.merchant.distinct())).where(*_within(tranche, since, until))
    merchants = {programme: int(n) for programme, n in conn.execute(active.group_by(_t.programme))}
    return {
        programme: ProgrammeWeek(
            redeemed_count=sum(int(row[2]) for row in rows),
            net_fen=sum(int(row[3]) for row in rows),
            merchants_count=merchants[programme],
            nights={row.sector: (int(row[4]), int(row[2])) for row in rows},
        )
        for programme, rows in found.items()
    }


def _busy(conn: Connection, tranche: str, least: int, *, today: datetime) -> Iterator[MerchantCourse]:
    since = today - (_BUSY_DAYS - 1 + LEAD_DAYS) * _DAY
    recent = today - (_BUSY_DAYS - 1) * _DAY
    keys = (_t.programme, _t.merchant)
    chosen = select(*keys).where(*_within(tranche, recent, today), _t.redeemed_count >= least).distinct()
    names = {(row.programme, row.merchant) for row in conn.execute(chosen)}
    if not names:
        return
    numbers = sorted({merchant for _, merchant in names})
    every = (*keys, _t.day, func.sum(_t.redeemed_count))
    query = select(*every).where(*_within(tranche, since, today)).group_by(*keys, _t.day)
    per_day: dict[tuple[str, str], dict[datetime, int]] = defaultdict(dict)
    for at in range(0, len(numbers), _AT_ONCE):
        some = query.where(_t.merchant.in_(numbers[at : at + _AT_ONCE]))
        for programme, merchant, day, n in conn.execute(some):
            per_day[programme, merchant][day] = int(n)
    whole = _programme_days(conn, tranche, since=since, until=today)
    for programme, merchant in sorted(names):
        for day in (today - n * _DAY for n in range(_BUSY_DAYS)):
            counts = per_day[programme, merchant]
            if counts.get(day, 0) >= least:
                yield _course(programme, merchant, day, counts, whole[programme])


_AT_ONCE = 500
"""Numbers in one statement."""


def _programme_days(
    conn: Connection, tranche: str, *, since: datetime, until: datetime
) -> Mapping[str, Mapping[datetime, int]]:
    query = (
        select(_t.programme, _t.day, func.sum(_t.redeemed_count))
        .where(*_within(tranche, since, until))
        .group_by(_t.programme, _t.day)
    )
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    for programme, day, n in conn.execute(query):
        found[programme][day] = int(n)
    return found


def _course(
    programme: str, merchant: str, day: datetime, own: Mapping[datetime, int], whole: Mapping[datetime, int]
) -> MerchantCourse:
    """Days before the merchant's first are not known to have been without trade."""
    first = min(own)
    days = [d for d in (day - n * _DAY for n in range(LEAD_DAYS, 0, -1)) if d >= first]
    return MerchantCourse(
        programme=programme,
        merchant=merchant,
        day=day,
        count=own[day],
        before=tuple(own.get(d, 0) for d in days),
        programme_count=whole.get(day, 0),
        programme_before=tuple(whole.get(d, 0) for d in days),
    )


def merchant_course(
    conn: Connection, programme: str, merchant: str, *, since: datetime, until: datetime
) -> tuple[MerchantDay, ...]:
    """One merchant day by day, oldest first: the evidence of a lead."""
    names = [
        name for name in MerchantDay.__dataclass_fields__ if name not in ("day", "minute_most", "pair_most")
    ]
    query = (
        select(
            _t.day,
            *(func.sum(_t[name]).label(name) for name in names),
            func.max(_t.minute_most).label("minute_most"),
            func.max(_t.pair_most).label("pair_most"),
        )
        .where(_t.programme == programme, _t.merchant == merchant, _t.day >= since, _t.day <= until)
        .group_by(_t.day)
        .order_by(_t.day)
    )
    return tuple(
        MerchantDay(
            day=row.day, **{name: int(getattr(row, name)) for name in (*names, "minute_most", "pair_most")}
        )
        for row in conn.execute(query)
    )


def merchant_day_differences(conn: Connection, campaign: Campaign) -> Iterator[Difference]:
    """Days that are due are not compared: they are to be worked out again."""
    due = {(row.programme, row.day) for row in conn.execute(select(merchant_days_due))}
    columns = [_t[name] for name in MerchantRow._fields]
    stored = {tuple(row[:4]): MerchantRow._make(row) for row in conn.execute(select(*columns))}
    expected = {
        tuple(row[:4]): row for day in _days(conn, stored) for row in merchants_of_day(conn, campaign, day)
    }
    for key in sorted(stored.keys() | expected.keys(), key=str):
        if (key[0], key[3]) in due or stored.get(key) == expected.get(key):
            continue
        have, want = stored.get(key), expected.get(key)
        for name in MerchantRow._fields[4:]:
            mine, theirs = getattr(have, name, None), getattr(want, name, None)
            if mine != theirs:
                where = "/".join(map(str, key))
                yield Difference(check=f"merchant_days.{name}", where=where, stored=mine, expected=theirs)


def _days(conn: Connection, stored: Mapping[tuple[Any, ...], MerchantRow]) -> Sequence[datetime]:
    query = select(rollup_day.c.day).where(rollup_day.c.redeemed_gross_count != 0).distinct()
    return sorted({*conn.scalars(query), *(key[3] for key in stored)})
