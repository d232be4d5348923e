"""The issue model's sums and choices for a batch are those for each of its posts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.issues import ISSUES
from domain.records import Label
from sentiment.issue_choice import BatchTagger
from sentiment.issue_model import NONE, IssueModel
from sentiment.issue_table import IssueTable
from sentiment.issues import CONSULT, PRAISE, Found, IssueTagger

CLASSES = (*ISSUES, NONE)
MODEL = IssueModel(
    classes=CLASSES,
    bias=(0.0,) * len(CLASSES),
    listed=0.0,  # whole forces: their sums are exact in any order
    scale=1e-6,
    heard=1.0,
    lifts=((1.0, 1.0, 1.0),) * len(CLASSES),
    least=tuple(0.02 + 0.01 * place for place in range(len(CLASSES))),
    terms={"most": 0, "least": 1},
    runs={},
    weights=np.array([[127] * len(CLASSES), [-127] * len(CLASSES)], dtype=np.int8).tobytes(),
)
TAGGER = IssueTagger(MODEL)
LISTED = st.tuples(
    st.lists(st.sampled_from(sorted(TAGGER.phrases.all)), max_size=3),
    st.lists(st.sampled_from(sorted(TAGGER.parts.all)), max_size=6),
)


def forces(main: str, others: list[int]) -> list[int]:
    return [2 ** len(CLASSES) if name == main else other for name, other in zip(CLASSES, others, strict=True)]


FORCES = st.builds(
    forces,
    st.sampled_from([NONE, PRAISE, CONSULT, "refund", "grab_fail"]),
    st.permutations([2**n for n in range(len(CLASSES))]) | st.permutations(range(1, len(CLASSES) + 1)),
)
POST = st.tuples(st.none() | st.sampled_from(list(Label)), LISTED, st.none() | FORCES)


@given(st.lists(POST, max_size=4))
def test_a_batch_is_tagged_as_its_posts_are(
    posts: list[tuple[Label | None, Found, list[int] | None]],
) -> None:
    leanings = [own and np.array(own, dtype=np.float64) for _, _, own in posts]
    tags = BatchTagger(IssueTagger(), MODEL).tags(
        [""] * len(posts), [label for label, _, _ in posts], [found for _, found, _ in posts], leanings
    )
    assert tags == [TAGGER.tags("", label, found, own) for label, found, own in posts]


@pytest.mark.parametrize(("row", "weight"), [(1, 127), (2, -127)])
def test_the_largest_sum_a_post_can_have_is_exact(row: int, weight: int) -> None:
    most = 8_100  # 2,000 characters, as many words, pairs of either, and the marks
    posts, rows = np.zeros(most, dtype=np.int64), np.full(most, row)
    found = IssueTable(MODEL).totals([(posts, rows), (posts[:0], rows[:0])], 2)
    assert found.tolist() == [[weight * most] * len(CLASSES), [0] * len(CLASSES)]
