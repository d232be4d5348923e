"""The ledger as it was known at a moment: the roll-ups of now, less what has come since. Equal to `recompute`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    func,
    or_,
    select,
    true,
    union,
    union_all,
)

from domain.records import DECISIONS, Kind
from store.buckets import DAY_US, bucket_start
from store.queries.recompute import PLACES, cells_of, ranked_refunds, recomputed_cells
from store.schema import MEASURES, events, rollup_day, superseded

_FOLLOWING = sorted({Kind.REFUND.value, Kind.PAYMENT.value, *(kind.value for kind in DECISIONS)})
"""Kinds that are worth what they are only with the event they follow."""
_KEY = ("programme", "platform", "sub_project")
_READ = (
    *(*_KEY, "event_no", "kind", "origin_event_no", "occurred_at", "face_fen", "order_fen", "returned_fen"),
    *(name for name in PLACES if name not in _KEY),
)
MOSTLY = 3
"""Where more than one in so many came later, the events themselves are the shorter way."""


def day_cells(conn: Connection, *, known_by: datetime, until: datetime | None) -> Subquery:
    """Cells of days as of then, by whichever way is shorter: columns as of `recomputed_cells`."""
    if _is_mostly_known(conn, known_by):
        return past_cells(known_by=known_by, until=until)
    return recomputed_cells(DAY_US, known_by=known_by, until=until)


def _is_mostly_known(conn: Connection, known_by: datetime) -> bool:
    """By when it happened, since that stands in the roll-ups: which way is taken changes no figure."""
    n = func.coalesce(func.sum(rollup_day.c.claimed_count + rollup_day.c.redeemed_gross_count), 0)
    later = select(n).where(rollup_day.c.day > bucket_start(known_by, DAY_US)).scalar_subquery()
    whole, since = conn.execute(select(n, later)).one()
    return int(since) * MOSTLY <= int(whole)


def past_cells(*, known_by: datetime, until: datetime | None) -> Subquery:
    """Days' roll-ups, less what the groups of events changed since are worth now, and what they were then."""
    changed = _changed(known_by, until)
    was = and_(superseded.c.known_at <= known_by, superseded.c.superseded_at > known_by)
    then = [
        _of_table(events, changed, events.c.known_at <= known_by),
        _of_table(superseded, changed, was),
    ]
    now_rows = _standing([_of_table(events, changed, true())], None).cte("now_rows")
    then_rows = _standing(then, until).cte("then_rows")
    gone, back = (cells_of(rows, _refunds_with_orders(rows), DAY_US) for rows in (now_rows, then_rows))
    parts = ((rollup_day, rollup_day.c.day, 1), (gone, gone.c.moment, -1), (back, back.c.moment, 1))
    return union_all(
        *(
            select(
                *(cells.c[place] for place in PLACES),
                moment.label("moment"),
                *((cells.c[name] * sign).label(name) for name in MEASURES),
            )
            for cells, moment, sign in parts
        )
    ).subquery("past")


def _changed(known_by: datetime, until: datetime | None) -> CTE:
    """The groups (a first event and what follows it) with any event that is another now than it was then."""
    parts = [
        _roots(events).where(events.c.known_at > known_by),
        _roots(superseded).where(superseded.c.superseded_at > known_by),
    ]
    if until is not None:
        parts.append(_roots(events).where(events.c.occurred_at >= until, events.c.received_at > until))
    return union(*parts).cte("changed")


def _roots(table: FromClause) -> Select[Any]:
    return select(*(table.c[name] for name in _KEY), _root_of(table))


def _root_of(table: FromClause) -> ColumnElement[str]:
    followed = table.c.kind.in_(_FOLLOWING)
    return case((followed, table.c.origin_event_no), else_=table.c.event_no).label("root")


def _of_table(table: FromClause, changed: CTE, condition: ColumnElement[bool]) -> Select[Any]:
    """Each branch by an index of its own: the first event's number, and the number that is followed."""
    same = [table.c[name] == changed.c[name] for name in _KEY]
    first = and_(*same, table.c.event_no == changed.c.root)
    after = and_(*same, table.c.origin_event_no == changed.c.root)
    columns = [table.c[column.name] for column in events.columns]
    firsts = (
        select(*columns).join_from(changed, table, first).where(table.c.kind.not_in(_FOLLOWING), condition)
    )
    others = select(*columns).join_from(changed, table, after).where(table.c.kind.in_(_FOLLOWING), condition)
    return select(union_all(firsts, others).subquery())


def _standing(parts: list[Select[Any]], until: datetime | None) -> Select[Any]:
    """No more columns than cells are made of: the rows are written down once, and read by every part of the cells."""
    rows = union_all(*parts).subquery()
    query = select(*(rows.c[name] for name in _READ)).where(~rows.c.cancelled)
    if until is not None:
        query = query.where(or_(rows.c.occurred_at < until, rows.c.received_at <= until))
    return query


def _refunds_with_orders(rows: FromClause) -> Subquery:
    """With what the redemption's order came to, looked up within the refund's own group.

    Not by a join: of what a join by four columns has yielded, PostgreSQL expects a single row, statistics or not, and
    goes through all redemptions once for each refund.
    """
    group = (*(rows.c[name] for name in _KEY), _root_of(rows))
    order_fen = case((rows.c.kind == Kind.REDEMPTION.value, rows.c.order_fen))
    redeemed = case((rows.c.kind == Kind.REDEMPTION.value, 1), else_=0)
    used = select(
        rows,
        func.max(order_fen).over(partition_by=group).label("used_order_fen"),
        (func.max(redeemed).over(partition_by=group) == 0).label("is_orphan"),
    )
    pair = rows.c.kind.in_((Kind.REDEMPTION.value, Kind.REFUND.value))
    return ranked_refunds(used.where(pair).subquery("used")).subquery("refunds")
