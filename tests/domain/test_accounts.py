"""The accounts of a tranche: every flow stands on both sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import FLOWS, Account, balances
from domain.measures import Figures

FEN = st.integers(min_value=0, max_value=10**12)
figures = st.builds(Figures, **dict.fromkeys(FLOWS, FEN))


@given(figures, FEN)
def test_nothing_appears_and_nothing_is_lost(booked: Figures, allocation_fen: int):
    held = balances(booked, allocation_fen=allocation_fen)
    assert sum(held.values()) == 0
    assert held[Account.BUDGET] == -allocation_fen
    assert held[Account.SPENT] == booked.fund_used_fen


def test_a_voucher_and_a_car_from_the_pool_to_the_merchant_and_back():
    claimed = Figures(claimed_fen=2_000, subsidy_approved_fen=100_000)
    used = claimed + Figures(redeemed_gross_fen=2_000, subsidy_paid_fen=90_000)
    back = used + Figures(refunded_fen=2_000, pool_returned_fen=700)
    found = [
        tuple(
            balances(figures, allocation_fen=500_000)[a] for a in (Account.POOL, Account.OUT, Account.SPENT)
        )
        for figures in (Figures(), claimed, used, back)
    ]
    assert found == [
        (500_000, 0, 0),
        (398_000, 102_000, 0),
        (398_000, 10_000, 92_000),
        (400_000, 10_000, 90_000),  # the full face: what a platform put back short is a shortfall of its own
    ]


@pytest.mark.parametrize("stocks", [(2_000, 0), (0, 2_000)])
def test_what_expires_is_free_again(stocks: tuple[int, int]):
    outstanding, expired = stocks
    held = balances(
        Figures(claimed_fen=2_000, outstanding_fen=outstanding, expired_fen=expired), allocation_fen=5_000
    )
    assert (held[Account.OUT], held[Account.POOL]) == (outstanding, 3_000 + expired)
