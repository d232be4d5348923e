"""Refunds that put less than the voucher's face back to the pool."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign
from domain.money_watch import ShortRefunds
from domain.records import Kind
from store.schema import events, rollup_total

EVIDENCE_KEPT = 200


def short_refunds(conn: Connection, campaign: Campaign, *, until: datetime) -> tuple[ShortRefunds, ...]:
    """Of refunds up to `until`; the first notice of each counts, as in the roll-ups.

    The roll-ups say which programme is short; only its refunds are read then, by the index that holds nothing else.
    """
    short = func.sum(rollup_total.c.refunded_fen - rollup_total.c.pool_returned_fen)
    query = select(rollup_total.c.programme).group_by(rollup_total.c.programme).having(short > 0)
    found = (_of(conn, p, until) for p in sorted(conn.scalars(query)) if p in campaign.programmes)
    return tuple(one for one in found if one is not None)


def _of(conn: Connection, programme: str, until: datetime) -> ShortRefunds | None:
    of_one = (events.c.platform, events.c.sub_project, events.c.origin_event_no)
    turn = func.row_number().over(partition_by=of_one, order_by=(events.c.occurred_at, events.c.event_no))
    first = (
        select(
            events.c.event_no, events.c.occurred_at, events.c.face_fen, events.c.returned_fen,
            turn.label("turn"),
        )
        .where(
            events.c.programme == programme,
            events.c.origin_event_no.is_not(None),
            events.c.kind == Kind.REFUND.value,
            ~events.c.cancelled,
        )
        .subquery("first")
    )  # fmt: skip
    query = (
        select(first.c.event_no, first.c.occurred_at, first.c.face_fen - first.c.returned_fen)
        .where(first.c.turn == 1, first.c.returned_fen < first.c.face_fen, first.c.occurred_at <= until)
        .order_by(first.c.occurred_at, first.c.event_no)
    )
    rows = conn.execute(query).all()
    if not rows:
        return None
    return ShortRefunds(
        programme=programme,
        count=len(rows),
        fen=sum(int(fen) for _, _, fen in rows),
        evidence=tuple(number for number, _, _ in rows[:EVIDENCE_KEPT]),
        first_at=rows[0].occurred_at,
    )
