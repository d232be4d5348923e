"""Which alerts a paper lists: merchant leads that nobody has verified are counted only."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from briefing.trust import alert_section
from store.queries.briefed import AlertThen


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
