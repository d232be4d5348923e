"""What a batch is worth to the roll-ups' cells, added up before it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import add, itemgetter

from sqlalchemy import Connection, Table

from store import schema
from store.buckets import DAY_US, MINUTE_US, bucket_us
from store.schema import MEASURES
from store.writes.bulk import add_up_rows
from store.writes.driver import Tuple
from store.writes.rows import EventRow
from store.writes.tranche_minutes import move_minutes

_Sums = dict[Tuple, list[int]]
"""By cell, by the place in MEASURES."""
_NOTHING = [0] * len(MEASURES)
_PROGRAMME, _TRANCHE, _COUNTY, _SECTOR, _TEMPLATE, _ROUND, _AT = map(
    EventRow._fields.index,
    ("programme", "tranche", "county", "sector", "template", "round_no", "occurred_at"),
)


class Cells:
    """Rows go in by the minute and by the day; everything else is a sum of these."""

    def __init__(self) -> None:
        self._by_minute: _Sums = defaultdict(_NOTHING.copy)
        self._by_day: _Sums = defaultdict(_NOTHING.copy)
        self._days = _Days()

    def of(self, row: Tuple) -> tuple[list[int], list[int]]:
        """The cells the row falls into, to be added to by the place in MEASURES."""
        ((_, minute, day),) = self.each([row])
        return minute, day

    def each(self, rows: Iterable[Tuple]) -> Iterator[tuple[Tuple, list[int], list[int]]]:
        """Each row with its minute's cell and its day's. One walk: a batch's rows are more than a cache holds."""
        by_minute, by_day, days = self._by_minute, self._by_day, self._days
        for row in rows:
            programme, tranche, at = row[_PROGRAMME], row[_TRANCHE], row[_AT]
            minute = at - at % MINUTE_US
            place = (programme, tranche, row[_COUNTY], row[_SECTOR], row[_TEMPLATE], row[_ROUND])
            yield row, by_minute[programme, minute, tranche], by_day[place, days[minute]]

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


class _Days(dict[int, int]):
    """The day a minute is of."""

    def __missing__(self, minute: int) -> int:
        day = self[minute] = bucket_us(minute, DAY_US)
        return day


def _summed(fine: _Sums, coarse: Callable[[Tuple], Tuple]) -> _Sums:
    sums: _Sums = {}
    for key, amounts in fine.items():
        name = coarse(key)
        kept = sums.get(name)
        sums[name] = amounts if kept is None else [*map(add, kept, amounts)]
    return sums


def _store(conn: Connection, table: Table, sums: _Sums, told: Sequence[int]) -> None:
    """In one order everywhere: two writers cannot deadlock. `told`: places in MEASURES."""
    picked = _picked(told)
    in_order = sorted(sums.items(), key=itemgetter(0))  # pairs as they are take twice as long to compare
    rows = [key + picked(amounts) for key, amounts in in_order if any(amounts)]
    add_up_rows(conn, table, rows, measures=tuple(MEASURES[place] for place in told))


def _picked(told: Sequence[int]) -> Callable[[list[int]], Tuple]:
    """The amounts at these places, of each of tens of thousands of cells."""
    if len(told) == 1:
        (place,) = told
        return lambda amounts: (amounts[place],)
    return itemgetter(*told) if told else lambda _: ()
