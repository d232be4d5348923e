"""What people have noted of an alert, and what is worse than that."""

from __future__ import annotations

import pytest

from domain.noted import Look, judged
from domain.readings import Level

BLUE, YELLOW, ORANGE, RED = Level


@pytest.mark.parametrize(
    ("level", "volume", "worse"),
    [
        (YELLOW, 20, False),
        (YELLOW, 39, False),
        (YELLOW, 40, True),
        (ORANGE, 1, True),
        (BLUE, 400, False),
    ],
)
def test_graver_or_twice_as_much_is_worse(level: Level, volume: int, worse: bool) -> None:
    assert Look(level, volume).is_worse_than(Look(YELLOW, 20)) is worse


def test_something_is_no_more_than_nothing_until_there_are_two() -> None:
    assert [Look(BLUE, n).is_worse_than(Look(BLUE, 0)) for n in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("look", "noted", "level", "by_hand", "given", "then"),
    [
        (Look(YELLOW, 39), Look(YELLOW, 20), YELLOW, False, None, Look(YELLOW, 39)),  # it grew since it was told
        (Look(BLUE, 5), Look(YELLOW, 20), YELLOW, False, None, Look(YELLOW, 20)),  # a dip
        (Look(BLUE, 5), Look(YELLOW, 20), BLUE, False, None, Look(BLUE, 5)),  # the rule let it fall
        (Look(YELLOW, 39), Look(YELLOW, 20), YELLOW, False, BLUE, Look(YELLOW, 39)),  # lowered by hand
        (Look(BLUE, 5), Look(YELLOW, 20), YELLOW, False, BLUE, Look(YELLOW, 20)),  # in a dip
        (Look(YELLOW, 20), Look(YELLOW, 20), YELLOW, False, RED, Look(RED, 20)),  # they hold it for graver
        (Look(BLUE, 5), Look(YELLOW, 20), BLUE, True, None, Look(YELLOW, 20)),  # closed as they had lowered it
        (Look(BLUE, 5), Look(RED, 20), RED, True, BLUE, Look(BLUE, 5)),  # lowered anew, at what is there now
    ],
)  # fmt: skip
def test_a_judgement_notes_what_is_there(
    look: Look, noted: Look, level: Level, by_hand: bool, given: Level | None, then: Look
) -> None:
    assert judged(look, noted, level=level, by_hand=by_hand, given=given) == then
