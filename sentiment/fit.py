"""The trainer: naive-Bayes scaled softmax regression, several sources at once. Needs numpy; scoring does not.

After Wang and Manning (2012), "Baselines and Bigrams": every feature is scaled by its log-count ratio (here its root:
measured better on sources left out), then one regularised softmax regression is fitted. Each source has an intercept of
its own, so that a source where everything is neutral teaches no word to be neutral; a source with two classes speaks of
their difference only. Deterministic on one machine: no random start, sums in a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Small = NDArray[np.float32]

_KEPT = 7  # steps L-BFGS remembers
_CLOSED = -1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows by features: row i has the features `places[starts[i]:starts[i + 1]]`, each worth `unit[i]`."""

    places: NDArray[np.int32]
    starts: Ints
    unit: Small
    width: int

    @property
    def rows(self) -> Ints:
        """The row of each place."""
        return np.repeat(np.arange(len(self.unit)), np.diff(self.starts))

    def times(self, values: Floats) -> Floats:
        """Per row, the sum of its features' values times its unit; values are (features, classes)."""
        out = np.zeros((len(self.unit), values.shape[1]))
        filled = np.flatnonzero(np.diff(self.starts))
        for k in range(values.shape[1]):
            column = values[:, k].astype(np.float32)[self.places]
            out[filled, k] = np.add.reduceat(column, self.starts[:-1][filled], dtype=np.float64)
        return out * self.unit[:, None]

    def back(self, errors: Floats) -> Floats:
        """Per feature, the sum of its rows' errors times their units."""
        lengths = np.diff(self.starts)
        columns = [
            np.bincount(self.places, np.repeat(column, lengths), minlength=self.width)
            for column in (errors * self.unit[:, None]).T
        ]
        return np.stack(columns, axis=1)

    def at(self, rows: Ints) -> Table:
        """Some of the rows, also repeated."""
        own = [self.places[self.starts[row] : self.starts[row + 1]] for row in rows]
        return Table(
            places=np.concatenate(own) if own else self.places[:0],
            starts=np.cumsum([0, *map(len, own)]),
            unit=self.unit[rows],
            width=self.width,
        )

    def only(self, kept: Ints) -> Table:
        """The same rows with the features `kept`, renumbered in that order. Units stay: they count all features."""
        new = np.full(self.width, -1, dtype=np.int32)
        new[kept] = np.arange(len(kept), dtype=np.int32)
        places = new[self.places]
        counts = np.bincount(self.rows[places >= 0], minlength=len(self.unit))
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Table(places=places[places >= 0], starts=starts, unit=self.unit, width=len(kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be learnt. `open`: (rows, classes), False where a row's source does not know the class."""

    table: Table
    labels: Ints
    weights: Floats
    groups: Ints  # the source of each row
    open: NDArray[np.bool_]
    evidence: Floats | None = None  # (rows, classes): added with one learnt weight

    @property
    def classes(self) -> int:
        return int(self.open.shape[1])

    def only(self, kept: Ints) -> Task:
        return Task(
            table=self.table.only(kept),
            labels=self.labels,
            weights=self.weights,
            groups=self.groups,
            open=self.open,
            evidence=self.evidence,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    values: Floats  # (features, classes), centred
    bias: Floats  # (sources, classes), centred
    evidence: float
    point: tuple[Floats, Floats]  # values before their ratios, and biases, to go on from


def solve(task: Task, *, decay: float, temper: float, steps: int, start: Fitted | None = None) -> Fitted:
    """`temper`: the power of the log-count ratios, 0 to leave every feature as it is, 1 for plain NB-SVM."""
    ratio = _ratios(task, temper)
    shape, groups = ratio.shape, int(task.groups.max()) + 1
    cut = ratio.size
    truth = np.eye(task.classes)[task.labels]
    closed = np.where(task.open, 0.0, _CLOSED)

    def parts(point: Floats) -> tuple[Floats, Floats, float]:
        return point[:cut].reshape(shape), point[cut:-1].reshape(groups, -1), float(point[-1])

    def cost(point: Floats) -> tuple[float, Floats]:
        values, bias, share = parts(point)
        logits = task.table.times(ratio * values) + bias[task.groups] + closed
        if task.evidence is not None:
            logits += share * task.evidence
        logits -= logits.max(axis=1, keepdims=True)
        likely = np.exp(logits)
        total = likely.sum(axis=1, keepdims=True)
        loss = -(task.weights * (logits[truth > 0] - np.log(total[:, 0]))).sum()
        errors = (likely / total - truth) * task.weights[:, None]
        slope = ratio * task.table.back(errors) + decay * values
        slope_bias = np.stack([np.bincount(task.groups, e, minlength=groups) for e in errors.T], axis=1)
        slope_share = 0.0 if task.evidence is None else (errors * task.evidence).sum()
        penalty = decay * (values**2).sum() + 0.1 * (bias**2).sum()
        return float(loss + penalty / 2), np.concatenate(
            (slope.ravel(), (slope_bias + 0.1 * bias).ravel(), [slope_share])
        )

    first = np.zeros(cut + groups * task.classes + 1)
    if start is not None:
        first = np.concatenate((start.point[0].ravel(), start.point[1].ravel(), [start.evidence]))
    values, bias, share = parts(_descend(cost, first, steps))
    scaled = ratio * values
    return Fitted(
        values=scaled - scaled.mean(axis=1, keepdims=True),
        bias=bias - bias.mean(axis=1, keepdims=True),
        evidence=share,
        point=(values, bias),
    )


def strongest(values: Floats, table: Table, most: int) -> Ints:
    """The `most` features that move the most rows the furthest, in their own order."""
    seen = np.bincount(table.places, minlength=table.width)
    force = np.abs(values).max(axis=1) * np.sqrt(np.sqrt(seen))
    order = np.argsort(-force, kind="stable")[:most]
    return np.sort(order[force[order] > 0])


def _ratios(task: Task, temper: float) -> Floats:
    """Per feature and class: log of (share among the class's rows / share among the others'), tempered."""
    rows = task.table.rows
    counts: Floats = np.float64(1) + np.stack(
        [
            np.bincount(
                task.table.places, (task.weights * (task.labels == k))[rows], minlength=task.table.width
            )
            for k in range(task.classes)
        ],
        axis=1,
    )
    others = counts.sum(axis=1, keepdims=True) - counts
    ratio = np.log((counts / counts.sum(axis=0)) / (others / others.sum(axis=0)))
    tempered: Floats = np.sign(ratio) * np.abs(ratio) ** temper
    return tempered


def _descend(cost: Callable[[Floats], tuple[float, Floats]], point: Floats, steps: int) -> Floats:
    """L-BFGS with a halving line search. Sums, not dot products: those may be split over threads."""
    value, slope = cost(point)
    moved: list[tuple[Floats, Floats, float]] = []
    for _ in range(steps):
        way = _direction(slope, moved)
        fall = (way * slope).sum()
        length = 1.0 if moved else 1.0 / max(float(np.sqrt((slope * slope).sum())), 1e-12)
        for _ in range(20):
            there = point + length * way
            new_value, new_slope = cost(there)
            if new_value <= value + 1e-4 * length * fall:
                break
            length /= 2
        else:
            return point
        step, change = there - point, new_slope - slope
        curve = float((step * change).sum())
        if curve > 1e-10:
            moved = [*moved[-_KEPT + 1 :], (step, change, curve)]
        if moved and value - new_value <= 1e-6 * max(abs(value), 1.0):
            return there
        point, value, slope = there, new_value, new_slope
    return point


def _direction(slope: Floats, moved: Sequence[tuple[Floats, Floats, float]]) -> Floats:
    way, shares = -slope, []
    for step, change, curve in reversed(moved):
        share = (step * way).sum() / curve
        way = way - share * change
        shares.append(share)
    if moved:
        _, change, curve = moved[-1]
        way = way * (curve / (change * change).sum())
    for (step, change, curve), share in zip(moved, reversed(shares), strict=True):
        way = way + (share - (change * way).sum() / curve) * step
    return way
