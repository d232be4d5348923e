"""snownlp's Bayes, three classes over jieba words, served from a flat table of logarithms.

snownlp itself trains it (`sentiment.counts`) and is not imported here: its package costs 411 MB and three seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.records import Label

LABELS = tuple(Label)  # neg, neu, pos: the order of every triple of this package
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesTable:
    """Log-likelihoods per word, per class; a word not in the table has `unknown`."""

    prior: Triple
    unknown: Triple
    words: dict[str, Triple]

    def log_joint(self, words: Iterable[str]) -> Triple:
        """log P(class, words), unknown words as `Bayes.classify` counts them."""
        neg, neu, pos = self.prior
        table, unknown = self.words, self.unknown
        for word in words:
            a, b, c = table.get(word, unknown)
            neg, neu, pos = neg + a, neu + b, pos + c
        return neg, neu, pos

    def classify(self, words: Iterable[str]) -> tuple[Label, float]:
        """What `snownlp.classification.bayes.Bayes.classify` answers after the same training, to 1e-9."""
        joint = self.log_joint(words)
        top = max(joint)
        return LABELS[joint.index(top)], 1 / sum(math.exp(value - top) for value in joint)

    def evidence(self, words: Iterable[str]) -> Triple:
        """Log-likelihood per square root of known words, centred: long posts do not drown the other features."""
        rows = [row for row in map(self.words.get, words) if row is not None]
        if not rows:
            return 0.0, 0.0, 0.0
        neg, neu, pos = map(sum, zip(*rows, strict=True))
        middle, root = (neg + neu + pos) / 3, math.sqrt(len(rows))
        return (neg - middle) / root, (neu - middle) / root, (pos - middle) / root


def table(words: Iterable[str], counts: Iterable[Sequence[float]]) -> BayesTable:
    """The table of snownlp's AddOneProb: a seen word counts one more than it was seen, an unseen word counts one."""
    counts = list(counts)
    totals = [sum(n + 1 for n in column if n) for column in zip(*counts, strict=True)]
    logs = [math.log(total) if total else 0.0 for total in totals]
    size = math.log(sum(totals)) if any(totals) else 0.0
    log_of = {n: math.log(n + 1) for row in counts for n in row}

    def triple(row: Sequence[float]) -> Triple:
        neg, neu, pos = (log_of[n] - log for n, log in zip(row, logs, strict=True))
        return neg, neu, pos

    return BayesTable(
        prior=(logs[0] - size, logs[1] - size, logs[2] - size),
        unknown=(-logs[0], -logs[1], -logs[2]),
        words={word: triple(row) for word, row in zip(words, counts, strict=True)},
    )
