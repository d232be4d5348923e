"""The learnt half of the relevance filter: does a post that speaks of vouchers speak of a government's or a shop's?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sentiment.features import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Above zero: the campaign's talk; below: a shop's. One small integer per feature."""

    bias: float
    scale: float
    terms: Mapping[str, int]
    runs: Mapping[str, int]

    def logit(self, found: Features) -> float:
        terms, runs = found.terms, found.runs
        total = sum(filter(None, map(self.terms.get, terms))) + sum(filter(None, map(self.runs.get, runs)))
        return self.weighed(total, len(terms) + len(runs))

    def weighed(self, total: int, size: int) -> float:
        """The logit of summed weights of `size` distinct features."""
        return self.bias + self.scale * total / math.sqrt(size or 1)
