"""Weights in one integer: they come apart again, also when thousands are summed; and the words that spoke most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigError
from sentiment.batch import strongest
from sentiment.linear import pack
from sentiment.packed import apart, columns_of, rows_of, sums

ROW = st.tuples(*[st.integers(-900, 900)] * 3)


@given(st.lists(st.tuples(st.integers(0, 4), ROW), max_size=300))
def test_sums_by_post_come_apart_again(told: list[tuple[int, tuple[int, int, int]]]) -> None:
    told = sorted(told)
    packed = columns_of(row for _, row in told).packed
    found = sums(np.array([post for post, _ in told], dtype=np.int64), packed, 5)
    for post in range(5):
        neu, pos, talk = (sum(row[k] for own, row in told if own == post) for k in range(3))
        assert apart(int(found[post])) == (-neu - pos, neu, pos, talk)


def test_the_largest_sum_a_post_can_have_fits() -> None:
    most = (1 << 20) - 1
    for row in ((most, most, most), (-most, -most, -most), (most, -most, most)):
        assert apart(int(columns_of([row]).packed[0])) == (-row[0] - row[1], *row)


def test_weights_that_might_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="too large"):
        rows_of({str(n): pack(0, 127) for n in range(5_000)}, {})
    assert rows_of({"a": pack(2, -3)}, {"b": 5}) == {"a": (2, -3, 0), "b": (0, 0, 5)}
    assert rows_of({}, {}) == {}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-6, 6)), max_size=40), st.integers(1, 5))
def test_the_strongest_of_each_post_are_named_in_order_and_of_equals_the_first(
    told: list[tuple[int, int]], most: int
) -> None:
    told = sorted(told, key=lambda pair: pair[0])
    posts, force = (np.array([pair[k] for pair in told], dtype=np.int64) for k in (0, 1))
    wanted = []
    for post in range(4):
        own = [at for at, (of, value) in enumerate(told) if of == post and value]
        wanted += sorted(own, key=lambda at: -abs(told[at][1]))[:most]
    assert strongest(posts, force.astype(np.float64), most).tolist() == wanted
