"""Which issues a post is about: ids of the taxonomy, most evidence first. The topic, not the tone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from domain.records import Label
from sentiment.phrases import Phrases
from sentiment.words import read_list

MAX_ISSUES = 4
PRAISE, CONSULT = "praise", "consult"
_VOUCHER = "券"


class IssueTagger:
    """Counts the distinct phrases of `lexicon/issues.txt` per category."""

    def __init__(self) -> None:
        self._single: dict[str, list[str]] = {}
        self._joint: dict[str, list[tuple[str, tuple[str, ...]]]] = {}  # by the first part
        self.categories: tuple[str, ...] = ()
        category = ""
        for line in read_list("issues.txt"):
            if line.startswith("["):
                category = line.strip("[]")
                self.categories += (category,)
            elif "+" in line:
                needed = tuple(line.split("+"))
                self._joint.setdefault(needed[0], []).append((category, needed))
            else:
                self._single.setdefault(line, []).append(category)
        joint = chain.from_iterable(self._joint.values())
        self.phrases = Phrases(self._single)
        self.parts = Phrases(part for _, needed in joint for part in needed)

    def tags(
        self, prepared: str, label: Label | None, found: tuple[Sequence[str], Sequence[str]] | None = None
    ) -> tuple[str, ...]:
        """At most four ids. Praise only where the tone is not negative: 真惠民 is often sarcasm. `found`: phrases and
        parts, where somebody has looked already.
        """
        phrases, parts_found = found or (self.phrases.found(prepared), self.parts.found(prepared))
        score: dict[str, int] = {}
        for phrase in set(phrases):
            for category in self._single[phrase]:
                score[category] = score.get(category, 0) + 2
        parts = set(parts_found)
        for part in parts if len(parts) > 1 else ():
            for category, needed in self._joint.get(part, ()):
                if parts.issuperset(needed):
                    score[category] = score.get(category, 0) + 1
        if not score:
            return _by_tone(prepared, label)
        if label is Label.NEGATIVE:
            score.pop(PRAISE, None)
        order = sorted(score, key=lambda c: (c in (PRAISE, CONSULT), -score[c], self._rank(c)))
        return tuple(order[:MAX_ISSUES])

    def _rank(self, category: str) -> int:
        return self.categories.index(category)


def _by_tone(prepared: str, label: Label | None) -> tuple[str, ...]:
    """A post about vouchers without a word of the list: good news is praise, an open question asks for advice."""
    if _VOUCHER not in prepared:
        return ()
    if label is Label.POSITIVE:
        return (PRAISE,)
    return (CONSULT,) if label is Label.NEUTRAL and "?" in prepared else ()
