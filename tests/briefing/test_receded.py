"""Whether an alert's signal has receded, told from its history, and said so in its paper."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from briefing.event_facts import found_sentence
from domain.cases import HistoryLine
from domain.readings import Level
from domain.signals import has_receded
from store.queries.alert_then import AlertStory


@pytest.mark.parametrize(
    ("changes", "receded"),
    [
        ([], False), (["opened"], False), (["opened", "closed"], True), (["opened", "closed", "verify", "clock"], True),
        (["opened", "closed", "firing"], False), (["opened", "closed", "raised"], False),
        (["opened", "lowered", "no_data"], False), (["opened", "closed", "close", "reopened"], False),
    ],
)  # fmt: skip
def test_only_the_rules_own_changes_tell(changes: list[str], receded: bool) -> None:
    assert has_receded(changes) is receded


@pytest.mark.parametrize(
    ("changes", "words"), [(["opened"], "已持续5 小时。"), (["opened", "closed"], "信号已回落。")]
)
def test_the_paper_of_an_event_does_not_say_that_it_lasts_when_it_has_receded(
    now: datetime, changes: list[str], words: str
) -> None:
    lines = tuple(
        HistoryLine(at=now, change=change, level=Level.RED, title="t", who=None, stage=None, note=None)
        for change in changes
    )
    story = AlertStory(
        alert_id=1, rule="opinion_burst", subject="s", county=None, raised_at=now, history=lines
    )
    assert str(found_sentence(story, now + timedelta(hours=5))).endswith(f"“发现”阶段，{words}")
