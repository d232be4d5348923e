"""What platforms count themselves: for claims that no event tells, or none yet (WeChat Pay counts claims only)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from domain.records import Kind
from store.buckets import DAY_US, bucket_sql
from store.schema import counters, counters_newest


class Lot(NamedTuple):
    """One template of one round: a stock, an activity."""

    programme: str
    template: str
    round_no: int


def counted_claims(
    conn: Connection, *, known_by: datetime | None, until: datetime | None = None
) -> dict[Lot, int]:
    """The newest cumulative count of each lot, as of `known_by` or of now; `until`: of the counts up to then."""
    table = counters_newest
    if known_by is None:
        keys = (table.c.programme, table.c.template, table.c.round_no)
        query = select(*keys, func.sum(table.c.value_count)).group_by(*keys)
        rows = conn.execute(query.where(table.c.kind == Kind.CLAIM.value))
        return {Lot(*row[:3]): int(row[3]) for row in rows}
    found: dict[Lot, int] = {}
    for lot, _, value in _by_day(conn, known_by, until):  # cumulative: the last day's is the newest
        found[lot] = value
    return found


def counted_claims_by_day(
    conn: Connection, *, known_by: datetime | None, until: datetime | None = None
) -> dict[tuple[Lot, datetime], int]:
    """(lot, Shanghai day) -> how far its count rose that day."""
    found: dict[tuple[Lot, datetime], int] = {}
    before: dict[Lot, int] = {}
    for lot, day, value in _by_day(conn, known_by, until):
        found[lot, day] = value - before.get(lot, 0)
        before[lot] = value
    return found


def _by_day(
    conn: Connection, known_by: datetime | None, until: datetime | None
) -> Iterator[tuple[Lot, datetime, int]]:
    """(lot, day, its last count of that day), days ascending."""
    day = bucket_sql(counters.c.counted_at, DAY_US).label("day")
    lot = (counters.c.programme, counters.c.template, counters.c.round_no)
    key = (*lot, counters.c.platform, counters.c.sub_project)
    turn = func.row_number().over(partition_by=(*key, day), order_by=counters.c.counted_at.desc())
    query = select(*lot, day, counters.c.value_count, turn.label("turn"))
    query = query.where(counters.c.kind == Kind.CLAIM.value)
    if known_by is not None:
        query = query.where(counters.c.received_at <= known_by, counters.c.counted_at <= (until or known_by))
    last = query.subquery("last")
    groups = (last.c.programme, last.c.template, last.c.round_no, last.c.day)
    sums = select(*groups, func.sum(last.c.value_count)).where(last.c.turn == 1).group_by(*groups)
    for programme, template, round_no, at, value in conn.execute(sums.order_by(last.c.day)):
        yield Lot(programme, template, round_no), at, int(value)
