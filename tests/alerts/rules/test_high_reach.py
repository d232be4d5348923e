"""A single negative post that very many see, on both sides of each threshold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.finding import Finding
from alerts.parameters import Parameters
from alerts.rules import high_reach
from domain.campaign import Campaign
from domain.readings import Health, Level
from domain.voiced import VoicedPost
from tests.alerts.windows import feed, voiced, window

LONG_AGO = timedelta(hours=23)
TEXT = "消费券核销失败三次"


def found(campaign: Campaign, now: datetime, *posts: VoicedPost) -> list[Finding]:
    return list(high_reach.findings(window(campaign, now, voiced=posts)))


def said(now: datetime, *, ago: timedelta = LONG_AGO, **changes: Any) -> VoicedPost:
    return voiced(1, now - ago, TEXT, **changes)


@pytest.mark.parametrize(
    ("engaged", "level"),
    [(200, Level.BLUE), (999, Level.BLUE), (1_000, Level.YELLOW), (4_999, Level.YELLOW), (5_000, Level.ORANGE),
     (11_499, Level.ORANGE), (11_500, Level.RED), (20_000, Level.RED)],
)  # fmt: skip
def test_the_level_grows_with_engagement(
    campaign: Campaign, now: datetime, engaged: int, level: Level
) -> None:
    (one,) = found(campaign, now, said(now, engaged_count=engaged, issues=("redeem_fail",)))
    assert (one.level, one.evidence, one.county, one.sources) == (level, ("1",), "140403", ("forum",))
    assert one.volume == engaged  # twice as much is told again
    assert "核销失败" in one.title
    assert one.facts is not None
    assert high_reach.level(one.facts, Parameters()) is level


@pytest.mark.parametrize(
    "changes",
    [
        {"engaged_count": 199},
        {"engaged_count": None},
        {"engaged_count": 199, "media": "news"},
        {"engaged_count": 90_000, "negative": False},
        {"engaged_count": 90_000, "ago": timedelta(hours=24)},
    ],
)
def test_what_few_see_and_what_is_not_negative_is_none(
    campaign: Campaign, now: datetime, changes: dict[str, Any]
) -> None:
    assert found(campaign, now, said(now, **changes)) == []


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"media": "news"}, Level.YELLOW),
        ({"on_hot_list": True}, Level.YELLOW),
        ({"on_hot_list": True, "engaged_count": None}, Level.YELLOW),
        ({"ago": timedelta(0), "engaged_count": 499}, Level.BLUE),
        ({"ago": timedelta(0), "engaged_count": 500}, Level.YELLOW),
    ],
)
def test_who_carries_it_and_how_fast_it_grows_lift_it(
    campaign: Campaign, now: datetime, changes: dict[str, Any], level: Level
) -> None:
    (one,) = found(campaign, now, said(now, **({"engaged_count": 300} | changes)))
    assert one.level is level


def test_reposts_of_one_text_are_one_alert(campaign: Campaign, now: datetime) -> None:
    posts = (voiced(i, now, TEXT, event_id=7, engaged_count=250) for i in range(1, 6))
    (one,) = found(campaign, now, *posts)
    assert (one.subject, one.level, one.evidence_count) == ("post-7", Level.BLUE, 5)


def test_silence_of_a_dead_source_is_none(campaign: Campaign, now: datetime) -> None:
    down = feed(now, source="forum", side="opinion", health=Health.DOWN)
    assert list(high_reach.findings(window(campaign, now, feeds=(down,)))) == []
