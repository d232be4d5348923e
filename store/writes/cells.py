"""What a batch is worth to the roll-ups' cells, added up before it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

from sqlalchemy import Connection

from store import schema
from store.buckets import DAY_US, MINUTE_US, bucket_us
from store.schema import CURVE_MEASURES, MEASURES
from store.writes.bulk import add_up_rows
from store.writes.driver import Tuple
from store.writes.rows import EventRow
from store.writes.tranche_minutes import move_minutes

_Sums = dict[Tuple, list[int]]
"""By cell, by the place in MEASURES; of a minute, CURVE_MEASURES alone: its first few."""
_REDEEMED = MEASURES.index("redeemed_gross_count")
_PROGRAMME, _TRANCHE, _COUNTY, _SECTOR, _TEMPLATE, _ROUND, _AT = map(
    EventRow._fields.index,
    ("programme", "tranche", "county", "sector", "template", "round_no", "occurred_at"),
)


_DAY = schema.rollup_day.primary_key.columns.keys().index("day")


class Cells:
    """Rows go in by the minute and by the day; everything else is a sum of these."""

    def __init__(self) -> None:
        self._by_minute: _Sums = defaultdict(([0] * len(CURVE_MEASURES)).copy)
        self._by_day: _Sums = defaultdict(([0] * len(MEASURES)).copy)
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
            day = (programme, tranche, row[_COUNTY], row[_SECTOR], row[_TEMPLATE], row[_ROUND], days[minute])
            yield row, by_minute[programme, minute, tranche], by_day[day]

    def redeemed_days(self) -> set[tuple[str, int]]:
        """(programme, start of the day in microseconds) where redemptions were added so far."""
        return {(key[0], key[-1]) for key, amounts in self._by_day.items() if amounts[_REDEEMED]}

    def store(self, conn: Connection) -> None:
        """What no row of the batch adds to, is not sent: of sixteen measures vouchers move nine."""
        add_up_rows(conn, schema.rollup_minute, _moved(self._by_minute, tuple), measures=CURVE_MEASURES)
        move_minutes(conn, self._by_minute, {(key[1], key[-1]) for key in self._by_day})
        cells = self._by_day.values()
        told = [place for place in range(len(MEASURES)) if any(map(itemgetter(place), cells))]
        measures = tuple(MEASURES[place] for place in told)
        by_day = _moved(self._by_day, _picked(told))
        add_up_rows(conn, schema.rollup_day, by_day, measures=measures)
        add_up_rows(conn, schema.rollup_total, _without_day(by_day), measures=measures)


class _Days(dict[int, int]):
    """The day a minute is of."""

    def __missing__(self, minute: int) -> int:
        day = self[minute] = bucket_us(minute, DAY_US)
        return day


def _moved(sums: _Sums, picked: Callable[[list[int]], Tuple]) -> list[Tuple]:
    return [key + picked(amounts) for key, amounts in sums.items() if any(amounts)]


def _without_day(rows: Iterable[Tuple]) -> list[Tuple]:
    """Added up over the days, which come last in the key."""
    days: dict[Tuple, list[Tuple]] = defaultdict(list)
    for row in rows:
        days[row[:_DAY]].append(row[_DAY + 1 :])
    sums = ((key, tuple(map(sum, zip(*amounts, strict=True)))) for key, amounts in days.items())
    return [key + amounts for key, amounts in sums if any(amounts)]


def _picked(told: Sequence[int]) -> Callable[[list[int]], Tuple]:
    """The amounts at these places, of each of tens of thousands of cells."""
    if len(told) == 1:
        (place,) = told
        return lambda amounts: (amounts[place],)
    return itemgetter(*told) if told else lambda _: ()
