"""The words of a batch of posts and their neighbours, looked up together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from sentiment.bayes import Triple
from sentiment.features import PAIR
from sentiment.keys import Ints, KeyTable, Mask, numbered
from sentiment.packed import NOTHING, Row, columns_of
from sentiment.words import has_han

_SILENT = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """All posts' words in a row."""

    words: Sequence[str]
    post: Ints
    entry: Ints  # row of `TokenTable.columns`; the first row is of words no model knows
    first: Mask  # not said before in its post
    number: Ints  # where it is said first in its post
    pairs: Ints  # where a known pair begins
    pair_entry: Ints
    pair_first: Mask
    distinct: Ints  # per post, words and pairs, known or not


class TokenTable:
    """Everything that is known of a word, by one look-up. `terms`: words and pairs with their columns; `issues`: the
    row of those the issue model knows, too.
    """

    def __init__(
        self,
        terms: Mapping[str, Row],
        bayes: Mapping[str, Triple],
        tone: Mapping[str, int],
        issues: Mapping[str, int],
    ) -> None:
        pairs = [name for name in terms if PAIR in name]
        halves = [name.split(PAIR) for name in pairs]
        alone = [name for name in terms if PAIR not in name]
        words = list(dict.fromkeys(chain(bayes, alone, *halves)))
        self._entries = {word: i for i, word in enumerate(words, start=1)}
        self.columns = columns_of([NOTHING, *(terms.get(w, NOTHING) for w in words)])
        self.logs = np.array([_SILENT, *(bayes.get(w, _SILENT) for w in words)])
        self.heard = np.array([False, *(w in bayes for w in words)])
        self.evident = np.array([False, *((w in bayes or w in tone) and has_han(w) for w in words)])
        self.pair_columns = columns_of(terms[name] for name in pairs)
        self.issue = np.array([0, *(issues.get(w, 0) for w in words)])
        self.pair_issue = np.array([issues.get(name, 0) for name in pairs], dtype=np.int64)
        self._base = len(words) + 1
        keys = [self._entries[a] * self._base + self._entries[b] for a, b in halves]
        self._pairs = KeyTable(np.array(keys, dtype=np.int64))

    def read(self, posts: Sequence[Sequence[str]]) -> Tokens:
        words = list(chain.from_iterable(posts))
        entry = np.fromiter(map(self._entries.get, words, repeat(0)), np.int64, len(words))
        ids, base = self._told_apart(words, entry)
        sizes = np.fromiter(map(len, posts), np.int64, len(posts))
        post = np.repeat(np.arange(len(posts)), sizes)
        said = post * base + ids
        first, number = numbered(said)
        joined = np.flatnonzero(post[1:] == post[:-1])
        fresh = np.ones(len(words), dtype=np.bool_)
        fresh[joined], _ = numbered(said[joined] * base + ids[joined + 1])
        whole = (entry[joined] > 0) & (entry[joined + 1] > 0)
        at = joined[whole]
        where, pair_entry = self._pairs.find(entry[at] * self._base + entry[at + 1])
        at = at[where]
        return Tokens(
            words=words,
            post=post,
            entry=entry,
            first=first,
            number=number,
            pairs=at,
            pair_entry=pair_entry,
            pair_first=fresh[at],
            distinct=_count(post[first], len(posts)) + _count(post[joined[fresh[joined]]], len(posts)),
        )

    def _told_apart(self, words: Sequence[str], entry: Ints) -> tuple[Ints, int]:
        """A number per word that is its own also where no model knows it, and how many there may be."""
        ids, others = entry.copy(), dict[str, int]()
        for at in np.flatnonzero(entry == 0).tolist():
            ids[at] = others.setdefault(words[at], self._base + len(others))
        return ids, self._base + len(others)


def _count(places: NDArray[np.int64], size: int) -> Ints:
    return np.bincount(places, minlength=size)
