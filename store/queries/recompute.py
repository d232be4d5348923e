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
    exists,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from domain.records import Kind
from store.buckets import bucket_sql
from store.schema import MEASURES, completions, events


def recomputed_cells(size_us: int, *, known_by: datetime | None = None) -> Subquery:
    """Cells of `size_us` microseconds with all measures, straight from the events known by then.

    Columns: programme, tranche, county, sector, template, round_no, moment, and MEASURES.
    """
    known = true() if known_by is None else events.c.received_at <= known_by
    order_fen = events.c.order_fen if known_by is None else _order_known_by(known_by)
    parts = union_all(_claims(known), _redemptions(known, order_fen), _refunds(known, order_fen)).subquery(
        "parts"
    )
    moment = bucket_sql(parts.c.occurred_at, size_us)
    keys = [parts.c[name] for name in _PLACES]
    return (
        select(*keys, moment.label("moment"), *(func.sum(parts.c[name]).label(name) for name in MEASURES))
        .group_by(*keys, moment)
        .subquery("recomputed")
    )


_PLACES = ("programme", "tranche", "county", "sector", "template", "round_no")


def _part(source: FromClause, **amounts: ColumnElement[Any]) -> Select[Any]:
    keys = [source.c[name] for name in (*_PLACES, "occurred_at")]
    return select(*keys, *(amounts.get(name, literal(0)).label(name) for name in MEASURES))


def _claims(known: ColumnElement[bool]) -> Select[Any]:
    part = _part(events, claimed_count=literal(1), claimed_fen=events.c.face_fen)
    return part.where(known, events.c.kind == Kind.CLAIM.value)


def _order_known_by(moment: datetime) -> ColumnElement[int | None]:
    """The order amount, unless a payload filled it in only later."""
    same = (events.c[c.name] == completions.c[c.name] for c in events.primary_key)
    later = exists().where(*same, completions.c.order_fen.is_not(None), completions.c.received_at > moment)
    return case((later, null()), else_=events.c.order_fen)


def _redemptions(known: ColumnElement[bool], order_fen: ColumnElement[int | None]) -> Select[Any]:
    part = _part(
        events,
        redeemed_gross_count=literal(1),
        redeemed_gross_fen=events.c.face_fen,
        direct_spend_fen=func.coalesce(order_fen, 0),
        orders_count=case((order_fen.is_not(None), 1), else_=0),
    )
    return part.where(known, events.c.kind == Kind.REDEMPTION.value)


def _refunds(known: ColumnElement[bool], order_fen: ColumnElement[int | None]) -> Select[Any]:
    """The first refund of each redemption, with what its order takes out of direct spend."""
    of_one = (events.c.programme, events.c.platform, events.c.sub_project, events.c.origin_event_no)
    turn = func.row_number().over(partition_by=of_one, order_by=(events.c.occurred_at, events.c.event_no))
    ranked = (
        select(events, turn.label("turn")).where(known, events.c.kind == Kind.REFUND.value).subquery("ranked")
    )
    used = (
        select(*events.primary_key, order_fen.label("order_fen"))
        .where(known, events.c.kind == Kind.REDEMPTION.value)
        .subquery("used")
    )
    part = _part(
        ranked,
        refunded_count=literal(1),
        refunded_fen=ranked.c.face_fen,
        pool_returned_fen=func.coalesce(ranked.c.returned_fen, ranked.c.face_fen),
        direct_spend_fen=-func.coalesce(used.c.order_fen, 0),
        orders_count=case((used.c.order_fen.is_not(None), -1), else_=0),
    )
    same = and_(
        used.c.programme == ranked.c.programme,
        used.c.platform == ranked.c.platform,
        used.c.sub_project == ranked.c.sub_project,
        used.c.event_no == ranked.c.origin_event_no,
    )
    return part.select_from(ranked.outerjoin(used, same)).where(ranked.c.turn == 1)
