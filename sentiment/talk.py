"""The learnt half of the relevance filter: does a post that speaks of vouchers speak of a government's or a shop's?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat

from sentiment.features import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Above zero: the campaign's talk; below: a shop's. One small integer per feature."""

    bias: float
    scale: float
    terms: Mapping[str, int]
    runs: Mapping[str, int]

    def logit(self, found: Features) -> float:
        total = sum(map(self.terms.get, found.terms, repeat(0))) + sum(
            map(self.runs.get, found.runs, repeat(0))
        )
        return self.bias + self.scale * total / math.sqrt(found.size or 1)
