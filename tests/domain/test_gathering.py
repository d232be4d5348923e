"""An alert keeps the posts that raised it and the newest, and counts every post once."""

from __future__ import annotations

from domain.gathering import FIRST_KEPT, LAST_KEPT, gathered


def looks(at: int, *, window: int, listed: int) -> tuple[tuple[str, ...], int]:
    """What a rule finds that looks at the last `window` of `at` posts and names the newest `listed` of them."""
    inside = range(max(at - window, 0), at)
    return tuple(map(str, inside[-listed:])), len(inside)


def test_every_post_is_counted_once_however_many_there_are_and_the_first_and_the_newest_are_listed() -> None:
    evidence, n = looks(60, window=500, listed=200)
    for at in range(60, 2_001, 20):
        evidence, n = gathered(evidence, n, *looks(at, window=500, listed=200))
        assert n == at
    assert evidence[:FIRST_KEPT] == tuple(map(str, range(FIRST_KEPT)))
    assert evidence[FIRST_KEPT:] == tuple(map(str, range(2_000 - LAST_KEPT, 2_000)))


def test_posts_beyond_those_named_are_counted_all_the_same() -> None:
    assert gathered(("1",), 1, ("8", "9"), 900) == (("1", "8", "9"), 900)


def test_a_look_that_finds_less_takes_nothing_away() -> None:
    assert gathered(("1", "2", "3"), 3, ("3",), 1) == (("1", "2", "3"), 3)
