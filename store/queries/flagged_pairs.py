"""Flags of two events that do not fit together: a refund and its redemption, a voucher's claim and its redemptions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, or_, select

from domain.flags import Reason
from domain.records import Kind
from store.queries.flag_part import EVENT, part, stands
from store.schema import UtcTime, events


def early_refunds() -> Select[Any]:
    used = events.alias("used")
    at = used.c.occurred_at
    same = (used.c[name] == events.c[name] for name in ("programme", "platform", "sub_project"))
    source = events.join(used, and_(*same, used.c.event_no == events.c.origin_event_no))
    return (
        part(Reason.REFUND_BEFORE_REDEMPTION, events, order_fen=used.c.order_fen, at=at)
        .select_from(source)
        .where(stands(events, Kind.REFUND), stands(used, Kind.REDEMPTION), events.c.occurred_at < at)
    )


def early_redemptions() -> Select[Any]:
    """Held against the voucher's first claim; of a voucher whose claim no event tells nothing is known.

    A programme has one tranche and one platform, so that within it a voucher's number is enough. Joined, not looked
    up for each redemption: SQLite takes a third of the time, and PostgreSQL may hash. Two first claims at one moment
    are one flag.
    """
    claims, earlier = events.alias("claims"), events.alias("earlier")
    after = and_(_same_voucher(events, claims), events.c.occurred_at < claims.c.occurred_at)
    before = and_(_same_voucher(claims, earlier), earlier.c.occurred_at < claims.c.occurred_at)
    return (
        part(Reason.REDEEMED_BEFORE_CLAIM, events, at=claims.c.occurred_at)
        .select_from(events.join(claims, after))
        .where(stands(events, Kind.REDEMPTION), stands(claims, Kind.CLAIM))
        .where(~exists().where(before, stands(earlier, Kind.CLAIM)))
        .distinct()
    )


def second_redemptions() -> Select[Any]:
    """Of a voucher whose earlier redemption stood at that moment, not refunded: counted like any, and named here.

    Held against the first of these. Of two at one moment the one with the greater number is the second. The vouchers
    used twice are sought first: they are few, and to join all redemptions with themselves takes three times as long.
    """
    voucher = (events.c.programme, events.c.voucher_no)
    twice = (
        select(*voucher)
        .where(stands(events, Kind.REDEMPTION))
        .group_by(*voucher)
        .having(func.count() > 1)
        .cte("twice")
    )
    used = (
        select(*(events.c[name] for name in (*EVENT, "voucher_no")))
        .select_from(events.join(twice, _same_voucher(events, twice)))
        .where(stands(events, Kind.REDEMPTION))
        .cte("used")
    )
    first, back = used.alias("first"), events.alias("back")
    earlier = or_(
        first.c.occurred_at < used.c.occurred_at,
        and_(first.c.occurred_at == used.c.occurred_at, first.c.event_no < used.c.event_no),
    )
    same = (back.c[name] == first.c[name] for name in ("programme", "platform", "sub_project"))
    refunded = exists().where(
        *same,
        back.c.origin_event_no == first.c.event_no,
        back.c.occurred_at <= used.c.occurred_at,
        stands(back, Kind.REFUND),
    )
    return (
        part(Reason.REDEEMED_AGAIN, used, at=func.min(first.c.occurred_at, type_=UtcTime))
        .select_from(used.join(first, and_(_same_voucher(used, first), earlier)))
        .where(~refunded)
        .group_by(*(used.c[name] for name in EVENT))
    )


def _same_voucher(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in ("programme", "voucher_no")))
