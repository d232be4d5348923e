"""Three simpler rules to hold ours against: they see volume and nothing else, and whatever they raise counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from statistics import fmean, stdev

from benchmarks.alerts_planted import START, Campaign

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAST = 5  # posts an hour: without it they would fire on every second post
Subject = tuple[str, str]
Counts = Callable[[datetime], int]
"""Negative posts of one subject seen in the hour up to a moment."""


def simple(
    campaign: Campaign, fires: Callable[[datetime, Counts], bool], moments: Sequence[datetime]
) -> Iterator[tuple[datetime, set[Subject]]]:
    seen: dict[Subject, list[datetime]] = {}
    for said in campaign.said:
        if said.negative:
            seen.setdefault((said.place, said.subject), []).append(said.seen_at)
    for now in moments:
        yield now, {subject for subject, times in seen.items() if fires(now, _counts(times))}


def _counts(times: list[datetime]) -> Counts:
    def hour_up_to(at: datetime) -> int:
        return bisect_left(times, at) - bisect_left(times, at - HOUR)

    return hour_up_to


def fixed_multiple(now: datetime, count: Counts) -> bool:
    n = count(now)
    return n >= LEAST and n >= 2 * fmean(count(now - HOUR * h) for h in range(1, 13))


def same_hour(now: datetime, count: Counts) -> bool:
    n = count(now)
    return n >= LEAST and n >= 2 * max(count(now - DAY), count(now - timedelta(days=7)))


def three_sigma(now: datetime, count: Counts) -> bool:
    n = count(now)
    if n < LEAST:
        return False
    before = [count(now - HOUR * h) for h in range(1, 7 * 24) if now - HOUR * h >= START]
    return n > fmean(before) + 3 * stdev(before)
