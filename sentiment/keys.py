"""Whole numbers looked up many at a time: a table of known keys, and which keys of a batch came before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: neighbouring keys land far apart
_SPARSE = 16  # slots per key: one unknown key in sixteen costs a search


class KeyTable:
    """Known keys, each with an entry number: its place in `keys` as given."""

    def __init__(self, keys: Ints) -> None:
        order = np.argsort(keys, kind="stable")
        bits = max(8, int(len(keys) * _SPARSE).bit_length())
        self._sorted = np.append(keys[order], np.iinfo(np.int64).max)
        self._entries: Ints = np.append(order, -1)
        self._shift = np.uint64(64 - bits)
        self._maybe = np.zeros(1 << bits, dtype=np.bool_)
        self._maybe[self._slots(keys)] = True

    def find(self, keys: Ints) -> tuple[Ints, Ints]:
        """Where in `keys` a known one stands, and the entries of those."""
        where = np.flatnonzero(self._maybe[self._slots(keys)])
        asked = keys[where]
        place = np.searchsorted(self._sorted, asked)
        hit = self._sorted[place] == asked
        return where[hit], self._entries[place[hit]]

    def _slots(self, keys: Ints) -> NDArray[Any]:
        return (keys.astype(np.uint64) * _ODD) >> self._shift


def numbered(keys: Ints) -> tuple[Mask, Ints]:
    """True where a key stands for the first time, and the number of each key among the distinct ones."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.ones(len(keys), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    first, number = np.empty_like(new), np.empty_like(keys)
    first[order] = new
    number[order] = np.cumsum(new) - 1
    return first, number


def repeated(keys: Ints) -> Ints:
    """Where a key stands that stands more than once."""
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.empty(0, dtype=np.int64)
    return KeyTable(np.unique(twice)).find(keys)[0]
