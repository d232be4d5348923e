"""The linear model: words and word pairs, one small integer per feature and class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentiment.bayes import Triple

Known = tuple[str, tuple[int, int, int]]

PAIR = " "  # stands in no word: words have no white space


def features(words: Sequence[str]) -> list[str]:
    """Each word and each pair of neighbours once, in order of appearance."""
    pairs = (a + PAIR + b for a, b in pairwise(words))
    return list(dict.fromkeys((*words, *pairs)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """logits = bias + bayes x evidence + scale x sum(weights) / sqrt(number of features)."""

    bias: Triple
    bayes: float  # weight of the Bayes evidence
    scale: float
    weights: dict[str, tuple[int, int, int]]
    temperature: float  # divides the logits so that probabilities mean what they say

    def known(self, feats: Sequence[str]) -> list[Known]:
        """The features the model has weights for, with them."""
        weights = self.weights
        return [(feature, weights[feature]) for feature in feats if feature in weights]

    def logits(self, known: Sequence[Known], size: int, evidence: Triple) -> Triple:
        """`size` is the number of all features, known or not."""
        neg = neu = pos = 0
        for _, (a, b, c) in known:
            neg += a
            neu += b
            pos += c
        unit = self.scale / math.sqrt(size or 1)
        bias, bayes, heat = self.bias, self.bayes, self.temperature
        return (
            (bias[0] + bayes * evidence[0] + unit * neg) / heat,
            (bias[1] + bayes * evidence[1] + unit * neu) / heat,
            (bias[2] + bayes * evidence[2] + unit * pos) / heat,
        )

    def contributions(self, known: Sequence[Known], size: int, winner: int) -> dict[str, float]:
        """Per word, how far it spoke for (+) or against (-) class number `winner`; a pair's share is halved."""
        unit = self.scale / math.sqrt(size or 1) / self.temperature
        shares: dict[str, float] = {}
        for feature, row in known:
            share = unit * 1.5 * row[winner]  # weights are centred: the others' mean is -row[winner] / 2
            first, _, second = feature.partition(PAIR)
            if second:
                share /= 2
                shares[second] = shares.get(second, 0.0) + share
            shares[first] = shares.get(first, 0.0) + share
        return shares


def softmax(logits: Iterable[float]) -> Triple:
    values = tuple(logits)
    top = max(values)
    neg, neu, pos = (math.exp(value - top) for value in values)
    total = neg + neu + pos
    return neg / total, neu / total, pos / total
