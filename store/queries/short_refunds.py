"""Refunds that put less than the voucher's face back to the pool, however many notices they came in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign
from domain.money_watch import ShortRefunds
from domain.records import Kind
from store.schema import events, rollup_total

EVIDENCE_KEPT = 200


def short_refunds(conn: Connection, campaign: Campaign, *, until: datetime) -> tuple[ShortRefunds, ...]:
    """Of redemptions first refunded by `until`: face less what all their notices say went back, to this day.

    The full face is owed from the first notice on (work plan 七(五)); a part that comes later makes good what the first
    one lacked. Where any notice does not say how much, it is unknown whether anything is missing.

    The roll-ups say which programme may be short; only its refunds are read then, by the index that holds nothing else.
    """
    short = func.sum(rollup_total.c.refunded_fen - rollup_total.c.pool_returned_fen)
    query = select(rollup_total.c.programme).group_by(rollup_total.c.programme).having(short > 0)
    found = (_of(conn, p, until) for p in sorted(conn.scalars(query)) if p in campaign.programmes)
    return tuple(one for one in found if one is not None)


def _of(conn: Connection, programme: str, until: datetime) -> ShortRefunds | None:
    of_one = (events.c.platform, events.c.sub_project, events.c.origin_event_no)
    in_order = (events.c.occurred_at, events.c.event_no)
    face_fen = func.first_value(events.c.face_fen).over(partition_by=of_one, order_by=in_order)
    unsaid = func.count().filter(events.c.returned_fen.is_(None))
    notices = (
        select(
            events.c.event_no,
            events.c.occurred_at,
            func.row_number().over(partition_by=of_one, order_by=in_order).label("turn"),
            func.min(events.c.occurred_at).over(partition_by=of_one).label("since"),
            unsaid.over(partition_by=of_one).label("unsaid"),
            (face_fen - func.sum(events.c.returned_fen).over(partition_by=of_one)).label("missing_fen"),
        )
        .where(
            events.c.programme == programme,
            events.c.origin_event_no.is_not(None),
            events.c.kind == Kind.REFUND.value,
            ~events.c.cancelled,
        )
        .subquery("notices")
    )
    query = (
        select(notices.c.event_no, notices.c.occurred_at, notices.c.turn, notices.c.missing_fen)
        .where(notices.c.unsaid == 0, notices.c.missing_fen > 0, notices.c.since <= until)
        .order_by(notices.c.occurred_at, notices.c.event_no)
    )
    rows = conn.execute(query).all()
    if not rows:
        return None
    missing = [int(fen) for _, _, turn, fen in rows if turn == 1]
    return ShortRefunds(
        programme=programme,
        count=len(missing),
        fen=sum(missing),
        evidence=tuple(number for number, *_ in rows[:EVIDENCE_KEPT]),
        notices_count=len(rows),
        first_at=rows[0].occurred_at,
    )
