"""Finding many phrases in a text in one pass."""

from __future__ import annotations

from collections.abc import Container, Iterable, Set
from operator import add


class Phrases:
    """Where any of some phrases stands in a text. Longer phrases win over shorter ones that start at the same place."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Raises IndexError for an empty phrase."""
        self.twos: dict[str, list[str]] = {}
        known = self.all = frozenset(phrases)
        self.ones = {phrase for phrase in known if len(phrase) == 1}
        for phrase in sorted(known - self.ones, key=lambda p: (-len(p), p)):
            self.twos.setdefault(phrase[:2], []).append(phrase)

    def longest(self, text: str) -> str | None:
        """The longest phrase that `text` begins with."""
        return next((text[:n] for n in range(len(text), 0, -1) if text[:n] in self.all), None)

    def found(self, text: str) -> list[str]:
        """The phrases in order of appearance, as often as they appear; they do not overlap."""
        hits, end = [], 0
        by_two, ones = self.twos, self.ones
        for at in starts_of(text, by_two, ones):
            if at < end:
                continue
            for phrase in by_two.get(text[at : at + 2], ()):
                if text.startswith(phrase, at):
                    break
            else:
                phrase = text[at]
                if phrase not in ones:
                    continue
            hits.append(phrase)
            end = at + len(phrase)
        return hits


def starts_of(text: str, twos: Container[str], ones: Set[str]) -> list[int]:
    """Where a phrase may start: pairs of characters are looked up at C speed, most of a post ends here."""
    if ones.isdisjoint(text):
        return [at for at, two in enumerate(map(add, text, text[1:])) if two in twos]
    return [at for at, two in enumerate(map(add, text, text[1:] + "\n")) if two in twos or two[0] in ones]


class PhraseLists:
    """Several lists searched in one pass: each finds what it would find alone."""

    def __init__(self, *lists: Phrases) -> None:
        self._lists = len(lists)
        whole = {phrase for own in lists for phrase in own.all}
        # by length and not one by one: thousands of shops may begin with the city's name
        self._twos: dict[str, tuple[list[int], dict[str, Tells]]] = {}
        self._ones: dict[str, Tells] = {}
        for phrase in sorted(whole, key=lambda p: (-len(p), p)):
            tells = tuple((no, best) for no, own in enumerate(lists) if (best := own.longest(phrase)))
            if len(phrase) == 1:
                self._ones[phrase] = tells
            else:
                lengths, told = self._twos.setdefault(phrase[:2], ([], {}))
                told[phrase] = tells
                if len(phrase) not in lengths[-1:]:
                    lengths.append(len(phrase))
        self._single = frozenset(self._ones)

    def found(self, text: str) -> list[list[str]]:
        """Per list, what its `Phrases.found(text)` is."""
        hits: list[list[str]] = [[] for _ in range(self._lists)]
        ends = [0] * self._lists
        twos = self._twos
        for at in starts_of(text, twos, self._single):
            for no, told in self._tells(text, at):
                if at >= ends[no]:
                    hits[no].append(told)
                    ends[no] = at + len(told)
        return hits

    def _tells(self, text: str, at: int) -> Tells:
        lengths, told = self._twos.get(text[at : at + 2], _NO_PHRASES)
        for length in lengths:
            tells = told.get(text[at : at + length])
            if tells is not None:
                return tells
        return self._ones.get(text[at], ())


Tells = tuple[tuple[int, str], ...]
"""Which lists a phrase says something to, and what: the longest of theirs that it begins with."""

_NO_PHRASES: tuple[list[int], dict[str, Tells]] = ([], {})
