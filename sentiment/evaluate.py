"""How good the labels are on posts that carry a label: honest figures, per class and per kind of difficulty."""

from __future__ import annotations

import csv
import gzip
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from domain.errors import ConfigError
from domain.records import Label, Relevance
from sentiment.bayes import LABELS, Triple

Row = Mapping[str, str]
Top = tuple[float, bool]
"""A top probability, and whether it was right."""
_BINS = 10
NOT_FOR_TRAINING = ("_eval", "_dev")
"""Sets with this in their name are measured and never learnt."""


class Judged(Protocol):
    """What `evaluate` reads of a score."""

    @property
    def label(self) -> Label | None: ...
    @property
    def probabilities(self) -> Triple | None: ...
    @property
    def confident(self) -> bool: ...


class Scores(Protocol):
    """What `evaluate` asks of a scorer."""

    def score(self, title: str, text: str) -> Judged: ...


def read_rows(path: Path) -> list[dict[str, str]]:
    """A labelled set: UTF-8, tab-separated, with a header that names `text` and `label`; `.gz` is unpacked.

    Raises ConfigError where it is not that.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path.name}: cannot be read: {error}") from error
    if rows and not {"text", "label"} <= rows[0].keys():
        raise ConfigError(f"{path.name}: has no columns text and label")
    return rows


def read_sets(directory: Path) -> tuple[dict[str, list[Row]], list[tuple[str, str]]]:
    """The labelled sets of a folder by name, and (text, talk) of those that say whose vouchers are talked of.

    Raises ConfigError for a table that is no labelled set.
    """
    sets: dict[str, list[Row]] = {}
    titles: list[tuple[str, str]] = []
    for path in sorted(p for p in directory.iterdir() if p.name.endswith((".tsv", ".tsv.gz"))):
        rows = read_rows(path)
        if rows and "relevance" in rows[0]:
            titles += talk_of(rows)
        else:
            sets[path.name] = list(rows)
    return sets, titles


def talk_of(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """(text, talk) of the rows that speak of vouchers and say whose."""
    return [
        (row["text"], _TALK[row["relevance"]])
        for row in rows
        if row.get("relevance") in _TALK and VOUCHER in row["text"]
    ]


VOUCHER = "券"
_TALK = {
    "gov": Relevance.CAMPAIGN.value,
    "campaign": Relevance.CAMPAIGN.value,
    "commerce": Relevance.COMMERCE.value,
}


def evaluate(rows: Iterable[Row], scorer: Scores) -> dict[str, object]:
    """n, accuracy, macro_f1, per_class, confusion, unlabelled, confident, ece, ece_by_chance; by_hard where rows have
    `hard`.

    A post the scorer leaves without a label counts as wrong: silence is honest, but it is no hit.
    """
    judged = [(row, scorer.score("", row["text"])) for row in rows]
    pairs = [(row["label"], score.label.value if score.label else "none") for row, score in judged]
    sure = [(row["label"], score.label.value) for row, score in judged if score.confident and score.label]
    hard = sorted({row["hard"] for row, _ in judged if row.get("hard")})
    return {
        "n": len(pairs),
        "accuracy": _accuracy(pairs),
        "macro_f1": macro_f1(pairs),
        "per_class": _per_class(pairs),
        "confusion": {f"{a}>{b}": n for (a, b), n in sorted(Counter(pairs).items())},
        "unlabelled": sum(predicted == "none" for _, predicted in pairs),
        "confident": {"share": len(sure) / len(pairs) if pairs else None, "accuracy": _accuracy(sure)},
        "ece": calibration_error(tops := _tops(judged)),
        "ece_by_chance": chance_error(tops),
        "by_hard": {
            tag: {
                "n": len(part),
                "accuracy": _accuracy(part),
                "recall": {name: _share(part, name) for name in ("neg", "neu", "pos")},
            }
            for tag in hard
            if (part := [p for p, (row, _) in zip(pairs, judged, strict=True) if row["hard"] == tag])
        },
    }


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Mean F1 of the classes that occur in the truth; None without rows."""
    figures = [row["f1"] for row in _per_class(pairs).values() if row["n"]]
    return sum(figures) / len(figures) if figures else None


def f1(pairs: Sequence[tuple[str, str]], name: str) -> dict[str, float]:
    """n, precision, recall and F1 of one class; a share of nothing is 0 here."""
    true = sum(a == name for a, _ in pairs)
    said = sum(b == name for _, b in pairs)
    hits = sum(a == b == name for a, b in pairs)
    return {
        "n": true,
        "precision": hits / said if said else 0.0,
        "recall": hits / true if true else 0.0,
        "f1": 2 * hits / (true + said) if true + said else 0.0,
    }


def _per_class(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, float]]:
    return {label.value: f1(pairs, label.value) for label in LABELS}


def _accuracy(pairs: Sequence[tuple[str, str]]) -> float | None:
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def _share(pairs: Sequence[tuple[str, str]], name: str) -> list[int]:
    """Hits and posts of one class: a share of three posts would say too much."""
    return [sum(a == b == name for a, b in pairs), sum(a == name for a, _ in pairs)]


def _tops(judged: Sequence[tuple[Row, Judged]]) -> list[Top]:
    """Of labelled posts only: the others make no claim."""
    return [
        (max(score.probabilities), score.label == row["label"])
        for row, score in judged
        if score.probabilities and score.label
    ]


def calibration_error(tops: Sequence[Top]) -> float | None:
    """Expected calibration error over ten equal bins of the top probability."""
    gaps = (abs(sum(top for top, _ in part) - sum(right for _, right in part)) for part in _bins(tops))
    return sum(gaps) / len(tops) if tops else None


def chance_error(tops: Sequence[Top]) -> float | None:
    """What the error would be on average on so many posts if every probability were right: few posts are never even."""
    spreads = (math.sqrt(sum(top * (1 - top) for top, _ in part) * 2 / math.pi) for part in _bins(tops))
    return sum(spreads) / len(tops) if tops else None


def _bins(tops: Sequence[Top]) -> Iterable[list[Top]]:
    bins: dict[int, list[Top]] = {}
    for top, right in tops:
        bins.setdefault(min(int(top * _BINS), _BINS - 1), []).append((top, right))
    return bins.values()
