"""Which alerts a paper lists: merchant leads that nobody has verified are counted only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from briefing.trust import alert_section
from store.queries.open_then import AlertThen


def then(n: int, rule: str, now: datetime) -> AlertThen:
    return AlertThen(alert_id=n, rule=rule, level="yellow", title=f"t{n}", raised_at=now - timedelta(hours=n))


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
