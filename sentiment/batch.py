"""A batch of cut posts -> tone and talk of each. Equal to `Polarity` and `Talk.logit`, which say it one by one.

Words are looked up once for all models; pairs of words and runs of characters are numbers, looked up for all posts at
once. Sums of small integers are exact in any order, so that a post's score does not depend on what stands beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sentiment.bayes import LABELS, Triple
from sentiment.keys import Ints
from sentiment.linear import softmax, unpack
from sentiment.polarity import SURE, WHY, Tone
from sentiment.runs import Runs, RunTable
from sentiment.tokens import Tokens, TokenTable
from sentiment.weights import Weights

Floats = NDArray[np.float64]
_NEG, _NEU, _POS, _TALK = range(4)
_PARTS = 12  # a run's weight is shared out among two, three or four characters: in twelfths it stays whole
_STANCE = re.compile(r"~\S")  # the mark itself is a word, too, and may begin a pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`talk`: above zero the campaign's, below a shop's; None without a word."""

    tone: Tone
    talk: float | None


class BatchReader:
    """Holds the weights as arrays; threads may share one."""

    def __init__(self, weights: Weights) -> None:
        # the names live in the tables from here on
        self._linear = replace(weights.linear, terms={}, runs={})
        self._talk = replace(weights.talk, terms={}, runs={})
        terms = _columns(weights.linear.terms, weights.talk.terms)
        self._stance = {name: terms.pop(name) for name in list(terms) if _STANCE.match(name)}
        self._tokens = TokenTable(terms, weights.bayes.words, weights.linear.terms, width=4)
        self._runs = RunTable(_columns(weights.linear.runs, weights.talk.runs), width=4)

    def read(self, posts: Sequence[Sequence[str]], stance: Sequence[Sequence[str]]) -> list[Reading]:
        """`posts`: their words, as `Polarity.cut` leaves them; `stance`: as `Stance.features` does."""
        tokens, runs = self._tokens.read(posts), self._runs.read(["".join(words) for words in posts])
        sums = self._sums(tokens, runs, stance)
        sizes = (tokens.distinct + runs.distinct + [len(names) for names in stance]).tolist()
        evident = np.bincount(tokens.post[self._tokens.evident[tokens.entry]], minlength=len(posts)).tolist()
        found = [
            softmax(self._linear.weighed((row[_NEG], row[_NEU], row[_POS]), size, evidence)) if any_ else None
            for row, size, evidence, any_ in zip(
                sums, sizes, self._evidence(tokens, len(posts)), evident, strict=True
            )
        ]
        winners = [likely.index(max(likely)) if likely else 0 for likely in found]
        whys = self._whys(tokens, runs, winners, sizes)
        return [
            Reading(
                tone=_tone(likely, winner, why) if likely else Tone(),
                talk=self._talk.weighed(row[_TALK], size) if words else None,
            )
            for likely, winner, why, row, size, words in zip(
                found, winners, whys, sums, sizes, posts, strict=True
            )
        ]

    def _sums(self, tokens: Tokens, runs: Runs, stance: Sequence[Sequence[str]]) -> list[list[int]]:
        """Per post and column, the weights of its features, each once."""
        total = np.zeros((len(stance), 4), dtype=np.int64)
        known = np.flatnonzero(tokens.first & (tokens.entry > 0))
        _add(total, tokens.post[known], self._tokens.columns[tokens.entry[known]])
        pairs = tokens.pair_first
        _add(total, tokens.post[tokens.pairs[pairs]], self._tokens.pair_columns[tokens.pair_entry[pairs]])
        for hits in runs.hits:
            _add(total, runs.post[hits.at[hits.first]], self._runs.columns[hits.entry[hits.first]])
        rows: list[list[int]] = total.tolist()
        for row, names in zip(rows, stance, strict=True):
            for weights in filter(None, map(self._stance.get, names)):
                row[:] = map(int.__add__, row, weights)
        return rows

    def _evidence(self, tokens: Tokens, size: int) -> Iterator[Triple]:
        """As `BayesTable.evidence`."""
        heard = np.flatnonzero(self._tokens.heard[tokens.entry])
        post = tokens.post[heard]
        logs = self._tokens.logs[tokens.entry[heard]]
        counts = np.bincount(post, minlength=size).tolist()
        sums = [np.bincount(post, logs[:, k], minlength=size).tolist() for k in range(3)]
        for n, neg, neu, pos in zip(counts, *sums, strict=True):
            middle, root = (neg + neu + pos) / 3, math.sqrt(n or 1)
            yield (neg - middle) / root, (neu - middle) / root, (pos - middle) / root

    def _whys(
        self, tokens: Tokens, runs: Runs, winners: Sequence[int], sizes: Sequence[int]
    ) -> Iterator[tuple[tuple[str, float], ...]]:
        """Per post, the words that spoke most for or against its winner, as `Linear.contributions` shares it out."""
        won = np.array(winners, dtype=np.int64)
        shares = self._shares(tokens, runs, won)
        merged = np.bincount(tokens.number, shares, minlength=1)[tokens.number]
        merged[~tokens.first] = 0
        unit = self._linear.unit / _PARTS * 1.5  # the others' mean is minus half of it
        kept = np.flatnonzero(merged)
        ends = np.cumsum(np.bincount(tokens.post[kept], minlength=len(winners))).tolist()
        words = [tokens.words[at] for at in kept.tolist()]
        each, force = merged[kept].tolist(), (-np.abs(merged[kept])).tolist()
        start = 0
        for end, size in zip(ends, sizes, strict=True):
            top = sorted(zip(force[start:end], words[start:end], each[start:end], strict=True))[:WHY]
            scale = unit / math.sqrt(size or 1)
            yield tuple((word, share) for _, word, twelfths in top if (share := round(twelfths * scale, 3)))
            start = end

    def _shares(self, tokens: Tokens, runs: Runs, won: Ints) -> Floats:
        """Per word, in twelfths: its own weight, half of each pair, its part of the runs over its characters."""
        shares = _PARTS * self._tokens.columns[tokens.entry, won[tokens.post]].astype(np.float64)
        at = tokens.pairs
        half = _PARTS // 2 * self._tokens.pair_columns[tokens.pair_entry, won[tokens.post[at]]]
        for beside in (0, 1):
            shares += np.bincount(at + beside, half, minlength=len(shares))
        steps = np.zeros(len(runs.post) + 1)
        for hits in runs.hits:
            each = _PARTS // hits.length * self._runs.columns[hits.entry, won[runs.post[hits.at]]]
            steps += np.bincount(hits.at, each, minlength=len(steps))
            steps -= np.bincount(hits.at + hits.length, each, minlength=len(steps))
        sums = np.concatenate(([0.0], np.cumsum(np.cumsum(steps))))
        lengths = np.fromiter(map(len, tokens.words), np.int64, len(tokens.words))
        ends = np.cumsum(lengths) + tokens.post  # one line break per post before
        found: Floats = shares + sums[ends] - sums[ends - lengths]
        return found


def _tone(likely: Triple, winner: int, why: tuple[tuple[str, float], ...]) -> Tone:
    return Tone(label=LABELS[winner], probabilities=likely, confident=likely[winner] >= SURE, why=why)


def _columns(tone: Mapping[str, int], talk: Mapping[str, int]) -> dict[str, tuple[int, int, int, int]]:
    """Per feature: negative, neutral, positive, talk."""
    return {name: (*unpack(tone.get(name, 0)), talk.get(name, 0)) for name in (*tone, *talk)}


def _add(total: Ints, posts: Ints, rows: Ints) -> None:
    for column in range(total.shape[1]):
        total[:, column] += np.bincount(posts, rows[:, column], minlength=len(total)).astype(np.int64)
