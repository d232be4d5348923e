"""Tables of whole numbers, against the plain way to say the same."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentiment.keys import KeyTable, numbered, repeated

KEYS = st.lists(st.integers(0, 2**62) | st.integers(0, 9), max_size=60)


@given(KEYS)
def test_each_key_is_numbered_by_where_it_stands_first(keys: list[int]) -> None:
    first, number = numbered(np.array(keys, dtype=np.int64))
    assert number.tolist() == [keys.index(key) for key in keys]
    assert first.tolist() == [keys.index(key) == at for at, key in enumerate(keys)]


@given(KEYS)
def test_what_stands_more_than_once_is_found(keys: list[int]) -> None:
    often = Counter(keys)
    wanted = [at for at, key in enumerate(keys) if often[key] > 1]
    assert sorted(repeated(np.array(keys, dtype=np.int64)).tolist()) == wanted


@given(known=st.sets(st.integers(0, 2**62) | st.integers(0, 999), max_size=500), asked=KEYS)
def test_known_keys_are_found_with_their_entries(known: set[int], asked: list[int]) -> None:
    """A few hundred keys over a few thousand slots: some share one."""
    keys = sorted(known, key=lambda key: key * 2_654_435_761 % 1_000_003)
    asked = [*asked, *keys[::3]]
    where, entries = KeyTable(np.array(keys, dtype=np.int64)).find(np.array(asked, dtype=np.int64))
    wanted = [(at, keys.index(key)) for at, key in enumerate(asked) if key in known]
    assert list(zip(where.tolist(), entries.tolist(), strict=True)) == wanted
