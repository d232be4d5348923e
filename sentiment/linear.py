"""The linear model: words, pairs, character runs and stance, two small integers per feature."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sentiment.bayes import Triple
from sentiment.features import Features

Weights = Mapping[str, int]
VOUCHER = "券"

# Both numbers of a feature in one integer: sum() then adds them at C speed, and never mixes them up, since 10,000
# features, nearly all of at most 127, stay below 2^21.
_SHIFT = 22
_HALF = 1 << (_SHIFT - 1)


def pack(neu: int, pos: int) -> int:
    """Weights for neutral and for positive; the negative one is what is missing to zero."""
    return (pos << _SHIFT) + neu


def unpack(packed: int) -> tuple[int, int, int]:
    """Weights, or sums of weights, for negative, neutral, positive."""
    pos = (packed + _HALF) >> _SHIFT
    neu = packed - (pos << _SHIFT)
    return -(neu + pos), neu, pos


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the model knows of one post: packed weights, None where it knows nothing, each feature in `total` once."""

    total: int
    size: int  # distinct features, known or not
    words: Sequence[int | None]
    pairs: Sequence[int | None]
    by_length: Sequence[Sequence[int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """logits = (bias + bayes x evidence + scale x sum(weights) / sqrt(number of features)) / temperature."""

    bias: Triple
    bayes: float  # weight of the Bayes evidence
    scale: float
    terms: Weights
    runs: Weights
    temperature: float  # divides the logits so that probabilities mean what they say
    voucher_temperature: float  # the same, of posts that speak of vouchers: of those it has learnt more

    def heat(self, words: Iterable[str]) -> float:
        """The temperature of a post of these words."""
        return self.voucher_temperature if any(VOUCHER in word for word in words) else self.temperature

    def read(self, found: Features) -> Read:
        """Look every feature up once."""
        of_term, of_run = self.terms.get, self.runs.get
        words, pairs = list(map(of_term, found.words)), list(map(of_term, found.pairs))
        by_length = [list(map(of_run, runs)) for runs in found.by_length]
        terms = dict(zip(found.words, words, strict=True))
        terms.update(zip(found.pairs, pairs, strict=True))
        terms.update(zip(found.stance, map(of_term, found.stance), strict=True))
        total, size = sum(filter(None, terms.values())), len(terms)
        for runs, values in zip(found.by_length, by_length, strict=True):
            once = values if len(set(runs)) == len(runs) else dict(zip(runs, values, strict=True)).values()
            total += sum(filter(None, once))
            size += len(once)
        return Read(total=total, size=size, words=words, pairs=pairs, by_length=by_length)

    def logits(self, read: Read, evidence: Triple, heat: float = 1.0) -> Triple:
        return self.weighed(unpack(read.total), read.size, evidence, heat)

    def weighed(self, sums: tuple[int, int, int], size: int, evidence: Triple, heat: float) -> Triple:
        """The logits of summed weights of `size` distinct features."""
        neg, neu, pos = sums
        unit = self.scale / math.sqrt(size or 1)
        bias, bayes = self.bias, self.bayes
        return (
            (bias[0] + bayes * evidence[0] + unit * neg) / heat,
            (bias[1] + bayes * evidence[1] + unit * neu) / heat,
            (bias[2] + bayes * evidence[2] + unit * pos) / heat,
        )

    def contributions(self, words: Sequence[str], read: Read, winner: int, heat: float) -> dict[str, float]:
        """Per word, how far it spoke for (+) or against (-) class `winner`: its own weight, half of each pair it
        stands in, and its share of the character runs that touch it.
        """
        shares = _of_runs(words, read.by_length, winner)
        for at, packed in enumerate(read.words):
            if packed:
                shares[at] += unpack(packed)[winner]
        for at, packed in enumerate(read.pairs):
            if packed:
                half = unpack(packed)[winner] / 2
                shares[at] += half
                shares[at + 1] += half
        # one of the integers in terms of the logit; the others' mean is minus half of it
        unit = self.scale / math.sqrt(read.size or 1) / heat * 1.5
        found: dict[str, float] = {}
        for word, share in zip(words, shares, strict=True):
            if share:
                found[word] = found.get(word, 0.0) + share * unit
        return found


def _of_runs(words: Sequence[str], by_length: Sequence[Sequence[int | None]], winner: int) -> list[float]:
    """Per word, the weights of the runs over its characters, each run shared out among its characters."""
    ends = list(accumulate(map(len, words), initial=0))
    steps = [0.0] * (ends[-1] + 1)
    for n, values in enumerate(by_length, start=2):
        for at, packed in enumerate(values):
            if packed:
                pos = (packed + _HALF) >> _SHIFT
                neu = packed - (pos << _SHIFT)
                each = (pos if winner == 2 else neu if winner else -(neu + pos)) / n
                steps[at] += each
                steps[at + n] -= each
    sums = list(accumulate(accumulate(steps), initial=0.0))
    return [sums[b] - sums[a] for a, b in pairwise(ends)]


def softmax(logits: Iterable[float]) -> Triple:
    a, b, c = logits
    top = max(a, b, c)
    neg, neu, pos = math.exp(a - top), math.exp(b - top), math.exp(c - top)
    total = neg + neu + pos
    return neg / total, neu / total, pos / total
