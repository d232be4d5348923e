"""Which backups stay: many of the last hours, one a day for as long as was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.backups import superseded
from domain.terms import local

NOW = datetime(2022, 10, 28, 4, 7, tzinfo=UTC)  # 12:07 in Shanghai
QUARTER = timedelta(minutes=15)


def test_the_older_the_fewer():
    taken = {NOW - QUARTER * n for n in range(4 * 24 * 40)}
    kept = taken - superseded(taken, now=NOW, days=35)
    ages = sorted(NOW - at for at in kept)
    assert [age for age in ages if age < timedelta(hours=2)] == [QUARTER * n for n in range(8)]
    hours = [local(NOW - age).hour for age in ages if timedelta(hours=2) <= age < timedelta(hours=23)]
    assert len(hours) == len(set(hours)) == 21
    days = [local(NOW - age).date() for age in ages if age >= timedelta(days=1)]
    assert days == [
        local(NOW).date() - timedelta(days=n) for n in range(2, 36)
    ]  # yesterday's newest is younger
    assert max(ages) < timedelta(days=35)


def test_what_was_kept_once_is_kept_until_its_time_is_over():
    """Thinned out after each backup, as it is done, what stays is what would stay of all of them."""
    kept: set[datetime] = set()
    every: set[datetime] = set()
    for n in range(4 * 24 * 4):
        at = NOW + QUARTER * n
        kept.add(at)
        every.add(at)
        kept -= superseded(kept, now=at, days=3)
        assert kept == every - superseded(every, now=at, days=3)


def test_the_newest_stays_however_old_it_is():
    old = NOW - timedelta(days=400)
    assert superseded([old, old - QUARTER], now=NOW, days=35) == {old - QUARTER}
    assert superseded([], now=NOW, days=35) == frozenset()
