"""The issue model's sums for a batch of posts. Equal to `IssueModel.leanings`, which says it one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sentiment.bayes import Triple
from sentiment.issue_model import Floats, IssueModel
from sentiment.keys import Ints
from sentiment.packed import FIELDS, fields, packed

Part = tuple[Ints, Ints]
"""Posts, and the rows of their features; 0: of a feature the model does not know."""


class IssueTable:
    """Rows count from one: row 0 says nothing. Classes share integers, three in one: half of the time is fetching them.

    A post's 2,000 characters, words, pairs of either and some marks are too few for weights of a byte to leave a field.
    """

    def __init__(self, model: IssueModel) -> None:
        self._model = model.bare
        size = -(-len(model.classes) // FIELDS)
        rows = np.zeros((1 + len(model.rows), size * FIELDS), dtype=np.int64)
        rows[1:, : len(model.classes)] = model.rows
        self._rows = packed(*(rows[:, n * size : (n + 1) * size] for n in range(FIELDS)))

    def leanings(self, parts: Sequence[Part], sizes: Sequence[int], tones: Sequence[Triple | None]) -> Floats:
        """Per post of `sizes` distinct features and the probabilities `tones`."""
        return self._model.weighed(self.totals(parts, len(sizes)), sizes, tones)

    def totals(self, parts: Sequence[Part], size: int) -> Ints:
        """The sums of weights: (posts, classes)."""
        posts, rows = (np.concatenate(column) for column in zip(*parts, strict=True))
        known = np.flatnonzero(rows)
        order = known[np.argsort(posts[known], kind="stable")]
        of = posts[order]
        starts = np.flatnonzero(np.diff(of, prepend=-1))
        totals = np.zeros((size, self._rows.shape[1]), dtype=np.int64)
        totals[of[starts]] = np.add.reduceat(self._rows.take(rows[order], axis=0), starts, axis=0)
        return np.hstack(fields(totals))[:, : len(self._model.classes)]
