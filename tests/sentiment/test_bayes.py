import random

import pytest

from domain.records import Label
from sentiment.bayes import LABELS, BayesTable, table
from sentiment.counts import count

VOCABULARY = [f"词{i}" for i in range(60)]


def corpus(seed: int) -> list[tuple[list[str], Label]]:
    pick = random.Random(seed)
    return [
        (pick.choices(VOCABULARY, k=pick.randint(1, 12)), LABELS[min(2, int(pick.random() * 3.5))])
        for _ in range(120)
    ]


def trained(rows: list[tuple[list[str], Label]]) -> BayesTable:
    counts = count([(words, label, 1) for words, label in rows], min_rows=1)
    return table(list(counts), list(counts.values()))


@pytest.mark.parametrize("seed", range(5))
def test_the_table_answers_what_snownlp_answers(seed: int) -> None:
    from snownlp.classification.bayes import Bayes  # its package takes seconds: only this test pays

    rows = corpus(seed)
    theirs, ours = Bayes(), trained(rows)
    theirs.train([[words, label.value] for words, label in rows])
    pick = random.Random(seed + 100)
    for _ in range(200):
        words = pick.choices([*VOCABULARY, "从未见过"], k=pick.randint(0, 30))
        label, probability = theirs.classify(words)
        joint = ours.log_joint(words)
        assert ours.classify(words)[1] == pytest.approx(probability, abs=1e-9)
        assert joint[LABELS.index(Label(label))] == pytest.approx(max(joint), abs=1e-9)  # ties go either way


def test_words_of_too_few_posts_are_left_out() -> None:
    rows = [(["常见", "罕见"], Label.NEGATIVE, 1), (["常见"], Label.POSITIVE, 1)]
    assert count(rows, min_rows=2) == {"常见": (1, 0, 1)}


def test_a_post_shown_often_counts_often_and_is_one_post() -> None:
    rows = [(["常见", "罕见"], Label.NEGATIVE, 3), (["常见"], Label.POSITIVE, 1)]
    assert count(rows, min_rows=2) == {"常见": (3, 0, 1)}


def test_no_known_word_is_no_evidence() -> None:
    assert trained(corpus(1)).evidence(["从未见过"]) == (0.0, 0.0, 0.0)


def test_the_evidence_of_a_post_said_twice_grows_with_the_root_only() -> None:
    bayes = trained(corpus(2))
    once, twice = bayes.evidence(["词1"] * 4), bayes.evidence(["词1"] * 16)
    assert twice == pytest.approx([2 * value for value in once])
