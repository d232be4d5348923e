import pytest

from domain.errors import ConfigError
from sentiment.features import Features
from sentiment.issue_learning import CLASSES, fit_issues
from sentiment.issue_model import NONE
from sentiment.issue_posts import told_issues
from sentiment.learn import Settings
from sentiment.samples import Reader

SMALL = Settings(composed_step=8, issue_steps=15)
SLANG = [
    {"text": f"这券{no}又是团团转了{no}", "label": "neg", "issues": "merchant_settlement"} for no in range(12)
]


def unheard(found: Features) -> None:
    return None


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def main_of(reader: Reader, text: str, corrections: list[dict[str, str]]) -> str:
    model = fit_issues(told_issues(reader, corrections, unheard, SMALL), SMALL).model
    leanings = model.leanings(reader.features(text), None)
    return model.classes[leanings.index(max(leanings))]


def test_what_people_say_of_issues_is_learnt(reader: Reader) -> None:
    before, after = (main_of(reader, "今天团团转了", rows) for rows in ([], SLANG))
    assert before != "merchant_settlement" == after


def test_that_a_post_has_no_issue_is_learnt_too(reader: Reader) -> None:
    rows = [row | {"issues": ""} for row in SLANG]
    assert main_of(reader, "今天团团转了", rows) == NONE


def test_a_correction_that_tells_nothing_of_issues_teaches_none(reader: Reader) -> None:
    untold = [{"text": row["text"], "label": "neg"} for row in SLANG]
    assert len(told_issues(reader, untold, unheard, SMALL)) == len(told_issues(reader, [], unheard, SMALL))
    with pytest.raises(ConfigError, match="weather"):
        told_issues(reader, [SLANG[0] | {"issues": "weather"}], unheard, SMALL)


def test_batches_are_measured_whole_and_more_is_right_than_by_the_list_alone(reader: Reader) -> None:
    fit = fit_issues(told_issues(reader, [], unheard, SMALL), SMALL)
    n, right, listed = (sum(column) for column in zip(*fit.by_batch.values(), strict=True))
    assert "taxonomy" not in fit.by_batch
    assert n < fit.posts
    assert right > listed
    assert fit.model.classes == CLASSES
    assert len(fit.model.rows) == len(fit.model.terms) + len(fit.model.runs)
