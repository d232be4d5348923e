"""The words of a batch of posts and their neighbours, looked up together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sentiment.bayes import Triple
from sentiment.features import PAIR
from sentiment.keys import Ints, KeyTable, Mask, numbered
from sentiment.words import has_han

_SILENT = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """All posts' words in a row."""

    words: Sequence[str]
    post: Ints
    entry: Ints  # row of `TokenTable.columns`; the first row is of words no model knows
    first: Mask  # not said before in its post
    number: Ints  # the same for the same word of one post
    pairs: Ints  # where a known pair begins
    pair_entry: Ints
    pair_first: Mask
    distinct: Ints  # per post, words and pairs, known or not


class TokenTable:
    """Everything that is known of a word, by one look-up. `terms`: words and pairs with their columns."""

    def __init__(
        self,
        terms: Mapping[str, Sequence[int]],
        bayes: Mapping[str, Triple],
        tone: Mapping[str, int],
        *,
        width: int,
    ) -> None:
        pairs = [name for name in terms if PAIR in name]
        halves = [name.split(PAIR) for name in pairs]
        alone = [name for name in terms if PAIR not in name]
        words = list(dict.fromkeys(chain(bayes, alone, *halves)))
        self._entries = {word: i for i, word in enumerate(words, start=1)}
        nothing = (0,) * width
        self.columns = np.array([nothing, *(terms.get(w, nothing) for w in words)], dtype=np.int64)
        self.logs = np.array([_SILENT, *(bayes.get(w, _SILENT) for w in words)])
        self.heard = np.array([False, *(w in bayes for w in words)])
        self.evident = np.array([False, *((w in bayes or w in tone) and has_han(w) for w in words)])
        self.pair_columns = np.array([terms[name] for name in pairs], dtype=np.int64).reshape(-1, width)
        keys = [self._entries[a] * len(self.columns) + self._entries[b] for a, b in halves]
        self._pairs = KeyTable(np.array(keys, dtype=np.int64))

    def read(self, posts: Sequence[Sequence[str]]) -> Tokens:
        words = list(chain.from_iterable(posts))
        local = {word: i for i, word in enumerate(dict.fromkeys(words))}
        known = np.fromiter((self._entries.get(w, 0) for w in local), np.int64, len(local))
        ids = np.fromiter(map(local.__getitem__, words), np.int64, len(words))
        sizes = np.fromiter(map(len, posts), np.int64, len(posts))
        post = np.repeat(np.arange(len(posts)), sizes)
        entry = known[ids]
        said = post * len(local) + ids
        first, number = numbered(said)
        joined = np.flatnonzero(post[1:] == post[:-1])
        fresh = np.ones(len(words), dtype=np.bool_)
        fresh[joined], _ = numbered(said[joined] * len(local) + ids[joined + 1])
        whole = (entry[joined] > 0) & (entry[joined + 1] > 0)
        at = joined[whole]
        where, pair_entry = self._pairs.find(entry[at] * len(self.columns) + entry[at + 1])
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


def _count(places: NDArray[np.int64], size: int) -> Ints:
    return np.bincount(places, minlength=size)
