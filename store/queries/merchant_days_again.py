"""One day of every merchant from the events alone: what the worker writes and `verify` compares with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Subquery,
    case,
    func,
    literal,
    select,
    type_coerce,
)

from domain.campaign import Campaign
from domain.leads import NIGHT, PAIR_LEAST, QUICK
from domain.records import Kind
from store.buckets import MINUTE_US, bucket_sql
from store.schema import events, to_micros

_MICROS = 1_000_000
_DAY = timedelta(days=1)


class MerchantRow(NamedTuple):
    """A row of `merchant_days`, column by column."""

    programme: str
    tranche: str
    merchant: str
    day: datetime
    sector: str
    minute_at: datetime
    redeemed_count: int
    redeemed_fen: int
    ordered_count: int
    exact_count: int
    refunded_count: int
    refunded_fen: int
    quick_count: int
    night_count: int
    minute_most: int
    pair_most: int
    pairs_count: int


_Key = tuple[str, str, str]


def merchants_of_day(conn: Connection, campaign: Campaign, day: datetime) -> Iterator[MerchantRow]:
    """`day`: its start. Reads that day's redemptions by their time, and each one's refunds by their index."""
    minutes, pairs = _busiest_minutes(conn, day), _pairs(conn, day)
    used = _used(campaign, day)
    key = (used.c.programme, used.c.tranche, used.c.merchant)
    least, most = func.min(used.c.sector), func.max(used.c.sector)
    sums = (used.c.exact, used.c.refunded, used.c.refunded_fen, used.c.quick, used.c.night)
    query = select(
        *key,
        case((least == most, least), else_=""),
        func.count(),
        func.sum(used.c.face_fen),
        func.count(used.c.order_fen),
        *(func.sum(amount) for amount in sums),
    ).group_by(*key)
    for *name, sector, n, fen, ordered, exact, refunded, refunded_fen, quick, night in conn.execute(query):
        where: _Key = (name[0], name[1], name[2])
        minute_most, minute_at = minutes[where]
        pair_most, pairs_count = pairs.get(where, (0, 0))
        yield MerchantRow(
            *where, day, sector, minute_at, int(n), int(fen), int(ordered), int(exact), int(refunded),
            int(refunded_fen), int(quick), int(night), minute_most, pair_most, pairs_count,
        )  # fmt: skip


def _redemptions(day: datetime, *columns: Any) -> Any:
    """Of one statistical day, at a merchant that is named."""
    return select(*columns).where(
        events.c.kind == Kind.REDEMPTION.value,
        ~events.c.cancelled,
        events.c.merchant.is_not(None),
        events.c.occurred_at >= day,
        events.c.occurred_at < day + _DAY,
    )


def _used(campaign: Campaign, day: datetime) -> Subquery:
    at, back_at = _micros(events.c.occurred_at), _micros(first_refund_at())
    least = {template.id: template.min_spend_fen for template in campaign.template}
    exact = events.c.order_fen == case(least, value=events.c.template, else_=None)
    marked: Subquery = _redemptions(
        day, events, back_at.label("back_at"), at.label("at"), exact.label("is_exact")
    ).subquery("marked")
    refunded = marked.c.back_at.is_not(None)
    quick = refunded & (marked.c.back_at - marked.c.at <= _in_micros(QUICK))
    night = marked.c.at < to_micros(day + NIGHT)
    return select(
        *(marked.c[name] for name in ("programme", "tranche", "merchant", "sector", "face_fen", "order_fen")),
        _one_if(marked.c.is_exact).label("exact"),
        _one_if(refunded).label("refunded"),
        case((refunded, marked.c.face_fen), else_=0).label("refunded_fen"),
        _one_if(quick).label("quick"),
        _one_if(night).label("night"),
    ).subquery("used")


def first_refund_at() -> ColumnElement[Any]:
    """Of the redemption in the row of `events`; NULL: it was not refunded."""
    back = events.alias("back")
    same = (back.c[name] == events.c[name] for name in ("programme", "platform", "sub_project"))
    return (
        select(func.min(back.c.occurred_at))
        .where(
            *same,
            back.c.origin_event_no == events.c.event_no,
            back.c.origin_event_no.is_not(None),
            back.c.kind == Kind.REFUND.value,
            ~back.c.cancelled,
        )
        .scalar_subquery()
    )


def _busiest_minutes(conn: Connection, day: datetime) -> dict[_Key, tuple[int, datetime]]:
    minute = bucket_sql(events.c.occurred_at, MINUTE_US)
    key = (events.c.programme, events.c.tranche, events.c.merchant)
    query = _redemptions(day, *key, minute.label("minute"), func.count().label("n")).group_by(*key, minute)
    found: dict[_Key, tuple[int, datetime]] = {}
    for *name, at, n in conn.execute(query):
        where: _Key = (name[0], name[1], name[2])
        before = found.get(where)
        if before is None or (-int(n), at) < (-before[0], before[1]):
            found[where] = int(n), at
    return found


def _pairs(conn: Connection, day: datetime) -> dict[_Key, tuple[int, int]]:
    """(redemptions of the person with most, persons with PAIR_LEAST or more)."""
    key = (events.c.programme, events.c.tranche, events.c.merchant)
    person = (*key, events.c.platform, events.c.user_ref)
    by_person: Subquery = (
        _redemptions(day, *person, func.count().label("n"))
        .where(events.c.user_ref.is_not(None))
        .group_by(*person)
        .subquery("by_person")
    )
    group = [by_person.c[column.name] for column in key]
    many = func.sum(case((by_person.c.n >= PAIR_LEAST, 1), else_=0))
    query = select(*group, func.max(by_person.c.n), many).group_by(*group)
    return {(row[0], row[1], row[2]): (int(row[3]), int(row[4])) for row in conn.execute(query)}


def _micros(at: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(at, BigInteger)


def _in_micros(gone: timedelta) -> ColumnElement[int]:
    return literal(int(gone.total_seconds()) * _MICROS, BigInteger)


def _one_if(test: ColumnElement[bool]) -> ColumnElement[int]:
    return case((test, 1), else_=0)
