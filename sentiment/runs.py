"""The character runs of a batch of posts, looked up together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sentiment.features import LONGEST
from sentiment.keys import CODE_BITS, CODE_POINTS, Ints, KeyTable, Mask, code_points, numbered, repeated
from sentiment.packed import Row, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Known runs of one length: where in the joined text they start, which they are, whether for the first time."""

    length: int
    at: Ints
    entry: Ints  # row of `RunTable.columns`
    first: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    post: Ints  # of every character of the joined text
    issue: Ints  # and its row in the issue model, 0 for none
    hits: Sequence[Hits]
    distinct: Ints  # per post, runs known or not


class RunTable:
    """`columns`: one row per run; `issue`: its row in the issue model, 0 for none."""

    def __init__(self, runs: Mapping[str, Row], issues: Mapping[str, int]) -> None:
        """`issues`: rows of single characters, and of some of the runs."""
        names = list(runs)
        self.columns = columns_of(runs.values())
        self.issue = np.array([issues.get(name, 0) for name in names], dtype=np.int64)
        characters = sorted({*chain.from_iterable(names), *(name for name in issues if len(name) == 1)})
        self._base = len(characters) + 1
        self._code = np.zeros(CODE_POINTS, dtype=np.uint16)  # 0: stands in no known run
        self._code[[ord(c) for c in characters]] = np.arange(1, self._base)
        self._issue_of_code = np.array([0, *(issues.get(c, 0) for c in characters)], dtype=np.int64)
        self._tables = [self._table(names, n) for n in range(2, LONGEST + 1)]

    def read(self, texts: Sequence[str]) -> Runs:
        """`texts` hold no line break: it stands between them in the joined text."""
        points = code_points("\n".join(texts))
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        post = np.repeat(np.arange(len(texts)), sizes + 1)[:-1]
        again = _again(points, post)
        hits, keys = [], self._code[points].astype(np.int64)
        codes = keys
        distinct = np.zeros(len(texts), dtype=np.int64)
        for n, (table, entries) in enumerate(self._tables, start=2):
            keys = keys[:-1] * self._base + codes[n - 1 :]
            at, found = table.find(keys)
            first = np.ones(len(points), dtype=np.bool_)
            first[again[n - 2]] = False
            hits.append(Hits(length=n, at=at, entry=entries[found], first=first[at]))
            distinct += np.maximum(sizes - n + 1, 0)
            distinct -= np.bincount(post[again[n - 2]], minlength=len(texts))
        return Runs(post=post, issue=self._issue_of_code[codes], hits=hits, distinct=distinct)

    def _table(self, names: Sequence[str], length: int) -> tuple[KeyTable, Ints]:
        entries = [i for i, name in enumerate(names) if len(name) == length]
        keys = np.zeros(len(entries), dtype=np.int64)
        for n in range(length):
            keys = keys * self._base + self._code[[ord(names[i][n]) for i in entries]]
        return KeyTable(keys), np.array(entries, dtype=np.int64)


def _again(points: NDArray[np.int64], post: Ints) -> list[Ints]:
    """Per length, where a run stands that stood in the same post before. A run repeats only where its start does."""
    found = []
    keys = ((post << CODE_BITS) + points)[:-1]
    where = np.arange(len(keys))
    for n in range(2, LONGEST + 1):
        where = where[where + n <= len(points)]
        keys = (keys[: len(where)] << CODE_BITS) + points[where + n - 1]
        kept = repeated(keys)
        where, keys = where[kept], keys[kept]
        first, keys = numbered(keys)
        found.append(where[~first])
    return found
