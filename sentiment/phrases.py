"""Finding many phrases in a text in one pass."""

from __future__ import annotations

from collections.abc import Iterable


class Phrases:
    """Where any of some phrases stands in a text. Longer phrases win over shorter ones that start at the same place."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[str]] = {}
        for phrase in sorted(set(phrases), key=lambda p: (-len(p), p)):
            self._by_first.setdefault(phrase[0], []).append(phrase)

    def found(self, text: str) -> list[str]:
        """The phrases in order of appearance, as often as they appear; they do not overlap."""
        hits, end = [], 0
        for at, char in enumerate(text):
            if at < end or char not in self._by_first:
                continue
            for phrase in self._by_first[char]:
                if text.startswith(phrase, at):
                    hits.append(phrase)
                    end = at + len(phrase)
                    break
        return hits
