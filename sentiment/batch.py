"""A batch of cut posts -> tone and talk of each. Equal to `Polarity` and `Talk.logit`, which say it one by one.

Words are looked up once for all models; pairs of words and runs of characters are numbers, looked up for all posts at
once. Sums of small integers are exact in any order, so that a post's score does not depend on what stands beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

import numpy as np

from sentiment.bayes import LABELS, Triple
from sentiment.issue_model import Floats
from sentiment.issue_table import IssueTable
from sentiment.keys import Ints
from sentiment.linear import softmax
from sentiment.packed import NOTHING, Row, apart, columns_of, rows_of, sums
from sentiment.polarity import SURE, WHY, Tone
from sentiment.runs import Runs, RunTable
from sentiment.tokens import Tokens, TokenTable
from sentiment.weights import Weights

_PARTS = 12  # a run's weight is shared out among two, three or four characters: in twelfths it stays whole
_FORCES = 1 << 26  # more than all weights of a post's words in twelfths
_STANCE = re.compile(r"~\S")  # the mark itself is a word, too, and may begin a pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`talk`: above zero the campaign's, below a shop's; None without a word. `issues`: as `IssueModel.leanings`; None
    without a word or such a model.
    """

    tone: Tone
    talk: float | None
    issues: Floats | None


class BatchReader:
    """Holds the weights as arrays; threads may share one."""

    def __init__(self, weights: Weights) -> None:
        # the names live in the tables from here on
        self._linear = replace(weights.linear, terms={}, runs={})
        self._talk = replace(weights.talk, terms={}, runs={})
        issues = weights.issues
        self._issues = IssueTable(issues) if issues else None
        of_terms, of_runs = (_from_one(issues.terms), _from_one(issues.runs)) if issues else ({}, {})
        terms = _with(rows_of(weights.linear.terms, weights.talk.terms), of_terms)
        stance = {name: terms.pop(name) for name in list(terms) if _STANCE.match(name)}
        self._mark_entries = _from_one({name: row for row, name in enumerate(stance)})
        self._mark_columns = columns_of([NOTHING, *stance.values()])
        self._mark_issue = np.array([0, *(of_terms.get(name, 0) for name in stance)])
        self._tokens = TokenTable(terms, weights.bayes.words, weights.linear.terms, of_terms)
        runs = _with(
            rows_of(weights.linear.runs, weights.talk.runs), [run for run in of_runs if len(run) > 1]
        )
        self._runs = RunTable(runs, of_runs)

    def read(self, posts: Sequence[Sequence[str]], stance: Sequence[Sequence[str]]) -> list[Reading]:
        """`posts`: their words, as `Polarity.cut` leaves them; `stance`: as `Stance.features` does."""
        texts = ["".join(words) for words in posts]
        tokens, runs = self._tokens.read(posts), self._runs.read(texts)
        heats = list(map(self._linear.heat, zip(texts, strict=True)))
        marks = self._marks(stance)
        weights = self._sums(tokens, runs, marks, len(posts))
        distinct = tokens.distinct + runs.distinct + np.bincount(marks[0], minlength=len(posts))
        sizes = distinct.tolist()
        evident = np.bincount(tokens.post[self._tokens.evident[tokens.entry]], minlength=len(posts)).tolist()
        found = [
            softmax(self._linear.weighed((neg, neu, pos), size, evidence, heat)) if any_ else None
            for (neg, neu, pos, _), size, evidence, heat, any_ in zip(
                weights, sizes, self._evidence(tokens, len(posts)), heats, evident, strict=True
            )
        ]
        winners = [likely.index(max(likely)) if likely else 0 for likely in found]
        whys = self._whys(tokens, runs, winners, distinct, np.array(heats))
        issues = self._issue_leanings(tokens, runs, marks, sizes, found)
        return [
            Reading(
                tone=_tone(likely, winner, why) if likely else Tone(),
                talk=self._talk.weighed(talk, size) if words else None,
                issues=leanings if words else None,
            )
            for likely, winner, why, (*_, talk), leanings, size, words in zip(
                found, winners, whys, weights, issues, sizes, posts, strict=True
            )
        ]

    def _marks(self, stance: Sequence[Sequence[str]]) -> tuple[Ints, Ints]:
        """Posts, and their marks' rows of `_mark_columns`; the first row is of marks no model knows."""
        counts = np.fromiter(map(len, stance), np.int64, len(stance))
        rows = map(self._mark_entries.get, chain.from_iterable(stance), repeat(0))
        return np.repeat(np.arange(len(stance)), counts), np.fromiter(rows, np.int64, int(counts.sum()))

    def _sums(self, tokens: Tokens, runs: Runs, marks: tuple[Ints, Ints], size: int) -> list[list[int]]:
        """Per post, the tone's and the talk's weights of its features, each once."""
        known = np.flatnonzero(tokens.first & (tokens.entry > 0))
        total = sums(tokens.post[known], self._tokens.columns.packed[tokens.entry[known]], size)
        pairs = tokens.pair_first
        packed = self._tokens.pair_columns.packed[tokens.pair_entry[pairs]]
        total += sums(tokens.post[tokens.pairs[pairs]], packed, size)
        for hits in runs.hits:
            packed = self._runs.columns.packed[hits.entry[hits.first]]
            total += sums(runs.post[hits.at[hits.first]], packed, size)
        post, mark = marks
        total += sums(post, self._mark_columns.packed[mark], size)
        found: list[list[int]] = np.stack(apart(total), axis=1).tolist()
        return found

    def _issue_leanings(
        self,
        tokens: Tokens,
        runs: Runs,
        marks: tuple[Ints, Ints],
        sizes: Sequence[int],
        tones: Sequence[Triple | None],
    ) -> Iterable[Floats | None]:
        """Per post: each of its features once, each character as often as it stands."""
        if self._issues is None:
            return repeat(None, len(sizes))
        first, pairs, two = np.flatnonzero(tokens.first), tokens.pair_first, runs.hits[0]
        post, mark = marks
        parts = (
            (tokens.post[first], self._tokens.issue[tokens.entry[first]]),
            (tokens.post[tokens.pairs[pairs]], self._tokens.pair_issue[tokens.pair_entry[pairs]]),
            (runs.post[two.at[two.first]], self._runs.issue[two.entry[two.first]]),
            (runs.post, runs.issue),
            (post, self._mark_issue[mark]),
        )
        return self._issues.leanings(parts, sizes, tones)

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
        self, tokens: Tokens, runs: Runs, winners: Sequence[int], sizes: Ints, heats: Floats
    ) -> Iterator[tuple[tuple[str, float], ...]]:
        """Per post, the words that spoke most for or against its winner, as `Linear.contributions` shares it out."""
        won = np.array(winners, dtype=np.int64)
        shares = self._shares(tokens, runs, won)
        merged = np.bincount(tokens.number, shares, minlength=len(shares)).astype(np.float64)
        kept = strongest(tokens.post, merged, WHY)
        unit = self._linear.scale / _PARTS * 1.5  # the others' mean is minus half of it
        scale = unit / np.sqrt(np.maximum(sizes, 1)) / heats
        told = np.rint(merged[kept] * scale[tokens.post[kept]] * 1_000) / 1_000
        kept, told = kept[told != 0], told[told != 0]
        pairs = list(zip(map(tokens.words.__getitem__, kept.tolist()), told.tolist(), strict=True))
        start = 0
        for end in np.searchsorted(tokens.post[kept], np.arange(1, len(winners) + 1)).tolist():
            yield tuple(pairs[start:end])
            start = end

    def _shares(self, tokens: Tokens, runs: Runs, won: Ints) -> Floats:
        """Per word, in twelfths: its own weight, half of each pair, its part of the runs over its characters."""
        shares = _PARTS * self._tokens.columns.told(tokens.entry, won[tokens.post]).astype(np.float64)
        at = tokens.pairs
        half = _PARTS // 2 * self._tokens.pair_columns.told(tokens.pair_entry, won[tokens.post[at]])
        for beside in (0, 1):
            shares += np.bincount(at + beside, half, minlength=len(shares))
        steps = np.zeros(len(runs.post) + 1)
        for hits in runs.hits:
            each = _PARTS // hits.length * self._runs.columns.told(hits.entry, won[runs.post[hits.at]])
            steps += np.bincount(hits.at, each, minlength=len(steps))
            steps -= np.bincount(hits.at + hits.length, each, minlength=len(steps))
        sums = np.concatenate(([0.0], np.cumsum(np.cumsum(steps))))
        lengths = np.fromiter(map(len, tokens.words), np.int64, len(tokens.words))
        ends = np.cumsum(lengths) + tokens.post  # one line break per post before
        found: Floats = shares + sums[ends] - sums[ends - lengths]
        return found


def _from_one(rows: Mapping[str, int]) -> dict[str, int]:
    return {name: row + 1 for name, row in rows.items()}


def _with(rows: dict[str, Row], names: Iterable[str]) -> dict[str, Row]:
    """Also features that only the issue model knows are looked up: they say nothing of tone and talk."""
    return rows | {name: NOTHING for name in names if name not in rows}


def _tone(likely: Triple, winner: int, why: tuple[tuple[str, float], ...]) -> Tone:
    return Tone(label=LABELS[winner], probabilities=likely, confident=likely[winner] >= SURE, why=why)


def strongest(posts: Ints, force: Floats, most: int) -> Ints:
    """Where the `most` whole numbers furthest from zero stand, by post; of equals the first. `posts` never falls."""
    there = np.flatnonzero(force)
    small = _FORCES - np.abs(force[there]).astype(np.int64)
    order = np.sort((posts[there] * _FORCES + small) * len(force) + there) % max(len(force), 1)
    post = posts[order]
    found: Ints = order[np.arange(len(order)) - np.searchsorted(post, post) < most]
    return found
