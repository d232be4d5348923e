"""What a batch is worth to the roll-ups' cells, added up before it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import Connection, Table

from store import schema
from store.buckets import DAY_US, MINUTE_US, bucket_us
from store.schema import MEASURES
from store.writes.bulk import add_up_rows
from store.writes.driver import Tuple
from store.writes.rows import EventRow, columns
from store.writes.tranche_minutes import move_minutes

_Sums = dict[Tuple, list[int]]
"""By cell, by the place in MEASURES."""
_NOTHING = [0] * len(MEASURES)
_PLACE = columns("programme", "tranche", "county", "sector", "template", "round_no")
_PROGRAMME, _TRANCHE, _AT = columns("programme"), columns("tranche"), columns("occurred_at")
T = TypeVar("T")


class Cells:
    """Rows go in by the minute and by the day; everything else is a sum of these."""

    def __init__(self) -> None:
        self._by_minute: _Sums = defaultdict(_NOTHING.copy)
        self._by_day: _Sums = defaultdict(_NOTHING.copy)

    def of(self, row: EventRow) -> tuple[list[int], list[int]]:
        """The cells the row falls into, to be added to by the place in MEASURES."""
        place, at = _PLACE(row), row.occurred_at
        minute = (place[0], at - at % MINUTE_US, place[1])
        return self._by_minute[minute], self._by_day[place, bucket_us(at, DAY_US)]

    def each(self, rows: Sequence[EventRow], told: Callable[[EventRow], T]) -> Iterator[tuple[T, list[int]]]:
        """What is told of each row with its minute's cell, then with its day's; no call for each of thousands."""
        amounts = list(map(told, rows))
        minutes = [at - at % MINUTE_US for at in map(_AT, rows)]
        days = {minute: bucket_us(minute, DAY_US) for minute in set(minutes)}
        by_minute = zip(map(_PROGRAMME, rows), minutes, map(_TRANCHE, rows), strict=True)
        by_day = zip(map(_PLACE, rows), map(days.__getitem__, minutes), strict=True)
        return chain(
            zip(amounts, map(self._by_minute.__getitem__, by_minute), strict=True),
            zip(amounts, map(self._by_day.__getitem__, by_day), strict=True),
        )

    def store(self, conn: Connection) -> None:
        """What no row of the batch adds to, is not sent: of sixteen measures vouchers move nine."""
        # of both: a corrected time may leave the day as it was, a corrected county the minute
        cells = chain(self._by_minute.values(), self._by_day.values())
        told = [place for place, amounts in enumerate(zip(*cells, strict=True)) if any(amounts)]
        _store(conn, schema.rollup_minute, self._by_minute, told)
        move_minutes(conn, self._by_minute, {(place[1], day) for place, day in self._by_day})
        by_day = {(*place, day): amounts for (place, day), amounts in self._by_day.items()}
        _store(conn, schema.rollup_day, by_day, told)
        _store(conn, schema.rollup_total, _summed(self._by_day, itemgetter(0)), told)


def _summed(fine: _Sums, coarse: Callable[[Tuple], Tuple]) -> _Sums:
    sums: _Sums = {}
    for key, amounts in fine.items():
        name = coarse(key)
        kept = sums.get(name)
        sums[name] = amounts if kept is None else [*map(int.__add__, kept, amounts)]
    return sums


def _store(conn: Connection, table: Table, sums: _Sums, told: Sequence[int]) -> None:
    """In one order everywhere: two writers cannot deadlock. `told`: places in MEASURES."""
    picked = _picked(told)
    rows = [key + picked(amounts) for key, amounts in sorted(sums.items()) if any(amounts)]
    add_up_rows(conn, table, rows, measures=tuple(MEASURES[place] for place in told))


def _picked(told: Sequence[int]) -> Callable[[list[int]], Tuple]:
    """The amounts at these places, of each of tens of thousands of cells."""
    if len(told) == 1:
        (place,) = told
        return lambda amounts: (amounts[place],)
    return itemgetter(*told) if told else lambda _: ()
