"""How figures are written: rounded once, from exact values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import terms

YI = 10_000_000_000  # one 亿元 in fen


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (None, ("—", "")),
        (0, ("0.00", "万元")),
        (1, ("0.00", "万元")),
        (4_999, ("0.00", "万元")),
        (5_000, ("0.01", "万元")),  # exactly half rounds away from zero
        (-4_999, ("0.00", "万元")),  # and never "-0.00"
        (-5_000, ("-0.01", "万元")),
        (3_180_000_000, ("3,180.00", "万元")),
        (YI - 1, ("10,000.00", "万元")),
        (YI, ("1.00", "亿元")),
        (YI + YI // 200, ("1.01", "亿元")),
        (-YI, ("-1.00", "亿元")),
        (123_456 * YI, ("123,456.00", "亿元")),
    ],
)
def test_money_is_shown_in_wan_and_from_one_yi_on_in_yi(fen: int | None, shown: tuple[str, str]):
    assert terms.money(fen) == shown


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_wan_is_within_half_a_hundredth_of_the_exact_value(fen: int):
    shown = float(terms.wan(fen).replace(",", ""))
    assert abs(round(shown * 100) * 10_000 - fen) <= 5_000


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(None, "—"), (0.0, "0.0%"), (0.1234, "12.3%"), (1.0, "100.0%"), (1.055, "105.5%"), (0.9999, "100.0%")],
)
def test_a_rate_is_shown_with_one_decimal_and_an_unknown_one_as_a_dash(rate: float | None, shown: str):
    assert terms.percent(rate) == shown


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (5 / 80, "6.3%"),
        (0.0005, "0.1%"),
        (-0.0625, "-6.3%"),
        (-0.0004, "0.0%"),
        (0.285, "28.5%"),
        (1, "100.0%"),
    ],
)
def test_half_a_digit_is_rounded_as_a_spreadsheet_shows_it(rate: float, shown: str):
    """Half up from the digits that are written: Python would print 6.2 % of 5 in 80."""
    assert terms.percent(rate) == shown


def test_what_is_unknown_is_a_dash_everywhere():
    assert {terms.wan(None), terms.count(None), terms.times(None), terms.clock(None)} == {"—"}
    assert terms.day_clock(None, now=datetime(2022, 10, 28, tzinfo=UTC)) == "—"


def test_counts_are_grouped_and_leverage_has_two_decimals():
    assert terms.count(1_234_567) == "1,234,567"
    assert terms.times(5) == "5.00"


def test_half_a_hundredth_of_leverage_is_rounded_up():
    assert (terms.times(82_000 / 16_000), terms.times(1.005), terms.times(5)) == ("5.13", "1.01", "5.00")


def test_times_are_shown_in_shanghai():
    at = datetime(2022, 10, 28, 16, 5, tzinfo=UTC)  # 00:05 of the 29th there
    assert terms.clock(at) == "00:05"
    assert terms.day(at) == "2022年10月29日"
    assert terms.weekday(at) == "星期六"


def test_a_time_of_another_day_names_its_day(now: datetime):
    assert terms.day_clock(now - timedelta(hours=10), now=now) == "00:00"
    assert terms.day_clock(now - timedelta(hours=10, minutes=1), now=now) == "10月27日 23:59"


@pytest.mark.parametrize(
    ("gone", "shown"),
    [
        (timedelta(seconds=-3), "0 秒"),
        (timedelta(seconds=59.9), "59 秒"),
        (timedelta(seconds=60), "1 分钟"),
        (timedelta(minutes=59, seconds=59), "59 分钟"),
        (timedelta(hours=3), "3 小时"),
        (timedelta(hours=3, minutes=20), "3 小时 20 分"),
        (timedelta(hours=24), "1 天"),
        (timedelta(days=2, hours=23), "2 天"),
    ],
)
def test_a_span_is_told_coarsely(gone: timedelta, shown: str):
    assert terms.span(gone) == shown


@pytest.mark.parametrize(
    ("at", "start"),
    [
        (datetime(2022, 10, 27, 16, 0, tzinfo=UTC), datetime(2022, 10, 27, 16, 0, tzinfo=UTC)),
        (datetime(2022, 10, 27, 15, 59, 59, tzinfo=UTC), datetime(2022, 10, 26, 16, 0, tzinfo=UTC)),
        (datetime(2022, 10, 28, 15, 59, 59, tzinfo=UTC), datetime(2022, 10, 27, 16, 0, tzinfo=UTC)),
    ],
)
def test_the_statistical_day_begins_at_midnight_in_shanghai(at: datetime, start: datetime):
    assert terms.business_day_start(at) == start
