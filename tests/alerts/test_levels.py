"""A level from growth, spread, media and subject, on both sides of every step; and worked out again."""

from __future__ import annotations

import json

import pytest

from alerts.levels import Facts, Thresholds, grade
from domain.readings import Level

PLAIN = "system_crash"


def level(count: int, expected: float = 1.0, **more: object) -> Level:
    fields = {"issue": PLAIN, "media": ("weibo",)} | more
    return grade(Facts(count=count, expected=expected, **fields), Thresholds()).level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "expected", "found"),
    [
        (7, 1, Level.BLUE), (8, 1, Level.YELLOW), (15, 1, Level.YELLOW), (16, 1, Level.ORANGE),
        (39, 1, Level.ORANGE), (40, 1, Level.RED), (40, 5.1, Level.ORANGE), (40, 10.1, Level.YELLOW),
        (40, 20.1, Level.BLUE),
    ],
)  # fmt: skip
def test_growth_and_spread_must_both_be_there(count: int, expected: float, found: Level) -> None:
    assert level(count, expected) is found


def test_a_news_site_or_a_hot_list_lifts_by_one() -> None:
    assert level(8, media=("weibo", "news")) is Level.ORANGE
    assert level(8, on_hot_list=True) is Level.ORANGE
    assert level(8, media=("hotline",)) is level(8, media=("nobody knows it",)) is Level.YELLOW


def test_safety_and_fairness_lift_by_one_and_red_is_the_end() -> None:
    assert level(8, issue="offline_crowd") is Level.ORANGE
    assert level(40, issue="scam", on_hot_list=True) is Level.RED


def test_with_three_levels_the_missing_one_is_the_next_above() -> None:
    three = Thresholds(scale=(Level.BLUE, Level.ORANGE, Level.RED))
    assert grade(Facts(count=8, expected=1, issue=PLAIN), three).level is Level.ORANGE


def test_every_side_has_its_reason_and_what_is_kept_gives_the_same_again() -> None:
    facts = Facts(count=20, expected=2.5, issue="scam", media=("weibo", "news"))
    found = grade(facts, Thresholds())
    assert [reason.split("：")[0] for reason in found.reasons] == ["增速", "扩散", "媒体", "事项"]
    kept = json.loads(json.dumps(facts.as_json()))
    assert grade(Facts.from_json(kept), Thresholds()) == found
