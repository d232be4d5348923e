"""The trainer: naive-Bayes scaled logistic regression by AdaGrad, in plain Python so that retraining needs no package.

After Wang and Manning (2012), "Baselines and Bigrams": every feature is scaled by its log-count ratio, then one
regularised softmax regression is fitted. Deterministic: one fixed seed orders the rows.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment.bayes import LABELS, Triple, table
from sentiment.counts import count
from sentiment.linear import Linear, features, softmax

SEED = 20221028
FOLDS = 5
STEP = 0.15
MAX_WEIGHT = 127  # int8: the last bit costs nothing measurable


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled post, cut."""

    words: tuple[str, ...]
    label: int  # position in LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    epochs: int = 6
    averaged: int = 4  # the last so many epochs; the mean steadies what one order of rows would decide
    decay: float = 2e-6  # L2, per step
    min_rows: int = 3  # a feature of fewer posts is dropped; a Bayes word of fewer than two
    max_features: int = 60_000
    min_words: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    places: list[int]
    unit: float
    evidence: Triple
    label: int


def fit(samples: Sequence[Sample], settings: Settings) -> Linear:
    """The linear model, not yet calibrated (temperature 1)."""
    feats = [features(s.words) for s in samples]
    seen = Counter(f for fs in feats for f in fs)
    names = sorted(f for f, n in seen.items() if n >= settings.min_rows)
    place = {name: i for i, name in enumerate(names)}
    rows = [
        _Row(
            places=[place[f] for f in fs if f in place],
            unit=1 / math.sqrt(len(fs) or 1),
            evidence=evidence,
            label=s.label,
        )
        for s, fs, evidence in zip(samples, feats, _held_out_evidence(samples, settings), strict=True)
    ]
    ratio = _log_ratios(rows, len(names))
    values, bias, bayes = _descend(rows, ratio, settings)
    return _packed(names, ratio, values, settings.max_features, (bias[0], bias[1], bias[2]), bayes)


def temperature(linear: Linear, evidence: Sequence[Triple], samples: Sequence[Sample]) -> float:
    """The divisor of the logits with the least log loss on rows the model has not seen."""
    feats = [features(s.words) for s in samples]
    logits = [linear.logits(linear.known(f), len(f), e) for f, e in zip(feats, evidence, strict=True)]

    def loss(heat: float) -> float:
        return -sum(
            math.log(softmax(z / heat for z in row)[s.label] + 1e-12)
            for row, s in zip(logits, samples, strict=True)
        )

    return min((step / 20 for step in range(8, 81)), key=loss)


def _held_out_evidence(samples: Sequence[Sample], settings: Settings) -> list[Triple]:
    """Bayes evidence of each row from a table that has not seen the row: else the model would trust it too much."""
    found: list[Triple] = [(0.0, 0.0, 0.0)] * len(samples)
    for fold in range(FOLDS):
        rest = ((s.words, LABELS[s.label]) for i, s in enumerate(samples) if i % FOLDS != fold)
        counts = count(rest, min_rows=settings.min_words)
        bayes = table(list(counts), list(counts.values()))
        for i in range(fold, len(samples), FOLDS):
            found[i] = bayes.evidence(samples[i].words)
    return found


def _log_ratios(rows: Sequence[_Row], size: int) -> list[list[float]]:
    """Per class and feature: log of (share among the class's rows / share among the others')."""
    counts = [[1.0] * size for _ in LABELS]
    for row in rows:
        own = counts[row.label]
        for j in row.places:
            own[j] += 1
    totals = [sum(column) for column in counts]
    ratios = []
    for k in range(len(LABELS)):
        others = [sum(counts[m][j] for m in range(3) if m != k) for j in range(size)]
        rest = sum(totals) - totals[k]
        ratios.append([math.log((counts[k][j] / totals[k]) / (others[j] / rest)) for j in range(size)])
    return ratios


def _descend(
    rows: Sequence[_Row], ratio: list[list[float]], settings: Settings
) -> tuple[list[list[float]], list[float], float]:
    """AdaGrad on the log loss. Returns values per class and feature, the bias, the weight of the evidence."""
    size = len(ratio[0])
    values = [[0.0] * size for _ in LABELS]
    grown = [[1e-3] * size for _ in LABELS]
    bias, bayes, bayes_grown = [0.0] * 3, 0.5, 1.0
    order = list(range(len(rows)))
    mean = [[0.0] * size for _ in LABELS]
    mean_bias, mean_bayes, averaged = [0.0] * 3, 0.0, min(settings.averaged, settings.epochs)
    shuffle = random.Random(SEED).shuffle
    for epoch in range(settings.epochs):
        shuffle(order)
        for i in order:
            row = rows[i]
            sums = [sum([r[j] * v[j] for j in row.places]) for r, v in zip(ratio, values, strict=True)]
            errors = list(
                softmax(
                    b + bayes * e + row.unit * s for b, e, s in zip(bias, row.evidence, sums, strict=True)
                )
            )
            errors[row.label] -= 1
            pull = sum(error * e for error, e in zip(errors, row.evidence, strict=True))
            bayes_grown += pull * pull
            bayes -= STEP * pull / math.sqrt(bayes_grown)
            for k, error in enumerate(errors):
                bias[k] -= 0.01 * error
                _step(row, error, ratio[k], values[k], grown[k], settings.decay)
            if epoch >= settings.epochs - averaged:
                mean_bias = [m + b for m, b in zip(mean_bias, bias, strict=True)]
                mean_bayes += bayes
        if epoch >= settings.epochs - averaged:
            for total, value in zip(mean, values, strict=True):
                total[:] = [t + v / averaged for t, v in zip(total, value, strict=True)]
    steps = averaged * len(rows) or 1
    return mean, [b / steps for b in mean_bias], mean_bayes / steps


def _step(
    row: _Row, error: float, ratio: list[float], value: list[float], grown: list[float], decay: float
) -> None:
    base, root = error * row.unit, math.sqrt
    for j in row.places:
        gradient = base * ratio[j] + decay * value[j]
        grown[j] += gradient * gradient
        value[j] -= STEP * gradient / root(grown[j])


def _packed(
    names: list[str],
    ratio: list[list[float]],
    values: list[list[float]],
    max_features: int,
    bias: Triple,
    bayes: float,
) -> Linear:
    """The `max_features` strongest features as int8; weights are centred, since softmax sees differences only."""
    rows = []
    for j, name in enumerate(names):
        row = [r[j] * v[j] for r, v in zip(ratio, values, strict=True)]
        middle = sum(row) / 3
        rows.append((name, [w - middle for w in row]))
    rows.sort(key=lambda item: (-max(abs(w) for w in item[1]), item[0]))
    rows = rows[:max_features]
    scale = (max((abs(w) for _, row in rows for w in row), default=1.0) or 1.0) / MAX_WEIGHT
    packed = {name: tuple(round(w / scale) for w in row) for name, row in sorted(rows)}
    return Linear(
        bias=bias,
        bayes=bayes,
        scale=scale,
        weights={name: (r[0], r[1], r[2]) for name, r in packed.items() if any(r)},
        temperature=1.0,
    )
