"""Which issues a post is about: ids of the taxonomy, most evidence first. The topic, not the tone."""

from __future__ import annotations

from collections.abc import Sequence

from domain.records import Label
from sentiment.phrases import Phrases
from sentiment.words import read_list

MAX_ISSUES = 4
PRAISE, CONSULT = "praise", "consult"


class IssueTagger:
    """Counts the distinct phrases of `lexicon/issues.txt` per category."""

    def __init__(self) -> None:
        self._single: dict[str, list[str]] = {}
        self._joint: list[tuple[str, tuple[str, ...]]] = []
        self.categories: tuple[str, ...] = ()
        category = ""
        for line in read_list("issues.txt"):
            if line.startswith("["):
                category = line.strip("[]")
                self.categories += (category,)
            elif "+" in line:
                self._joint.append((category, tuple(line.split("+"))))
            else:
                self._single.setdefault(line, []).append(category)
        parts = (part for _, parts in self._joint for part in parts)
        self.phrases = Phrases(self._single)
        self.parts = Phrases(parts)

    def tags(
        self, prepared: str, label: Label | None, starts: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        """At most four ids. Praise only where the tone is not negative: 真惠民 is often sarcasm."""
        score: dict[str, int] = {}
        for phrase in set(self.phrases.found(prepared, starts)):
            for category in self._single[phrase]:
                score[category] = score.get(category, 0) + 2
        parts = set(self.parts.found(prepared, starts))
        for category, needed in self._joint if len(parts) > 1 else ():
            if parts.issuperset(needed):
                score[category] = score.get(category, 0) + 1
        if not score:
            return ()
        if label is Label.NEGATIVE:
            score.pop(PRAISE, None)
        order = sorted(score, key=lambda c: (c in (PRAISE, CONSULT), -score[c], self._rank(c)))
        return tuple(order[:MAX_ISSUES])

    def _rank(self, category: str) -> int:
        return self.categories.index(category)
