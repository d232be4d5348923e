"""系统侧证据 on both sides of its thresholds: a break, none, and nothing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.evidence import BEFORE, WINDOW, SystemSide, Trade, TradeMinute, heard_of, system_evidence

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


def test_a_rush_that_is_over_is_no_breakdown(now: datetime) -> None:
    """A release an hour and a half ago: ten thousand in ten minutes, then as before."""
    at, steady = now - MINUTE * 90, trade(now)
    rush = tuple(
        replace(m, claimed_count=1_000) if at <= m.at < at + MINUTE * 10 else m for m in steady.minutes
    )
    assert system_evidence(replace(steady, minutes=rush)).side is SystemSide.NO
    alone = tuple(m for m in rush if m.claimed_count == 1_000)
    assert system_evidence(replace(steady, minutes=alone)).side is SystemSide.NO_DATA


def test_the_minutes_that_have_not_come_yet_are_no_silence(now: datetime) -> None:
    found = trade(now, late_minutes=9)
    here = Trade(since=found.since, until=found.until, minutes=found.minutes[:-9], data_time=found.data_time)
    assert system_evidence(here).side is SystemSide.NO


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [(4, 5), (6, 5), (6.1, 15), (48, 15), (48.1, 60), (192, 60), (192.1, 360), (1_440, 360)],
)
def test_the_longer_a_curve_the_coarser_its_steps(now: datetime, hours: float, minutes: int) -> None:
    long = replace(trade(now), since=now - timedelta(hours=hours))
    assert long.step == MINUTE * minutes


def test_whose_data_do_not_reach_the_minutes_hides_nobody_elses(now: datetime) -> None:
    reaches = {"city": now, "bank": now - timedelta(days=1), "silent": None, "slow": now - MINUTE * 10}
    assert heard_of(reaches, until=now) == (("city", "slow"), now - MINUTE * 10)
    assert heard_of({"bank": now - MINUTE * 11}, until=now) == (("bank",), now - MINUTE * 11)
    assert heard_of({"bank": now - MINUTE * 11, "silent": None}, until=now) == (("bank", "silent"), None)
    assert heard_of({}, until=now) == ((), None)


def test_how_many_are_left_out_is_said_with_the_answer(now: datetime) -> None:
    alone = replace(trade(now), left_out=("bank", "silent"))
    assert "2 个发放主体的数据未到" in system_evidence(alone).words
    assert "未到" not in system_evidence(trade(now)).words
