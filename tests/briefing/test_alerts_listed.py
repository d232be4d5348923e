"""Which alerts a paper lists: merchant leads that nobody has verified are counted only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from briefing.advice import alert_advice, alert_figures
from briefing.trust import alert_section
from store.queries.open_then import AlertThen


def then(n: int, rule: str, now: datetime, level: str = "yellow") -> AlertThen:
    return AlertThen(alert_id=n, rule=rule, level=level, title=f"t{n}", raised_at=now - timedelta(hours=n))


@pytest.mark.parametrize(
    ("rules", "sentences", "titles"),
    [
        ((), ("无未关闭预警。",), []),
        (("quick_refund",), ("无未关闭预警。", "另有待核实的商户线索1条，不列出。"), []),
        (("opinion_burst",), ("未关闭预警1项。",), ["t0"]),
        (
            ("quick_refund", "opinion_burst", "concentration"),
            ("未关闭预警1项。", "另有待核实的商户线索2条，不列出。"),
            ["t1"],
        ),
    ],
)
def test_leads_are_counted_and_never_listed(
    now: datetime, rules: tuple[str, ...], sentences: tuple[str, ...], titles: list[str]
) -> None:
    section = alert_section([then(n, rule, now) for n, rule in enumerate(rules)], as_of=now)
    assert section.sentences == sentences
    assert [row[1] for table in section.tables for row in table.rows] == titles


def test_what_has_receded_and_waits_for_its_verdict_is_listed_and_said_to_have_receded(now: datetime) -> None:
    found = [then(3, "opinion_burst", now), replace(then(1, "opinion_burst", now), receded=True)]
    (table,) = alert_section(found, as_of=now).tables
    assert [row[3] for row in table.rows] == ["已持续3 小时", "已回落，待办结"]


def test_only_what_people_said_is_answered_within_the_statutory_limits(now: datetime) -> None:
    levels = {"opinion_burst": "red", "red_line": "blue", "stale_feed": "orange", "quick_refund": "yellow"}
    alerts = [then(n, rule, now, level) for n, (rule, level) in enumerate(levels.items())]
    assert list(alert_advice(alerts)) == [
        "未关闭橙色、红色舆情预警1项，建议按5小时首次回应、24小时新闻发布的时限办理。",
        "未关闭黄色、蓝色舆情预警1项，建议按48小时回应的时限办理。",
    ]
    assert [figure.cell for figure in alert_figures(alerts)] == [1, 1]
    assert list(alert_advice(alerts[2:])) == []


def test_a_title_that_people_wrote_names_nobody(now: datetime) -> None:
    written = replace(then(1, "by_hand", now), title="市民13812345678反映张经理态度差")
    (row,) = alert_section([written], as_of=now).tables[0].rows
    assert "13812345678" not in str(row[1])
