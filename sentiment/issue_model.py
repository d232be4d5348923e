"""The learnt half of the issue tagger: how far a post's features speak for each category, and for none of them."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.issues import ISSUES
from sentiment.bayes import Triple
from sentiment.features import Features
from sentiment.keys import Ints

Floats = NDArray[np.float64]

NONE = "none"
"""The class of posts of no category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueModel:
    """logits = bias + listed x root of what the word list counts + scale x sum(weights) / root of the number of the
    post's features + heard x log of what its tone tells: nobody praises in anger, and of tone the large public sets
    know more than the posts that name issues.

    The classes share one post: they say which issue is the main one, not whether two are there.
    """

    classes: tuple[str, ...]  # ids of the taxonomy and NONE
    bias: tuple[float, ...]
    listed: float
    scale: float
    heard: float
    lifts: tuple[
        Triple, ...
    ]  # per class and tone: how much more often it is told in that tone than posts are
    least: tuple[float, ...]  # per class, the part of what the main one leaves that makes it a further tag
    terms: Mapping[str, int]  # the row of each feature
    runs: Mapping[str, int]  # of one or two characters
    weights: bytes  # int8: rows by classes

    @property
    def rows(self) -> NDArray[np.int8]:
        return np.frombuffer(self.weights, dtype=np.int8).reshape(-1, len(self.classes))

    @property
    def bare(self) -> IssueModel:
        """Without the features, for those who know them already."""
        return replace(self, terms={}, runs={}, weights=b"")

    def leanings(self, found: Features, tone: Triple | None) -> list[float]:
        """Shares in terms of the largest, without what the word list counts. `tone`: the probabilities of the tones,
        None where unknown.
        """
        rows = [*_known(self.terms, found.terms), *_known(self.runs, runs_of(found))]
        totals = self.rows[rows].sum(axis=0, dtype=np.int64)
        told: list[float] = self.weighed(totals[None, :], [found.size], [tone])[0].tolist()
        return told

    def weighed(self, totals: Ints, sizes: Sequence[int], tones: Sequence[Triple | None]) -> Floats:
        """`totals`: (posts, classes), sums of weights of `sizes` distinct features."""
        units = self.scale / np.sqrt(np.maximum(np.array(sizes, dtype=np.float64), 1.0))
        logits = np.array(self.bias) + units[:, None] * totals
        known = [post for post, tone in enumerate(tones) if tone is not None]
        told = np.array([tones[post] for post in known], dtype=np.float64).reshape(-1, 3, 1)
        logits[known] += self.heard * np.log((told * np.array(self.lifts).T).sum(axis=1))
        found: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
        return found

    def forces(self, leanings: Sequence[float], counts: Mapping[str, int]) -> dict[str, float]:
        """Shares of the classes, not summed to one. `counts`: per category, what the word list counts."""
        forces = dict(zip(self.classes, leanings, strict=True))
        for category, count in counts.items():
            forces[category] *= math.exp(self.listed * math.sqrt(count))
        return forces


def runs_of(found: Features) -> list[str]:
    """Pairs of characters, each once, and characters as often as they stand: 退 alone says more than most words."""
    return [*set(found.by_length[0]), *"".join(found.words)]


def issue_part(model: IssueModel) -> dict[str, Any]:
    """The model as a part of the weights file."""
    return {
        "classes": model.classes,
        "bias": model.bias,
        "listed": model.listed,
        "scale": model.scale,
        "heard": model.heard,
        "lifts": model.lifts,
        "least": model.least,
        "terms": "\n".join(model.terms),
        "runs": "\n".join(model.runs),
        "weights": base64.b64encode(model.weights).decode(),
    }


def issue_model(part: Mapping[str, Any]) -> IssueModel:
    """The other way round. Raises ValueError, KeyError or TypeError for what is none."""
    classes = tuple(map(str, part["classes"]))
    terms, runs = (str(part[name]).split("\n") if part[name] else [] for name in ("terms", "runs"))
    weights = base64.b64decode(part["weights"], validate=True)
    bias, least = (tuple(map(float, part[name])) for name in ("bias", "least"))
    if not set(classes) <= {*ISSUES, NONE} or NONE not in classes:
        raise ValueError("classes are not those of the taxonomy")
    lifts = tuple(_triple(row) for row in part["lifts"])
    if {len(bias), len(least), len(lifts)} != {len(classes)} or len(weights) != (
        len(terms) + len(runs)
    ) * len(classes):
        raise ValueError("not the numbers there should be")
    return IssueModel(
        classes=classes,
        bias=bias,
        listed=float(part["listed"]),
        scale=float(part["scale"]),
        heard=float(part["heard"]),
        lifts=lifts,
        least=least,
        terms={name: row for row, name in enumerate(terms)},
        runs={name: row for row, name in enumerate(runs, start=len(terms))},
        weights=weights,
    )


def _triple(row: Sequence[float]) -> Triple:
    neg, neu, pos = map(float, row)
    if min(neg, neu, pos) <= 0:
        raise ValueError("a tone that never occurs")
    return neg, neu, pos


def _known(rows: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return [rows[name] for name in names if name in rows]
