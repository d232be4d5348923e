"""The roll-ups worked out again from the events alone: what `verify` compares with and `rebuild` writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from domain.records import DECISIONS, Kind
from store.buckets import bucket_sql
from store.schema import MEASURES, events, superseded


def recomputed_cells(
    size_us: int, *, known_by: datetime | None = None, until: datetime | None = None
) -> Subquery:
    """Cells of `size_us` microseconds with all measures, straight from the events known by then.

    `until`: without what happened later, unless it had been heard of by then (a platform's clock may be fast).

    Columns: programme, tranche, county, sector, template, round_no, moment, and MEASURES.
    """
    standing = standing_events(known_by, until=until)
    return cells_of(standing, _refunds_with_orders(standing), size_us)


def cells_of(standing: FromClause, refunds: FromClause, size_us: int) -> Subquery:
    """The same of these events alone. Redemptions come with their refunds, applications with what was decided.

    `refunds`: `ranked_refunds`, as `used_order_fen` what the redemption's order came to (None: it is unknown), and as
    `is_orphan` whether the redemption itself is.
    """
    parts = union_all(
        _claims(standing),
        _redemptions(standing),
        _refunds(refunds),
        _applications_and_payments(standing),
        _decisions(standing),
    ).subquery("parts")
    moment = bucket_sql(parts.c.occurred_at, size_us)
    keys = [parts.c[name] for name in PLACES]
    return (
        select(*keys, moment.label("moment"), *(func.sum(parts.c[name]).label(name) for name in MEASURES))
        .group_by(*keys, moment)
        .subquery()
    )


PLACES = ("programme", "tranche", "county", "sector", "template", "round_no")


def _part(source: FromClause, **amounts: ColumnElement[Any]) -> Select[Any]:
    keys = [source.c[name] for name in (*PLACES, "occurred_at")]
    return select(*keys, *(amounts.get(name, literal(0)).label(name) for name in MEASURES))


def standing_events(known_by: datetime | None, *, until: datetime | None = None) -> Subquery:
    """Events as they stood at that moment, or as they stand: the ones a platform took back are none."""
    if known_by is None:
        return select(events).where(~events.c.cancelled).subquery("standing")
    rows = known_events(known_by)
    query = select(rows).where(~rows.c.cancelled)
    if until is not None:
        query = query.where(or_(rows.c.occurred_at < until, rows.c.received_at <= until))
    return query.subquery("standing")


def known_events(known_by: datetime) -> Subquery:
    """Events as they stood at that moment, those a platform had taken back among them."""
    then = and_(superseded.c.known_at <= known_by, superseded.c.superseded_at > known_by)
    return union_all(
        select(events).where(events.c.known_at <= known_by),
        select(*(superseded.c[column.name] for column in events.columns)).where(then),
    ).subquery("known")


def _claims(standing: FromClause) -> Select[Any]:
    part = _part(standing, claimed_count=literal(1), claimed_fen=standing.c.face_fen)
    return part.where(standing.c.kind == Kind.CLAIM.value)


def _redemptions(standing: FromClause) -> Select[Any]:
    order_fen = standing.c.order_fen
    part = _part(
        standing,
        redeemed_gross_count=literal(1),
        redeemed_gross_fen=standing.c.face_fen,
        direct_spend_fen=func.coalesce(order_fen, 0),
        orders_count=case((order_fen.is_not(None), 1), else_=0),
    )
    return part.where(standing.c.kind == Kind.REDEMPTION.value)


def ranked_refunds(rows: FromClause) -> Select[Any]:
    """Refunds by their turn among those of one redemption, by their own time, and what they put back so far.

    Beside the rows' columns: turn, owed_fen (the first one's face), said_fen, so_far_fen (said up to this one).
    """
    c = rows.c
    of_one: dict[str, Any] = {
        "partition_by": (c.programme, c.platform, c.sub_project, c.origin_event_no),
        "order_by": (c.occurred_at, c.event_no),
    }
    said_fen = func.coalesce(c.returned_fen, c.face_fen)
    ranked = select(
        rows,
        func.row_number().over(**of_one).label("turn"),
        func.first_value(c.face_fen).over(**of_one).label("owed_fen"),
        said_fen.label("said_fen"),
        func.sum(said_fen).over(**of_one, rows=(None, 0)).label("so_far_fen"),
    )
    return ranked.where(c.kind == Kind.REFUND.value)


def _refunds_with_orders(standing: FromClause) -> Subquery:
    """With what the redemption's order came to: of all events, found by the redemption's key."""
    ranked = ranked_refunds(standing).subquery("ranked")
    used = standing.alias("used")
    same = and_(
        used.c.kind == Kind.REDEMPTION.value,
        used.c.programme == ranked.c.programme,
        used.c.platform == ranked.c.platform,
        used.c.sub_project == ranked.c.sub_project,
        used.c.event_no == ranked.c.origin_event_no,
    )
    query = select(
        ranked, used.c.order_fen.label("used_order_fen"), used.c.event_no.is_(None).label("is_orphan")
    ).select_from(ranked.outerjoin(used, same))
    return query.subquery("refunds")


def _refunds(refunds: FromClause) -> Select[Any]:
    """The first refund of each redemption, with what its order takes out of direct spend; of all what they put back.

    Of what they say together, no more than the face goes back: the first ones' share counts.
    """
    rows = refunds.c
    is_first = rows.turn == 1
    order_fen = case((is_first, rows.used_order_fen))
    put_back = _least(rows.so_far_fen, rows.owed_fen) - _least(rows.so_far_fen - rows.said_fen, rows.owed_fen)
    return _part(
        refunds,
        refunded_count=case((is_first, 1), else_=0),
        refunded_fen=case((is_first, rows.face_fen), else_=0),
        pool_returned_fen=put_back,
        direct_spend_fen=-func.coalesce(order_fen, 0),
        orders_count=case((order_fen.is_not(None), -1), else_=0),
        orphaned_count=case((is_first & rows.is_orphan, 1), else_=0),
    )


def _least(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    """Of two: SQLite and PostgreSQL have no common word for it."""
    return case((one < other, one), else_=other)


def _applications_and_payments(standing: FromClause) -> Select[Any]:
    applied, face_fen = standing.c.kind == Kind.APPLICATION.value, standing.c.face_fen
    part = _part(
        standing,
        subsidy_applied_count=case((applied, 1), else_=0),
        subsidy_applied_fen=case((applied, face_fen), else_=0),
        subsidy_paid_count=case((applied, 0), else_=1),
        subsidy_paid_fen=case((applied, 0), else_=face_fen),
    )
    return part.where(standing.c.kind.in_((Kind.APPLICATION.value, Kind.PAYMENT.value)))


def _decisions(standing: FromClause) -> Select[Any]:
    """The first decision on each application, by its own time."""
    rows = standing.c
    of_one = (rows.programme, rows.platform, rows.sub_project, rows.origin_event_no)
    in_order = (rows.occurred_at, rows.event_no, rows.kind)
    turn = func.row_number().over(partition_by=of_one, order_by=in_order)
    decisions = rows.kind.in_(sorted(kind.value for kind in DECISIONS))
    first = select(standing, turn.label("turn")).where(decisions).subquery("decided")
    approved = first.c.kind == Kind.APPROVAL.value
    part = _part(
        first,
        subsidy_approved_count=case((approved, 1), else_=0),
        subsidy_approved_fen=case((approved, first.c.face_fen), else_=0),
        subsidy_rejected_count=case((approved, 0), else_=1),
    )
    return part.where(first.c.turn == 1)
