"""What will be left unredeemed: a band between what earlier rounds did, and nothing where too little is known."""

from fractions import Fraction

import pytest

from domain.measures import Unredeemed, expected_clawback, matured_rate, usual_band

HALF, MOST = Fraction(1, 2), Fraction(9, 10)


def projected(**changed: object) -> Unredeemed | None:
    known = {
        "allocation_fen": 1_000_000, "redeemed_net_fen": 400_000, "usable_fen": 500_000,
        "matured": (HALF, MOST), "claimed_count": 30,
    }  # fmt: skip
    return expected_clawback(**(known | changed))


def test_the_band_is_that_of_the_best_and_the_worst_round():
    assert projected() == Unredeemed(low_fen=150_000, high_fen=350_000)


def test_before_a_round_has_matured_only_the_most_is_known():
    assert projected(matured=()) == Unredeemed(low_fen=None, high_fen=600_000)


def test_one_matured_round_is_a_band_without_width():
    assert projected(matured=(HALF,)) == Unredeemed(low_fen=350_000, high_fen=350_000)


def test_when_nothing_can_be_used_any_more_the_rest_is_a_fact():
    assert projected(usable_fen=0, matured=()) == Unredeemed(low_fen=600_000, high_fen=600_000)


def test_approved_subsidies_are_spent_money():
    assert projected(subsidy_fen=100_000) == Unredeemed(low_fen=50_000, high_fen=250_000)


@pytest.mark.parametrize(("claimed", "is_known"), [(29, False), (30, True)])
def test_under_thirty_claims_nothing_is_projected(claimed: int, is_known: bool):
    assert (projected(claimed_count=claimed) is not None) is is_known


def test_nothing_below_zero_is_taken_back():
    assert projected(redeemed_net_fen=1_100_000) == Unredeemed(low_fen=0, high_fen=0)


@pytest.mark.parametrize(
    ("claimed", "redeemed", "rate"),
    [(29, 29, None), (30, 15, HALF), (30, 31, Fraction(1)), (30, 0, Fraction(0)), (30, -1, Fraction(0))],
)
def test_a_round_counts_as_matured_from_thirty_claims_on(claimed: int, redeemed: int, rate: Fraction | None):
    assert matured_rate(claimed_count=claimed, redeemed_count=redeemed) == rate


@pytest.mark.parametrize(
    ("counts", "band"),
    [((), None), ((4, 4), None), ((4, 4, 4), (0.0, 8.0)), ((100, 100, 100), (80.0, 120.0))],
)
def test_the_usual_is_known_from_three_days_on(counts: tuple[int, ...], band: tuple[float, float] | None):
    assert usual_band(counts) == band
