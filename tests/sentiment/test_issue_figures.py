from sentiment.issue_figures import issue_figures, issue_lines
from sentiment.polarity import Polarity
from sentiment.weights import load_weights

ROWS = [
    {"text": "根本抢不到", "issue": "抢不到", "hard": "short"},
    {"text": "黄牛倒卖太多", "issue": "套现黄牛", "hard": "plain"},
    {"text": "门店拒收", "issue": "refund", "hard": "plain"},
    {"text": "天气", "issue": "其他", "hard": "plain"},
]


def test_the_first_tag_is_held_against_the_issue_a_row_names() -> None:
    found = issue_figures(ROWS, Polarity(load_weights()))
    assert found is not None
    assert (found["n"], found["accuracy"], found["untagged"]) == (4, 0.75, 1)
    assert found["by_hard"] == {"plain": [2, 3], "short": [1, 1]}
    assert "| refund | 0 | 1 |" in issue_lines({"own": found})


def test_a_set_without_issues_has_no_figures() -> None:
    assert issue_figures([{"text": "a", "label": "neg"}], Polarity(load_weights())) is None
    assert issue_figures([], Polarity(load_weights())) is None
