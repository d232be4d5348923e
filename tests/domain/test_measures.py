"""The glossary's arithmetic. A rate without a base is unknown; sums come first, ratios afterwards."""

from dataclasses import astuple, fields
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.measures import FIGURES, Figures, apportion, expired, ratio, shares, time_pace

WHOLE = st.integers(min_value=0, max_value=10**12)
figures = st.builds(Figures, **{field.name: WHOLE for field in fields(Figures)})


def test_a_rate_without_a_base_is_unknown():
    assert ratio(0, 0) is None
    assert ratio(5, 0) is None
    assert ratio(0, 5) == 0
    assert ratio(1, 4) == 0.25


def test_time_pace_runs_from_start_to_end_and_no_further(now: datetime):
    end = now + timedelta(days=30)
    assert time_pace(now - timedelta(days=1), start=now, end=end) == 0
    assert time_pace(now, start=now, end=end) == 0
    assert time_pace(now + timedelta(days=15), start=now, end=end) == 0.5
    assert time_pace(end + timedelta(days=1), start=now, end=end) == 1


def test_time_pace_is_unknown_where_the_end_is(now: datetime):
    assert time_pace(now, start=now, end=None) is None


def test_a_voucher_expires_after_its_last_moment_and_not_in_it(now: datetime):
    lived = {"claimed": 10, "redeemed_gross": 7, "use_until": now}
    assert expired(**lived, as_of=now - timedelta(seconds=1)) == 0
    assert expired(**lived, as_of=now) == 0
    assert expired(**lived, as_of=now + timedelta(microseconds=1)) == 3


def test_claims_that_have_not_come_yet_are_not_hidden(now: datetime):
    """Files come in any order: a redemption may be known before its claim, and the sum must still close."""
    assert expired(claimed=3, redeemed_gross=5, use_until=now, as_of=now + timedelta(days=1)) == -2


def test_shares_of_nothing_are_unknown():
    assert shares([0, 0]) == [None, None]
    assert shares([]) == []


@given(st.lists(WHOLE, min_size=1).filter(any))
def test_shares_are_tenths_of_a_percent_and_together_all_of_it(parts: list[int]):
    found = shares(parts)
    assert sum(round(share * 1000) for share in found if share is not None) == 1000
    whole = sum(parts)
    assert all(abs(share - part / whole) < 0.001 for share, part in zip(found, parts, strict=True))


def test_below_zero_there_is_nothing_to_apportion():
    assert shares([30, -10]) == [1.5, -0.5]


@given(st.integers(0, 10**9), st.lists(WHOLE, min_size=1).filter(any))
def test_what_is_apportioned_is_all_given_out(whole: int, parts: list[int]):
    assert sum(apportion(whole, parts)) == whole


@given(st.lists(WHOLE, min_size=1).filter(any))
def test_shares_add_up_to_one(parts: list[int]):
    assert sum(share for share in shares(parts) if share is not None) == pytest.approx(1)


@given(figures, figures)
def test_a_sum_of_cells_is_the_sum_of_every_field(a: Figures, b: Figures):
    assert astuple(a + b) == tuple(x + y for x, y in zip(astuple(a), astuple(b), strict=True))


@given(figures)
def test_adding_nothing_changes_nothing(cell: Figures):
    assert cell + Figures() == cell


def test_net_is_gross_less_refunds():
    cell = Figures(redeemed_gross_count=5, redeemed_gross_fen=10_000, refunded_count=2, refunded_fen=3_000)
    assert (cell.redeemed_net_count, cell.redeemed_net_fen) == (3, 7_000)


def test_every_figure_that_is_printed_exists_and_none_is_left_out():
    kept = {field.name for field in fields(Figures)} | {"redeemed_net_count", "redeemed_net_fen"}
    assert set(FIGURES) == kept
    assert len(FIGURES) == len(kept)


def test_the_fund_is_used_by_what_was_redeemed_and_what_was_paid_and_bound_by_what_was_approved():
    cell = Figures(redeemed_gross_fen=700, refunded_fen=100, subsidy_approved_fen=300, subsidy_paid_fen=200)
    assert cell.fund_use_rate(1_000) == 0.8
    assert cell.balance_fen(1_000) == 100
    assert Figures().fund_use_rate(0) is None


def test_the_approval_rate_is_of_the_decided_and_unknown_without_any():
    cell = Figures(subsidy_applied_count=9, subsidy_approved_count=3, subsidy_rejected_count=1)
    assert (cell.approval_rate, cell.subsidy_pending_count) == (0.75, 5)
    assert Figures(subsidy_applied_count=9).approval_rate is None


def test_a_car_is_no_direct_spend_and_does_not_lower_direct_leverage():
    cell = Figures(redeemed_gross_count=1, redeemed_gross_fen=10, direct_spend_fen=60, orders_count=1)
    cars = Figures(subsidy_applied_count=1, subsidy_approved_count=1, subsidy_paid_fen=10**8)
    assert (cell + cars).direct_leverage == cell.direct_leverage == 6
