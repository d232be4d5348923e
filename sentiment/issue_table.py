"""The issue model's sums for a batch of posts. Equal to `IssueModel.leanings`, which says it one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sentiment.bayes import Triple
from sentiment.issue_model import IssueModel
from sentiment.keys import Ints

Part = tuple[Ints, Ints]
"""Posts, never falling, and the rows of their features; 0: of a feature the model does not know."""


class IssueTable:
    """Rows count from one: row 0 says nothing."""

    def __init__(self, model: IssueModel) -> None:
        self._model = model.bare
        self._rows = np.concatenate((np.zeros((1, len(model.classes)), dtype=np.int8), model.rows)).astype(
            np.int32
        )

    def leanings(
        self, parts: Iterable[Part], sizes: Sequence[int], tones: Sequence[Triple | None]
    ) -> list[list[float]]:
        """Per post of `sizes` distinct features and the probabilities `tones`."""
        totals = np.zeros((len(sizes), len(self._model.classes)), dtype=np.int64)
        for posts, rows in parts:
            known = np.flatnonzero(rows)
            if not len(known):
                continue
            of, weights = posts[known], self._rows[rows[known]]
            starts = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1])))
            totals[of[starts]] += np.add.reduceat(weights, starts, axis=0)
        return self._model.weighed(totals, sizes, tones)
