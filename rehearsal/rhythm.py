"""When people do things: the rush at an opening, the hours of shops, how long a voucher lies unused.

All times are whole epoch seconds; local hours are Asia/Shanghai, which has had no daylight saving since 1991.
"""

import math
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

HOUR_S = 3600
DAY_S = 86_400
_SHANGHAI_S = 8 * HOUR_S

# Share of a day's purchases by local hour. Invented, shaped like a shopping day: noon and evening peaks.
_SHOP_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 4, 9, 11, 10, 8, 6, 6, 7, 8, 10, 11, 10, 8, 4, 1, 0)
_FUEL_HOURS = (1, 1, 1, 1, 1, 2, 5, 9, 10, 8, 7, 7, 6, 6, 6, 7, 8, 9, 8, 6, 4, 3, 2, 1)
_TABLE_HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 3, 2, 3, 14, 16, 6, 2, 2, 4, 12, 16, 10, 4, 2, 1, 0)
_CLAIM_HOURS = (2, 1, 0, 0, 0, 1, 3, 5, 7, 9, 8, 7, 8, 6, 5, 5, 5, 6, 7, 8, 9, 8, 6, 4)


@dataclass(frozen=True, slots=True)
class Hours:
    """How a day's doings are spread over its 24 hours."""

    cumulative: tuple[int, ...]

    def open_at(self, at: int) -> bool:
        hour = second_of_day(at) // HOUR_S
        return self.cumulative[hour] > (self.cumulative[hour - 1] if hour else 0)

    def draw(self, rng: Random) -> int:
        """A second of the day."""
        hour = bisect(self.cumulative, rng.random() * self.cumulative[-1])
        return hour * HOUR_S + int(rng.random() * HOUR_S)

    def next_open(self, at: int, rng: Random) -> int:
        """`at` itself while open, else some time in the first two open hours that follow."""
        if self.open_at(at):
            return at
        hour = at - (at + _SHANGHAI_S) % HOUR_S
        while not self.open_at(hour):
            hour += HOUR_S
        return hour + int(rng.random() * 2 * HOUR_S)


def _hours(weights: tuple[int, ...]) -> Hours:
    return Hours(tuple(accumulate(weights)))


SHOPS = _hours(_SHOP_HOURS)
CLAIMS = _hours(_CLAIM_HOURS)
BY_SECTOR = {"fuel": _hours(_FUEL_HOURS), "catering": _hours(_TABLE_HOURS)}


def second_of_day(at: int) -> int:
    return (at + _SHANGHAI_S) % DAY_S


def midnight(at: int) -> int:
    """The start of the local day `at` falls in."""
    return at - second_of_day(at)


def rush(n: int, *, seconds: float, rng: Random) -> list[int]:
    """Seconds after the opening of `n` claims that are all gone after `seconds`: an exponential-decay burst."""
    decay = seconds / 2.5
    room = 1 - math.exp(-seconds / decay)
    return [int(-decay * math.log(1 - rng.random() * room)) for _ in range(n)]


def trickle(n: int, *, opens: int, closes: int, decay_days: float, rng: Random) -> list[int]:
    """Times of `n` claims spread over the days from `opens` to `closes`, fewer each day, in waking hours."""
    times: list[int] = []
    first, days = midnight(opens), max(1, -(-(closes - midnight(opens)) // DAY_S))
    while len(times) < n:
        day = min(int(rng.expovariate(1 / decay_days)), days - 1)
        at = first + day * DAY_S + CLAIMS.draw(rng)
        if at <= opens:  # the opening day's morning is over before the opening
            at = opens + int(rng.random() * 10 * HOUR_S)
        times.append(min(at, closes))
    return times


def use_time(claimed: int, *, use_until: int, hours: Hours, rng: Random) -> int | None:
    """When a claimed voucher is used; None where its last day passes first.

    One in eight claims stands in the shop already, a third is used over the first days, the rest drifts towards
    the last day: the curve of a voucher that is remembered shortly before it ends.
    """
    fate = rng.random()
    if fate < 0.13:
        at = hours.next_open(claimed + 20 + int(rng.lognormvariate(math.log(900), 1.1)), rng)
    else:
        left = max(1, (use_until - midnight(claimed)) // DAY_S + 1)
        day = int(rng.expovariate(1 / 2.2)) if fate < 0.62 else int(left * rng.random() ** 0.8)
        at = midnight(claimed) + day * DAY_S + hours.draw(rng)
        if at <= claimed:
            at = hours.next_open(claimed + 60 + int(rng.random() * 6 * HOUR_S), rng)
    return at if at <= use_until else None


def refund_time(used: int, *, hours: Hours, rng: Random) -> int:
    """At least ten minutes later, median a day and a half, at most a month, at a counter that is open."""
    delay = min(rng.lognormvariate(math.log(1.5 * DAY_S), 1.5), 30 * DAY_S)
    return hours.next_open(used + 600 + int(delay), rng)


def desk_time(after: int, *, days: tuple[int, int], rng: Random) -> int:
    """In office hours, so many calendar days later: an office decides on the next day at the earliest."""
    return midnight(after) + rng.randint(*days) * DAY_S + 9 * HOUR_S + int(rng.random() * 8 * HOUR_S)
