"""Finding many phrases in a text in one pass."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence, Set
from operator import add


class Phrases:
    """Where any of some phrases stands in a text. Longer phrases win over shorter ones that start at the same place."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Raises IndexError for an empty phrase."""
        self.twos: dict[str, list[str]] = {}
        known = set(phrases)
        self.ones = {phrase for phrase in known if len(phrase) == 1}
        for phrase in sorted(known - self.ones, key=lambda p: (-len(p), p)):
            self.twos.setdefault(phrase[:2], []).append(phrase)

    def found(self, text: str, starts: Sequence[int] | None = None) -> list[str]:
        """The phrases in order of appearance, as often as they appear; they do not overlap. `starts`: where one may
        start at all, as `starts_of` finds it for several lists at once.
        """
        hits, end = [], 0
        by_two, ones = self.twos, self.ones
        for at in starts_of(text, self.twos, self.ones) if starts is None else starts:
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


class Starts:
    """Where a phrase of any of several lists may start, found once for all of them."""

    def __init__(self, *lists: Phrases) -> None:
        self._twos = frozenset().union(*(phrases.twos for phrases in lists))
        self._ones = frozenset().union(*(phrases.ones for phrases in lists))

    def __call__(self, text: str) -> list[int]:
        return starts_of(text, self._twos, self._ones)
