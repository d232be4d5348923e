"""Finding many phrases in a text in one pass."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence, Set
from itertools import pairwise
from operator import add

import numpy as np

from sentiment.keys import CODE_POINTS, KeyTable, code_points, pairs_of


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
        tells = {
            phrase: tuple((no, best) for no, own in enumerate(lists) if (best := own.longest(phrase)))
            for phrase in set[str]().union(*(own.all for own in lists))
        }
        ones = [phrase for phrase in tells if len(phrase) == 1]
        longer: dict[str, dict[str, Tells]] = {phrase[:2]: {} for phrase in tells if len(phrase) > 1}
        for phrase in tells:
            if len(phrase) > 2:
                longer[phrase[:2]][phrase] = tells[phrase]
        # by length and not one by one: thousands of shops may begin with the city's name
        self._starts: list[Start] = [((), {}, ()), *(((), {}, tells[one]) for one in ones)]
        for two, told in longer.items():
            lengths = sorted(set(map(len, told)), reverse=True)
            self._starts.append((lengths, told, tells.get(two) or tells.get(two[0], ())))
        self._ones = np.zeros(CODE_POINTS, dtype=np.int32)
        self._ones[code_points("".join(ones))] = np.arange(1, len(ones) + 1)
        self._twos, self._first_two = KeyTable(pairs_of(code_points("".join(longer)))[::2]), len(ones) + 1

    def found(self, texts: Sequence[str]) -> list[list[list[str]]]:
        """Per text and list, what the list's `Phrases.found(text)` is."""
        points = code_points("\n".join((*texts, "")))
        starts = self._ones[points]
        where, twos = self._twos.find(pairs_of(points))
        starts[where] = twos + self._first_two
        at = np.flatnonzero(starts)
        begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
        ends = np.searchsorted(at, begins).tolist()
        places = (at - np.repeat(begins[:-1], np.diff(ends))).tolist()
        told = [self._starts[start] for start in starts[at].tolist()]
        return [
            self._found(text, zip(places[since:until], told[since:until], strict=True))
            for text, (since, until) in zip(texts, pairwise(ends), strict=True)
        ]

    def _found(self, text: str, starts: Iterable[tuple[int, Start]]) -> list[list[str]]:
        hits: list[list[str]] = [[] for _ in range(self._lists)]
        ends = [0] * self._lists
        for at, (lengths, longer, tells) in starts:
            for length in lengths:
                if more := longer.get(text[at : at + length]):
                    tells = more
                    break
            for no, told in tells:
                if at >= ends[no]:
                    hits[no].append(told)
                    ends[no] = at + len(told)
        return hits


Tells = tuple[tuple[int, str], ...]
"""Which lists a phrase says something to, and what: the longest of theirs that it begins with."""

Start = tuple[Sequence[int], Mapping[str, Tells], Tells]
"""Of a character or two: the lengths of the phrases they begin, those phrases, and what they say by themselves."""
