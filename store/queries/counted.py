"""What platforms count themselves: for claims that no event tells, or none yet (WeChat Pay counts claims only)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, case, func, literal, select, type_coerce

from domain.records import Kind
from store.buckets import DAY_US, bucket_sql
from store.schema import UtcTime, counters, counters_newest


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
    found: dict[Lot, int] = defaultdict(int)
    for lot, polls, bound in _counters(conn, known_by, until):
        value = conn.execute(_last(polls, counters.c.counted_at <= bound)).scalar_one_or_none()
        if value is not None:
            found[lot] += value
    return dict(found)


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
    """(lot, day with any poll of it, what it had come to by that day's last), the days of a lot ascending.

    Counters of one lot add up: one that was not polled on a day stands at what it said last.
    """
    polled: dict[Lot, dict[datetime, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for n, (lot, polls, bound) in enumerate(_counters(conn, known_by, until)):
        for day, value in conn.execute(_last_of_each_day(polls, until=bound)).all():
            polled[lot][day][n] = value
    for lot, days in polled.items():
        last: dict[int, int] = {}
        for day in sorted(days):
            last |= days[day]
            yield lot, day, sum(last.values())


def _counters(
    conn: Connection, known_by: datetime | None, until: datetime | None
) -> Iterator[tuple[Lot, list[ColumnElement[bool]], datetime]]:
    """Each counter of claims: its lot, those of its polls that were known, and up to when."""
    query = select(counters_newest).where(counters_newest.c.kind == Kind.CLAIM.value)
    for newest in conn.execute(query).all():
        polls, bound = list(polls_of(newest)), newest.counted_at
        if known_by is not None:
            polls.append(counters.c.received_at <= known_by)
            bound = until or known_by
        yield Lot(newest.programme, newest.template, newest.round_no), polls, bound


def _last(polls: Sequence[ColumnElement[bool]], *within: ColumnElement[bool]) -> Select[Any]:
    """The value of a counter's last poll there, if any."""
    at = counters.c.counted_at
    return select(counters.c.value_count).where(*polls, *within).order_by(at.desc()).limit(1)


def _last_of_each_day(polls: Sequence[ColumnElement[bool]], *, until: datetime) -> Select[Any]:
    """Of one counter (day, its last value): from a day's first poll to its last, on to the first of the next with any.

    Two steps in the primary key for each day, where a month holds polls by the million.
    """
    at = counters.c.counted_at
    first = func.min(at, type_=UtcTime())
    steps = select(first.label("at")).where(*polls, at <= until).cte("steps", recursive=True)
    following = select(first).where(*polls, at > _day_of(steps.c.at, after=1), at <= until).scalar_subquery()
    steps = steps.union_all(select(following).where(steps.c.at.is_not(None)))
    over, end = _day_of(steps.c.at, after=1), literal(until, UtcTime())
    # one bound: of two SQLite would step down from the later one
    last = case((over < end, over), else_=end)
    value = _last(polls, at >= steps.c.at, at <= last).scalar_subquery()
    return select(_day_of(steps.c.at), value).where(steps.c.at.is_not(None))


def _day_of(at: ColumnElement[Any], *, after: int = 0) -> ColumnElement[datetime]:
    """A poll tells of what came before it: one at midnight, of the day that ends. `after`: of so many days later."""
    return bucket_sql(type_coerce(at, BigInteger) - 1, DAY_US, after=after)


def polls_of(newest: Any) -> Iterator[ColumnElement[bool]]:
    """Of a row of `counters_newest`: one stretch of the primary key of all polls, however long it has grown."""
    for name in ("programme", "platform", "sub_project", "template", "round_no", "kind"):
        yield counters.c[name] == getattr(newest, name)
