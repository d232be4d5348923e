"""What the linear model looks at: words, pairs of words, runs of two to four characters, and stance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add

PAIR = " "  # stands in no word: words have no white space
LONGEST = 4  # characters


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one post in order of appearance; each counts once. Words and runs are weighed apart: the word 抢到 is
    not the run 抢到.
    """

    words: Sequence[str]
    pairs: Sequence[str]  # neighbours, joined by PAIR
    stance: Sequence[str]
    by_length: Sequence[Sequence[str]]  # runs of two, of three, of four characters

    @property
    def terms(self) -> set[str]:
        return {*self.words, *self.pairs, *self.stance}

    @property
    def runs(self) -> set[str]:
        return set(chain.from_iterable(self.by_length))

    @property
    def size(self) -> int:
        return len(self.terms) + len(self.runs)


def features(words: Sequence[str], stance: Iterable[str] = ()) -> Features:
    """`words` as `Words.cut` leaves them, `stance` as `Stance.features` does."""
    pairs = [a + PAIR + b for a, b in zip(words, words[1:], strict=False)]  # noqa: RUF007 - faster than pairwise
    return Features(words, pairs, tuple(stance), _runs("".join(words)))


def _runs(text: str) -> list[list[str]]:
    found: list[list[str]] = []
    runs: Sequence[str] = text
    for n in range(1, LONGEST):
        runs = list(map(add, runs, text[n:]))
        found.append(runs)
    return found
