"""Several small weights of a feature in one integer: a post's sums are then one sum, exact in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigError
from sentiment.bayes import LABELS
from sentiment.keys import Ints
from sentiment.linear import unpack

FIELDS = 3
_BITS = 21
_HALF = 1 << (_BITS - 1)
_MOST_FEATURES = 10_000  # of a post of 2,000 characters: its words, its pairs and its runs of three lengths

Whole = TypeVar("Whole", int, Ints)

Row = tuple[int, int, int]
"""Weight for neutral, for positive, for the campaign's talk; the negative one is what is missing to zero."""
NOTHING: Row = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Weights by feature."""

    packed: Ints
    tone: NDArray[np.int32]  # negative, neutral, positive

    def told(self, rows: Ints, tones: Ints) -> NDArray[np.int32]:
        """What each row says for the tone beside it."""
        return self.tone.take(rows * len(LABELS) + tones)


def rows_of(tone: Mapping[str, int], talk: Mapping[str, int]) -> dict[str, Row]:
    """Per feature of either model its weights. Raises ConfigError where a post's sums might not fit their places."""
    rows: dict[str, Row] = {
        name: (*unpack(tone.get(name, 0))[1:], talk.get(name, 0)) for name in (*tone, *talk)
    }
    for weights in zip(*rows.values(), strict=True):
        most = sorted(map(abs, weights), reverse=True)[:_MOST_FEATURES]
        if sum(most) >= _HALF // 2:  # words and runs are summed together
            raise ConfigError("weights: too large to be summed")
    return rows


def columns_of(rows: Iterable[Row]) -> Columns:
    neu, pos, talk = np.array(list(rows), dtype=np.int64).reshape(-1, 3).T
    tone = np.stack((-(neu + pos), neu, pos), axis=1).astype(np.int32)
    return Columns(packed=packed(talk, neu, pos), tone=tone)


def packed(low: Ints, middle: Ints, high: Ints) -> Ints:
    return (high << 2 * _BITS) + (middle << _BITS) + low


def fields(packed: Whole) -> tuple[Whole, Whole, Whole]:
    """The low, the middle and the high one of packed numbers, or the sums of them."""
    low = ((packed + _HALF) & (2 * _HALF - 1)) - _HALF
    rest = (packed - low) >> _BITS
    middle = ((rest + _HALF) & (2 * _HALF - 1)) - _HALF
    return low, middle, (rest - middle) >> _BITS


def sums(posts: Ints, packed: Ints, size: int) -> Ints:
    """Per post the sum of its rows; `posts` never falls."""
    ends = np.searchsorted(posts, np.arange(size + 1))
    total = np.concatenate(([0], np.cumsum(packed)))
    found: Ints = np.diff(total[ends])
    return found


def apart(packed: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    """Sums for negative, neutral, positive and talk."""
    talk, neu, pos = fields(packed)
    return -(neu + pos), neu, pos, talk
