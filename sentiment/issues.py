"""Which issues a post is about: ids of the taxonomy, most evidence first. The topic, not the tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from domain.records import Label
from sentiment.issue_model import NONE, IssueModel
from sentiment.phrases import Phrases
from sentiment.words import read_list

MAX_ISSUES = 4
PRAISE, CONSULT = "praise", "consult"
NO_TOPIC = (PRAISE, CONSULT, NONE)
_VOUCHER = "券"
PHRASE, _JOINT = 2, 1  # what a phrase counts, and one in parts

Found = tuple[Sequence[str], Sequence[str]]
"""Phrases and parts of phrases that stand in a post."""


class IssueTagger:
    """Counts the distinct phrases of `lexicon/issues.txt` per category, and asks the learnt model."""

    def __init__(self, model: IssueModel | None = None) -> None:
        """`model`: None to tag by the word list and the tone alone."""
        self._model = model
        self._least = dict(zip(model.classes, model.least, strict=True)) if model else {}
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
        self,
        prepared: str,
        label: Label | None,
        found: Found | None = None,
        leanings: Sequence[float] | None = None,
    ) -> tuple[str, ...]:
        """At most four ids. Praise only where the tone is not negative: 真惠民 is often sarcasm. `found`: phrases and
        parts, where somebody has looked already; `leanings`: of `IssueModel`, None where it has nothing to say.
        """
        counts = self.counts(prepared, found)
        if self._model is None or leanings is None:
            return self.listed(prepared, label, counts)
        return chosen(self._model.forces(leanings, counts), counts, label, self._least)

    def counts(self, prepared: str, found: Found | None = None) -> dict[str, int]:
        """Per category, what stands in the post, each phrase once."""
        phrases, parts_found = found or (self.phrases.found(prepared), self.parts.found(prepared))
        counts: dict[str, int] = {}
        for phrase in set(phrases):
            for category in self._single[phrase]:
                counts[category] = counts.get(category, 0) + PHRASE
        parts = set(parts_found)
        for part in parts if len(parts) > 1 else ():
            for category, needed in self._joint.get(part, ()):
                if parts.issuperset(needed):
                    counts[category] = counts.get(category, 0) + _JOINT
        return counts

    def listed(self, prepared: str, label: Label | None, counts: dict[str, int]) -> tuple[str, ...]:
        """The tags without the learnt model. `counts`: changed here."""
        if not counts:
            return _by_tone(prepared, label)
        if label is Label.NEGATIVE:
            counts.pop(PRAISE, None)
        order = sorted(counts, key=lambda c: (c in (PRAISE, CONSULT), -counts[c], self._rank(c)))
        return tuple(order[:MAX_ISSUES])

    def _rank(self, category: str) -> int:
        return self.categories.index(category)


def chosen(
    forces: dict[str, float], counts: Mapping[str, int], label: Label | None, least: Mapping[str, float]
) -> tuple[str, ...]:
    """The main issue, and those that have the share they need of what it leaves. `forces`: changed here."""
    if label is Label.NEGATIVE:
        forces.pop(PRAISE, None)
    main = max(forces, key=forces.__getitem__)
    if main in NO_TOPIC and counts:
        main = _named(forces, counts) or main
    if main == NONE:
        return ()
    del forces[main]
    rest = sum(forces.values())
    further = [name for name, force in forces.items() if force >= least[name] * rest and name != NONE]
    further.sort(key=lambda name: -forces[name])
    return (main, *further[: MAX_ISSUES - 1])


def _named(forces: Mapping[str, float], counts: Mapping[str, int]) -> str | None:
    """The topic that has most of those a phrase names: it goes before praise, a question, or nothing at all."""
    named = [name for name, count in counts.items() if count >= PHRASE and name not in NO_TOPIC]
    return max(named, key=lambda name: forces[name], default=None)


def _by_tone(prepared: str, label: Label | None) -> tuple[str, ...]:
    """A post about vouchers without a word of the list: good news is praise, an open question asks for advice."""
    if _VOUCHER not in prepared:
        return ()
    if label is Label.POSITIVE:
        return (PRAISE,)
    return (CONSULT,) if label is Label.NEUTRAL and "?" in prepared else ()
