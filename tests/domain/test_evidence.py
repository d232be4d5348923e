"""系统侧证据 on both sides of its thresholds: a break, none, and nothing to say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.evidence import BEFORE, WINDOW, SystemSide, Trade, TradeMinute, system_evidence

MINUTE = timedelta(minutes=1)


def trade(now: datetime, *, usual: int = 10, quiet: int = 0, late_minutes: int = 0) -> Trade:
    """`usual` claims a minute for four hours; none in the `quiet` minutes from half an hour ago on."""
    gap = range(30 - quiet, 30)
    minutes = tuple(
        TradeMinute(at=now - MINUTE * n, claimed_count=usual, redeemed_count=0)
        for n in range(240, 0, -1)
        if n not in gap
    )
    return Trade(
        since=now - WINDOW - BEFORE, until=now, minutes=minutes, data_time=now - MINUTE * late_minutes
    )


@pytest.mark.parametrize(
    ("quiet", "side"), [(0, SystemSide.NO), (8, SystemSide.NO), (9, SystemSide.YES), (10, SystemSide.YES)]
)
def test_ten_minutes_with_less_than_a_fifth_are_a_break(now: datetime, quiet: int, side: SystemSide) -> None:
    assert system_evidence(trade(now, quiet=quiet)).side is side


@pytest.mark.parametrize(("late", "side"), [(10, SystemSide.NO), (11, SystemSide.NO_DATA)])
def test_a_feed_that_is_behind_says_nothing(now: datetime, late: int, side: SystemSide) -> None:
    assert system_evidence(trade(now, late_minutes=late)).side is side


@pytest.mark.parametrize(("usual", "side"), [(1, SystemSide.NO_DATA), (2, SystemSide.YES)])
def test_too_little_trade_is_nothing_to_compare_with(now: datetime, usual: int, side: SystemSide) -> None:
    assert system_evidence(trade(now, usual=usual, quiet=20)).side is side


def test_the_minutes_that_have_not_come_yet_are_no_silence(now: datetime) -> None:
    found = trade(now, late_minutes=9)
    here = Trade(since=found.since, until=found.until, minutes=found.minutes[:-9], data_time=found.data_time)
    assert system_evidence(here).side is SystemSide.NO
