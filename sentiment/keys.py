"""Whole numbers looked up many at a time: a table of known keys, and which keys of a batch came before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: neighbouring keys land far apart
_NONE, _SHARED = -1, -2
_COUNT_BITS = 16
CODE_POINTS = 0x110000
CODE_BITS = 21
_SPARSE = 8  # slots per key: one key in eight shares its slot and costs a search


def code_points(text: str) -> Ints:
    """Of each character its number."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)


def pairs_of(points: Ints) -> Ints:
    """Of each character but the last the number of it and the next."""
    found: Ints = (points[:-1] << CODE_BITS) + points[1:]
    return found


class KeyTable:
    """Known keys, each with an entry number: its place in `keys` as given, where each stands once."""

    def __init__(self, keys: Ints) -> None:
        bits = max(8, int(len(keys) * _SPARSE).bit_length())
        self._bits = bits
        self._keys = np.append(keys, -1)
        slots = _slots(keys, bits)
        self._entry = np.full(1 << bits, _NONE, dtype=np.int32)
        self._entry[slots] = np.arange(len(keys))
        alone = np.bincount(slots, minlength=1 << bits)[slots] == 1
        self._entry[slots[~alone]] = _SHARED
        shared = np.flatnonzero(~alone)
        self._shared = shared[np.argsort(keys[shared])]
        self._sorted = np.append(keys[self._shared], np.iinfo(np.int64).max)

    def find(self, keys: Ints) -> tuple[Ints, Ints]:
        """Where in `keys` a known one stands, and the entries of those."""
        told = self._entry[_slots(keys, self._bits)]
        where = np.flatnonzero(told != _NONE)
        entries, asked = told[where].astype(np.int64), keys[where]
        if len(self._shared):
            searched = np.flatnonzero(entries == _SHARED)
            place = np.searchsorted(self._sorted, asked[searched])
            entries[searched] = np.append(self._shared, 0)[place]
        hit = self._keys[entries] == asked
        return where[hit], entries[hit]


def _slots(keys: Ints, bits: int) -> Ints:
    """A number of so many bits for each; as views, since casts would take as long as the rest."""
    found: Ints = ((keys.view(np.uint64) * _ODD) >> np.uint64(64 - bits)).view(np.int64)
    return found


def numbered(keys: Ints) -> tuple[Mask, Ints]:
    """True where a key stands for the first time, and where each key stands first."""
    number = np.arange(len(keys))
    often = repeated(keys)
    asked = keys[often]
    order = np.argsort(asked, kind="stable")
    ordered = asked[order]
    new = np.ones(len(asked), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    starts = often[order[new]]
    number[often[order]] = starts[np.cumsum(new) - 1]
    return number == np.arange(len(keys)), number


def repeated(keys: Ints) -> Ints:
    """Where a key stands that stands more than once. Most stand once: a count by slots leaves only a few to sort."""
    slots = _slots(keys, _COUNT_BITS)
    often = np.flatnonzero(np.bincount(slots, minlength=1 << _COUNT_BITS)[slots] > 1)
    asked = keys[often]
    order = np.argsort(asked, kind="stable")
    ordered = asked[order]
    same = ordered[1:] == ordered[:-1]
    twice = np.zeros(len(asked), dtype=np.bool_)
    twice[order[1:][same]] = True
    twice[order[:-1][same]] = True
    return often[twice]
