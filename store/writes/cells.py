"""What a batch is worth to the roll-ups' cells, added up before it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter

from sqlalchemy import Connection, Table

from store import schema
from store.buckets import DAY_US, HOUR_US, MINUTE_US, bucket_us
from store.schema import MEASURES
from store.writes.bulk import add_up_rows
from store.writes.driver import Tuple
from store.writes.rows import EventRow

_Sums = dict[Tuple, list[int]]
"""By cell, by the place in MEASURES."""


class Cells:
    """Rows go in by the minute and by the hour; everything else is a sum of these."""

    def __init__(self) -> None:
        self._by_minute: _Sums = {}
        self._by_hour: _Sums = {}

    def add(self, row: EventRow, *worth: tuple[int, int]) -> None:
        """`worth`: (place in MEASURES, amount), to the cells the row falls into."""
        programme, tranche, at = row.programme, row.tranche, row.occurred_at
        key: Tuple = (programme, at - at % MINUTE_US, tranche)
        minute = self._by_minute.get(key)
        if minute is None:
            minute = self._by_minute[key] = [0] * len(MEASURES)
        key = (programme, tranche, row.county, row.sector, row.template, row.round_no, at - at % HOUR_US)
        hour = self._by_hour.get(key)
        if hour is None:
            hour = self._by_hour[key] = [0] * len(MEASURES)
        for place, amount in worth:
            minute[place] += amount
            hour[place] += amount

    def store(self, conn: Connection) -> None:
        """What no row of the batch adds to, is not sent: of sixteen measures vouchers move nine."""
        told = [any(amounts) for amounts in zip(*self._by_minute.values(), strict=True)]
        by_hour = self._by_hour
        _store(conn, schema.rollup_minute, self._by_minute, told)
        _store(conn, schema.rollup_hour, _summed(by_hour, itemgetter(0, 1, 2, 3, 6)), told)
        _store(
            conn, schema.rollup_day, _summed(by_hour, lambda key: (*key[:6], bucket_us(key[6], DAY_US))), told
        )
        _store(conn, schema.rollup_total, _summed(by_hour, itemgetter(slice(6))), told)


def _summed(fine: _Sums, coarse: Callable[[Tuple], Tuple]) -> _Sums:
    sums: _Sums = {}
    for key, amounts in fine.items():
        name = coarse(key)
        kept = sums.get(name)
        sums[name] = amounts if kept is None else [*map(int.__add__, kept, amounts)]
    return sums


def _store(conn: Connection, table: Table, sums: _Sums, told: Sequence[bool]) -> None:
    """In one order everywhere: two writers cannot deadlock."""
    rows = [(*key, *compress(amounts, told)) for key, amounts in sorted(sums.items()) if any(amounts)]
    add_up_rows(conn, table, rows, measures=tuple(compress(MEASURES, told)))
