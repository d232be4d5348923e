"""A tranche's minutes, moved with each batch, for as long as a day's events come in some order.

A back-fill touches nearly as many minutes as it has rows, and would pay for one more cell with each of them: the days
it goes over are put aside, and read programme by programme until the worker adds them up again (`days_aside`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, insert, select, true

from store.buckets import DAY_US, MINUTE_US, bucket_sql, bucket_us
from store.queries.tranche_minutes import summed_minutes
from store.schema import (
    MINUTE_MEASURES,
    from_micros,
    rollup_minute,
    rollup_total,
    tranche_days,
    tranche_minutes,
)
from store.writes.bulk import add_up_rows, replace_rows
from store.writes.driver import Tuple, whole_rows

MOST_MINUTES = DAY_US // MINUTE_US
"""A batch that touches more minutes than a day has is a back-fill."""

_Minute = tuple[str, int]
"""(tranche, its start in microseconds); a day likewise."""


def move_minutes(
    conn: Connection,
    by_minute: Mapping[Tuple, Sequence[int]],
    days: Collection[_Minute],
) -> None:
    """Add what a batch is worth. `by_minute`: (programme, minute, tranche) -> amounts of CURVE_MEASURES.

    `days`: of these minutes.
    """
    known = _known(conn, days)
    if len({(tranche, at) for _, at, tranche in by_minute}) > MOST_MINUTES:
        _put_aside(conn, [day for day in days if known.get(day, True)], known)
        return
    _mark(conn, [day for day in days if day not in known], is_kept=True)
    aside = {day for day in days if not known.get(day, True)}
    sums: dict[_Minute, list[int]] = {}
    for (_, at, tranche), (claimed_count, redeemed_count, gross_fen, refunded_fen) in by_minute.items():
        if not aside or (tranche, bucket_us(at, DAY_US)) not in aside:
            cell = sums.setdefault((tranche, at), [0, 0, 0])
            cell[0] += claimed_count
            cell[1] += redeemed_count
            cell[2] += gross_fen - refunded_fen
    rows = [(*minute, *amounts) for minute, amounts in sorted(sums.items()) if any(amounts)]
    add_up_rows(conn, tranche_minutes, rows, measures=MINUTE_MEASURES)


def _known(conn: Connection, days: Collection[_Minute]) -> dict[_Minute, bool]:
    """Whether it is kept, of each day the ledger has had anything of."""
    starts = [day for _, day in days]
    if not starts:
        return {}
    between = tranche_days.c.day.between(from_micros(min(starts)), from_micros(max(starts)))
    rows = conn.execute(whole_rows(tranche_days).where(between))
    return {(tranche, day): is_kept for tranche, day, is_kept in rows}


def _put_aside(conn: Connection, days: Sequence[_Minute], known: Mapping[_Minute, bool]) -> None:
    for day in days:
        if day in known:
            _empty(conn, day)
    _mark(conn, days, is_kept=False)


def _empty(conn: Connection, day: _Minute) -> None:
    conn.execute(delete(tranche_minutes).where(*_within(tranche_minutes, day)))


def _within(table: Table, day: _Minute) -> tuple[ColumnElement[bool], ...]:
    tranche, start = day
    c = table.c
    return c.tranche == tranche, c.minute >= from_micros(start), c.minute < from_micros(start + DAY_US)


def _mark(conn: Connection, days: Sequence[_Minute], *, is_kept: bool) -> None:
    replace_rows(conn, tranche_days, [(*day, is_kept) for day in sorted(days)])


def days_aside(conn: Connection, *, limit: int) -> list[_Minute]:
    """The newest days that a back-fill has put aside."""
    c = tranche_days.c
    query = whole_rows(tranche_days).where(~c.is_kept).order_by(c.day.desc(), c.tranche).limit(limit)
    return [(tranche, day) for tranche, day, _ in conn.execute(query)]


def add_up_days(conn: Connection, days: Sequence[_Minute]) -> None:
    """Again from the programmes' minutes. The caller holds the ledger's lock."""
    # the key of the minutes begins with the programme: so a day of each is read, and not all days of all
    programmes = conn.scalars(select(rollup_total.c.programme).distinct()).all()
    of_these = rollup_minute.c.programme.in_(programmes)
    for day in days:
        _empty(conn, day)
        _insert(conn, summed_minutes().where(of_these, *_within(rollup_minute, day)))
    _mark(conn, days, is_kept=True)


def rebuild_minutes(conn: Connection) -> int:
    """All of them again from the programmes' minutes, and no day left aside; how many there are."""
    for table in (tranche_minutes, tranche_days):
        conn.execute(delete(table))
    c = rollup_minute.c
    day = bucket_sql(c.minute, DAY_US)
    days = select(c.tranche, day, true()).distinct()
    conn.execute(insert(tranche_days).from_select(list(tranche_days.c), days))
    return _insert(conn, summed_minutes().order_by(c.tranche, c.minute))


def _insert(conn: Connection, sums: Select[Any]) -> int:
    names = [column.name for column in tranche_minutes.columns]
    moved = insert(tranche_minutes).from_select(names, sums)
    return conn.execute(moved, execution_options={"preserve_rowcount": True}).rowcount
