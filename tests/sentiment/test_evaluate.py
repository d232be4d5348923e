import gzip
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.records import Label
from sentiment.evaluate import evaluate, f1, read_rows
from sentiment.score import Scorer

COMPOSED = Path(__file__).parents[1] / "data" / "sentiment" / "composed.tsv"


@dataclass(frozen=True)
class Fixed:
    label: Label | None
    probabilities: tuple[float, float, float] | None = None
    confident: bool = False


class Says:
    """A scorer that answers by the first character."""

    answers = {  # noqa: RUF012
        "负": Fixed(Label.NEGATIVE, (0.9, 0.05, 0.05), True),
        "正": Fixed(Label.POSITIVE, (0.1, 0.1, 0.8), True),
        "无": Fixed(None),
    }

    def score(self, title: str, text: str) -> Fixed:
        return self.answers[text[0]]


def test_figures_come_out_as_by_hand() -> None:
    rows = [
        {"text": "负1", "label": "neg", "hard": "plain"},
        {"text": "负2", "label": "pos", "hard": "sarcasm"},
        {"text": "正3", "label": "pos", "hard": "plain"},
        {"text": "无4", "label": "neg", "hard": "plain"},
    ]
    found = evaluate(rows, Says())
    assert found["n"] == 4
    assert found["accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["confusion"] == {"neg>neg": 1, "neg>none": 1, "pos>neg": 1, "pos>pos": 1}
    assert found["unlabelled"] == 1
    assert found["confident"] == {"share": 0.75, "accuracy": pytest.approx(2 / 3)}
    assert found["by_hard"] == {
        "plain": {
            "n": 3,
            "accuracy": pytest.approx(2 / 3),
            "recall": {"neg": [1, 2], "neu": [0, 0], "pos": [1, 1]},
        },
        "sarcasm": {"n": 1, "accuracy": 0.0, "recall": {"neg": [0, 0], "neu": [0, 0], "pos": [0, 1]}},
    }
    assert found["ece"] == pytest.approx((abs(1.8 - 1) + abs(0.8 - 1)) / 3)


def test_no_rows_have_no_figures() -> None:
    found = evaluate([], Says())
    assert (found["n"], found["accuracy"], found["macro_f1"], found["ece"]) == (0, None, None, None)


def test_a_packed_set_is_read_as_a_plain_one(tmp_path: Path) -> None:
    body = 'text\tlabel\n"引号\tneg\n'.encode()
    (tmp_path / "a.tsv").write_bytes(body)
    (tmp_path / "b.tsv.gz").write_bytes(gzip.compress(body))
    assert (
        read_rows(tmp_path / "a.tsv")
        == read_rows(tmp_path / "b.tsv.gz")
        == [{"text": '"引号', "label": "neg"}]
    )


@pytest.mark.parametrize("body", [b"a\tb\n1\t2\n", b"\xff\xfe\x00"])
def test_a_set_of_another_form_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "bad.tsv").write_bytes(body)
    with pytest.raises(ConfigError, match=r"bad\.tsv"):
        read_rows(tmp_path / "bad.tsv")


def test_the_shipped_model_reads_the_composed_posts(campaign: Campaign) -> None:
    """Forty posts written for this test, in none of the training data."""
    scorer, rows = Scorer(campaign), read_rows(COMPOSED)
    found = evaluate([row for row in rows if row["label"] != "any"], scorer)
    talk = [(row["relevance"], scorer.score("", row["text"]).relevance.value) for row in rows]
    topics = [row for row in rows if row["issue"] not in ("none", "consult", "praise")]
    tagged = [row["issue"] in scorer.score("", row["text"]).issues for row in topics]
    assert found["macro_f1"] >= 0.75
    assert f1(talk, "campaign")["f1"] >= 0.9
    assert sum(tagged) / len(tagged) >= 0.8
