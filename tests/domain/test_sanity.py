"""Figures that cannot be never reach a screen; those the ledger corrected do, with a mark."""

from dataclasses import replace

import pytest

from domain.measures import Figures
from domain.sanity import Doubt, Kept, Limits, check, good_figures, uneven

LIMITS = Limits(face_least_fen=1_000, face_most_fen=10_000, min_spend_most_fen=50_000)
GOOD = Figures(
    issued_count=1_000, issued_fen=5_000_000,
    claimed_count=500, claimed_fen=2_500_000,
    redeemed_gross_count=300, redeemed_gross_fen=1_500_000,
    refunded_count=10, refunded_fen=50_000,
    direct_spend_fen=9_000_000, orders_count=290,
)  # fmt: skip


def held(previous: Figures | None = GOOD, **changed: int) -> dict[Kept, Doubt]:
    return dict(check(previous, replace(GOOD, **changed), limits=LIMITS).held)


def test_good_figures_pass_with_and_without_a_past():
    assert held() == held(None) == {}


def test_figures_that_grow_pass():
    assert (
        held(claimed_count=501, claimed_fen=2_505_000, redeemed_gross_count=301, redeemed_gross_fen=1_502_000)
        == {}
    )


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"claimed_count": 499}, Kept.CLAIMED),
        ({"claimed_fen": 2_499_999}, Kept.CLAIMED),
        ({"redeemed_gross_count": 299}, Kept.REDEEMED),
        ({"refunded_fen": 49_999}, Kept.REFUNDED),
    ],
)  # fmt: skip
def test_a_cumulative_figure_that_falls_is_held(changed: dict[str, int], kept: Kept):
    assert held(**changed) == {kept: Doubt.FELL}
    assert held(None, **changed) == {}, "without a past nothing fell"


@pytest.mark.parametrize(
    ("known", "passes"), [((2, 10_000), True), ((1, 10_000), False), ((2, 9_999), False)]
)
def test_a_fall_the_ledger_knows_the_corrections_of_passes_with_a_mark(known: tuple[int, int], passes: bool):
    lower = replace(GOOD, redeemed_gross_count=298, redeemed_gross_fen=1_490_000)
    verdict = check(GOOD, lower, limits=LIMITS, corrections={Kept.REDEEMED: known})
    assert verdict.corrected == (frozenset({Kept.REDEEMED}) if passes else frozenset())
    assert verdict.held == ({} if passes else {Kept.REDEEMED: Doubt.FELL})


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"claimed_count": 1_010, "claimed_fen": 5_050_000}, {}),
        ({"claimed_count": 1_011, "claimed_fen": 5_055_000}, {Kept.CLAIMED: Doubt.BEYOND_ISSUED}),
        ({"redeemed_gross_count": 500, "redeemed_gross_fen": 2_500_000}, {}),
        ({"redeemed_gross_count": 501, "redeemed_gross_fen": 2_505_000}, {Kept.REDEEMED: Doubt.BEYOND_CLAIMED}),
        ({"refunded_count": 300, "refunded_fen": 1_500_000}, {}),
        ({"refunded_count": 301, "refunded_fen": 1_505_000}, {Kept.REFUNDED: Doubt.BEYOND_REDEEMED}),
        ({"claimed_fen": 5_000_000}, {}),
        ({"claimed_fen": 5_000_001}, {Kept.CLAIMED: Doubt.FACE}),
        ({"claimed_count": 999, "claimed_fen": 2_500_000_000}, {Kept.CLAIMED: Doubt.FACE}),
        ({"direct_spend_fen": 14_000_000}, {}),
        ({"direct_spend_fen": 14_000_001}, {Kept.SPEND: Doubt.JUMP}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_held_and_what_just_can_is_shown(
    changed: dict[str, int], expected: dict[Kept, Doubt]
):
    assert held(**changed) == expected


@pytest.mark.parametrize(
    "name", ["claimed_count", "redeemed_gross_fen", "refunded_count", "direct_spend_fen"]
)
def test_nothing_is_negative(name: str):
    assert held(None, **{name: -1})


def test_a_figure_a_thousand_times_too_large_is_held_whichever_it_is():
    for name in (
        "claimed_count",
        "claimed_fen",
        "redeemed_gross_count",
        "refunded_count",
        "direct_spend_fen",
    ):
        assert held(**{name: getattr(GOOD, name) * 1000}), name


def test_counties_that_do_not_add_up_to_the_city_are_named_by_figure():
    assert uneven([GOOD, GOOD], GOOD + GOOD) == frozenset()
    assert uneven([GOOD], replace(GOOD, refunded_fen=0)) == {Kept.REFUNDED}


def test_what_is_held_keeps_its_last_good_value_for_the_next_comparison():
    wrong = replace(GOOD, claimed_count=9_000, redeemed_gross_count=310, redeemed_gross_fen=1_550_000)
    verdict = check(GOOD, wrong, limits=LIMITS)
    kept = good_figures(GOOD, wrong, verdict)
    assert (kept.claimed_count, kept.redeemed_gross_count) == (500, 310)
    assert check(kept, GOOD, limits=LIMITS).held == {Kept.REDEEMED: Doubt.FELL}
