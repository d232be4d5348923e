"""jieba's dictionary by first character: most endings belong to many words and are kept once.

One dict of all words and their beginnings takes twice the memory and is no faster to look things up in.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from math import log
from typing import BinaryIO

Logs = Mapping[str, Mapping[str, float]]
"""First character -> rest -> logarithm of the share, 0 for what only begins words."""


class Frequencies:
    """What jieba's `Tokenizer` asks of its FREQ: how often a word occurs, 0 for what only begins words."""

    def __init__(self, words: Iterable[tuple[str, int]] = ()) -> None:
        self._by_first: dict[str, dict[str, float]] = {}
        self._kept: dict[str, str] = {}
        by_first, keep = self._by_first, self._kept.setdefault
        for word, freq in words:
            first, rest = word[0], word[1:]
            rests = by_first.get(first)
            if rests is None:
                rests = by_first[first] = {}
            rests[keep(rest, rest)] = freq
        for rests in by_first.values():
            begun = {rest[:n] for rest in rests for n in range(len(rest))}
            for rest in begun - rests.keys():
                rests[keep(rest, rest)] = 0

    def get(self, word: str, default: int | None = None) -> float | None:
        rests = self._by_first.get(word[:1])
        return default if rests is None else rests.get(word[1:], default)

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None

    def __getitem__(self, word: str) -> float:
        return self._by_first[word[:1]][word[1:]]

    def __setitem__(self, word: str, freq: int) -> None:
        self._by_first.setdefault(word[0], {})[word[1:]] = freq

    def into_logs(self, total: int) -> Logs:
        """Logarithms in place of the frequencies, which are gone then: there is room for one of them."""
        whole = log(total)
        seen = {
            freq: log(freq) - whole if freq else 0.0
            for rests in self._by_first.values()
            for freq in rests.values()
        }
        logs, self._by_first, self._kept = self._by_first, {}, {}
        for rests in logs.values():
            for rest, freq in rests.items():
                rests[rest] = seen[freq]
        return logs


def read_dictionary(file: BinaryIO) -> tuple[Frequencies, int]:
    """The words of a dictionary as jieba ships it, and the sum of their frequencies. Closes the file."""
    total = 0

    def words() -> Iterable[tuple[str, int]]:
        nonlocal total
        with io.TextIOWrapper(file, encoding="utf-8") as lines:
            for line in lines:
                word, told = line.split(" ", 2)[:2]
                freq = int(told)
                total += freq
                yield word, freq

    found = Frequencies(words())
    return found, total
