"""What every flag is made of: the event's columns, and whether an event stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, String, and_, bindparam, cast, literal, null, select

from domain.flags import Reason
from domain.records import Kind
from store.schema import UtcTime

EVENT = (
    "programme", "tranche", "platform", "sub_project", "kind", "event_no", "template", "round_no",
    "county", "merchant", "face_fen", "order_fen", "occurred_at",
)  # fmt: skip
NO_TIME: ColumnElement[Any] = cast(null(), UtcTime)
NO_TEXT: ColumnElement[Any] = cast(null(), String)


def stands(source: FromClause, kind: Kind) -> ColumnElement[bool]:
    """Of that kind, and not taken back by its platform: what was is neither counted nor flagged.

    The kind stands in the statement's text: no engine finds an index of one kind by a parameter.
    """
    return and_(source.c.kind == bindparam(None, kind.value, literal_execute=True), ~source.c.cancelled)


def part(
    reason: Reason,
    source: FromClause,
    *,
    order_fen: ColumnElement[Any] | None = None,
    at: ColumnElement[Any] = NO_TIME,
    other: ColumnElement[Any] = NO_TEXT,
) -> Select[Any]:
    given = {} if order_fen is None else {"order_fen": order_fen.label("order_fen")}
    return select(
        literal(reason.value, String).label("reason"),
        *(given.get(name, source.c[name]) for name in EVENT),
        at.label("other_at"),
        other.label("other"),
    )
