"""SnowNLP's character tagger, equal tag for tag, for many runs at once. Needs numpy; ordinary scoring does not.

Stock SnowNLP spends 98 % of a call here, in a dictionary look-up per pair of states. A trigram of characters has one
4x4x4 table of log-probabilities, found by one binary search; all runs of a batch walk through theirs side by side.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TAGS = {"b": 0, "m": 1, "e": 2, "s": 3, "BOS": 0}
_BEGIN, _MIDDLE, _END, _SINGLE = range(4)
_START = 0  # the character that stands before every run, of tag 0 alone
_UNSEEN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts by n-gram of characters: keys sorted, each with a stretch of (position in its table of tags, count)."""

    keys: Ints
    starts: Ints
    tags: NDArray[np.int16]
    counts: Floats
    cells: int  # 4 per character

    def of(self, keys: Ints) -> Floats:
        """(keys, cells): the counts of each n-gram's taggings; zero where it was never seen."""
        found = np.zeros((len(keys), self.cells))
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        rows = np.flatnonzero(self.keys[at] == keys)
        first = self.starts[at[rows]]
        size = self.starts[at[rows] + 1] - first
        row = np.repeat(rows, size)
        entry = np.repeat(first - np.cumsum(size) + size, size) + np.arange(size.sum())
        found[row, self.tags[entry]] = self.counts[entry]
        return found


class Segmenter:
    """Built from the bytes of snownlp's `seg.marshal.3`; two to three seconds."""

    def __init__(self, body: bytes) -> None:
        raw: dict[str, Any] = marshal.loads(body)  # noqa: S302 - a file of the installed package, as its own code loads
        self._shares = (raw["l1"], raw["l2"], raw["l3"])
        single = raw["uni"]["d"]
        self._ids = {char: i for i, char in enumerate(sorted({char for char, _ in single}))}
        assert self._ids[""] == _START
        self._total = raw["uni"]["total"]
        self._single = np.zeros((len(self._ids) + 1, 4))  # the last row: a character never seen
        for (char, tag), n in single.items():
            self._single[self._ids[char], _TAGS[tag]] = n
        self._pairs = self._counts(raw["bi"]["d"])
        self._triples = self._counts(raw["tri"]["d"])

    def cut(self, runs: Sequence[str]) -> list[list[str]]:
        """The words of each purely Chinese run."""
        ids = [[self._ids.get(char, _UNSEEN) for char in run] for run in runs]
        plain = [i for i, row in enumerate(ids) if _UNSEEN not in row]
        tags: list[Sequence[int]] = [()] * len(runs)
        for i, found in zip(plain, self._walk([ids[i] for i in plain]), strict=True):
            tags[i] = found
        for i, row in enumerate(ids):
            if _UNSEEN in row:
                tags[i] = self._step_by_step(row)
        return [_words(run, found) for run, found in zip(runs, tags, strict=True)]

    def _counts(self, raw: dict[tuple[tuple[str, str], ...], int]) -> Counts:
        order = len(next(iter(raw)))
        chars = np.array([[self._ids[char] for char, _ in gram] for gram in raw], dtype=np.int64)
        tags = np.array([[_TAGS[tag] for _, tag in gram] for gram in raw], dtype=np.int64)
        keys, cells = self._key(chars), tags @ (4 ** np.arange(order - 1, -1, -1))
        sort = np.argsort(keys, kind="stable")
        distinct, starts = np.unique(keys[sort], return_index=True)
        return Counts(
            keys=distinct,
            starts=np.append(starts, len(keys)),
            tags=cells[sort].astype(np.int16),
            counts=np.array(list(raw.values()), dtype=np.float64)[sort],
            cells=4**order,
        )

    def _key(self, chars: Ints) -> Ints:
        """One number for each row of character ids; len(ids) stands for one never seen."""
        key = np.zeros(len(chars), dtype=np.int64)
        for column in chars.T:
            key = key * (len(self._ids) + 1) + column
        return key

    def _tables(self, chars: Ints) -> Floats:
        """(rows, 4, 4, 4): log P(tagged third character | the two before), for rows of three character ids.

        Summed and divided in snownlp's own order: the results are its own to the last bit or the last but one.
        """
        one, two, three = self._shares
        middle, last = self._single[chars[:, 1]], self._single[chars[:, 2]]
        before = self._pairs.of(self._key(chars[:, :2])).reshape(-1, 4, 4)
        pair = self._pairs.of(self._key(chars[:, 1:])).reshape(-1, 4, 4)
        triple = self._triples.of(self._key(chars)).reshape(-1, 4, 4, 4)
        with np.errstate(divide="ignore", invalid="ignore"):
            single = one * (last / self._total)
            double = np.where(middle[:, :, None] == 0, 0.0, two * pair / middle[:, :, None])
            treble = np.where(before[:, :, :, None] == 0, 0.0, three * triple / before[:, :, :, None])
            table: Floats = np.log(single[:, None, None, :] + double[:, None, :, :] + treble)
        return table

    def _walk(self, runs: Sequence[Sequence[int]]) -> list[list[int]]:
        """The likeliest tags of each run, by one Viterbi over all of them; the first of equals wins, as in snownlp."""
        if not runs:
            return []
        order = sorted(range(len(runs)), key=lambda i: -len(runs[i]))
        longest = len(runs[order[0]])
        ids = np.full((len(runs), longest + 2), _START, dtype=np.int64)
        for row, i in enumerate(order):
            ids[row, 2 : 2 + len(runs[i])] = runs[i]
        sizes = np.array([len(runs[i]) for i in order])
        places, tables = self._distinct(ids, sizes)
        state = np.full((len(runs), 4, 4), -np.inf)
        state[:, 0, 0] = 0.0
        back = np.zeros((longest, len(runs), 4, 4), dtype=np.int8)
        for at in range(longest):
            live = int((sizes > at).sum())
            ways = state[:live, :, :, None] + tables[places[:live, at]]
            back[at, :live] = ways.argmax(axis=1)
            state[:live] = ways.max(axis=1)
        return _traced(order, sizes, state, back)

    def _distinct(self, ids: Ints, sizes: Ints) -> tuple[Ints, Floats]:
        """Which of the tables each position uses; each table stands once."""
        longest = ids.shape[1] - 2
        inside = np.arange(longest)[None, :] < sizes[:, None]
        chars = np.stack([ids[:, :-2][inside], ids[:, 1:-1][inside], ids[:, 2:][inside]], axis=1)
        _, first, which = np.unique(self._key(chars), return_index=True, return_inverse=True)
        places = np.zeros(inside.shape, dtype=np.int64)
        places[inside] = which
        return places, self._tables(chars[first])

    def _step_by_step(self, ids: Sequence[int]) -> list[int]:
        """A run with a character that snownlp never saw: its own loop, with what it does then, oddities included."""
        now: list[tuple[tuple[int, int], float, list[int]]] = [((0, 0), 0.0, [])]
        for char, table in zip(ids, self._each_table(ids), strict=True):
            stage: dict[tuple[int, int], tuple[float, list[int]]] = {}
            for tag in range(4):
                for (a, b), p, way in now:
                    if char == _UNSEEN:
                        stage[b, tag] = (p, [*way, tag])
                        continue
                    likely = p + table[a][b][tag]
                    if (b, tag) not in stage or likely > stage[b, tag][0]:
                        stage[b, tag] = (likely, [*way, tag])
            now = [(key, p, way) for key, (p, way) in stage.items()]
        return max(now, key=lambda state: state[1])[2]

    def _each_table(self, ids: Sequence[int]) -> list[list[list[list[float]]]]:
        """Per character its table of logarithms, the two before by tag first; nothing for one never seen."""
        rows = np.array(list(zip((_START, _START, *ids), (_START, *ids), ids, strict=False)))
        rows = np.where(rows == _UNSEEN, len(self._ids), rows)
        before, last, char = rows.T
        tables = self._tables(rows)
        found: list[list[list[list[float]]]] = tables.tolist()
        unseen = len(self._ids)
        for at in np.flatnonzero((before == unseen) | (last == unseen)):
            if char[at] != unseen:
                found[at] = self._half(int(last[at]), int(char[at]))
        return found

    def _half(self, last: int, char: int) -> list[list[list[float]]]:
        """Where one of the two characters before was never seen: no triple, and no pair if it was the last."""
        one, two, _ = self._shares
        likely = np.tile(one * (self._single[char] / self._total), (4, 1))
        if last != len(self._ids):
            here = self._single[last][:, None]
            pair = self._pairs.of(self._key(np.array([[last, char]]))).reshape(4, 4)
            with np.errstate(divide="ignore", invalid="ignore"):
                likely = likely + np.where(here == 0, 0.0, two * pair / here)
        with np.errstate(divide="ignore"):
            table: list[list[float]] = np.log(likely).tolist()
        return [table] * 4


def _traced(order: Sequence[int], sizes: Ints, state: Floats, back: NDArray[np.int8]) -> list[list[int]]:
    """The tags of each run, in the order the runs came. Among equals the last tag decides."""
    found: list[list[int]] = [[] for _ in order]
    best = state.transpose(0, 2, 1).reshape(len(order), 16).argmax(axis=1)
    lasts, befores = (best // 4).tolist(), (best % 4).tolist()
    for row, i in enumerate(order):
        last, before = lasts[row], befores[row]
        steps = back[: sizes[row], row].tolist()
        tags = []
        for step in reversed(steps):
            tags.append(last)
            before, last = step[before][last], before
        found[i] = tags[::-1]
    return found


def _words(run: str, tags: Iterable[int]) -> list[str]:
    found, word = [], ""
    for char, tag in zip(run, tags, strict=True):
        if tag == _END:
            found.append(word + char)
            word = ""
        elif tag in (_BEGIN, _SINGLE):
            if word:
                found.append(word)
            word = char
        else:
            word += char
    if word:
        found.append(word)
    return found
