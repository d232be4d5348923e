from dataclasses import replace

from sentiment.issue_card import issue_lines
from sentiment.issue_figures import issue_figures
from sentiment.weights import load_weights

ROWS = [
    {"text": "根本抢不到", "issue": "抢不到", "hard": "short"},
    {"text": "黄牛倒卖太多", "issue": "套现黄牛", "hard": "plain"},
    {"text": "门店拒收", "issue": "refund", "hard": "plain"},
    {"text": "天气", "issue": "其他", "hard": "plain"},
    {"text": "冒充商务局的诈骗短信", "issue": "其他", "hard": "plain"},
]


def test_the_first_tag_is_held_against_the_issue_a_row_names() -> None:
    """其他 holds what no other name does."""
    found = issue_figures(ROWS, replace(load_weights(), issues=None))
    assert found is not None
    assert (found["n"], found["accuracy"], found["untagged"]) == (5, 0.8, 1)
    assert found["by_hard"] == {"plain": [3, 4], "short": [1, 1]}
    assert found["instead"] == {"refund>merchant_refusal": 1}
    assert "| refund | 0 | 1 |" in issue_lines({"own": found})


def test_a_set_without_issues_has_no_figures() -> None:
    assert issue_figures([{"text": "a", "label": "neg"}], load_weights()) is None
    assert issue_figures([], load_weights()) is None
