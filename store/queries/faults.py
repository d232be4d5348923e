"""Redemptions that break a rule every single one must keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from domain.records import Kind
from store.schema import events


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowMinimum:
    programme: str
    template: str
    event_no: str
    order_fen: int


def below_minimum(conn: Connection, min_spend_fen: Mapping[str, int]) -> Iterator[BelowMinimum]:
    """Redemptions whose order total is below their template's minimum spend, oldest first."""
    broken = or_(
        *(and_(events.c.template == t, events.c.order_fen < fen) for t, fen in min_spend_fen.items())
    )
    query = (
        select(events.c.programme, events.c.template, events.c.event_no, events.c.order_fen)
        .where(events.c.kind == Kind.REDEMPTION.value, ~events.c.cancelled, broken)
        .order_by(events.c.occurred_at, events.c.event_no)
    )
    for row in conn.execute(query):
        yield BelowMinimum(**row._mapping)
