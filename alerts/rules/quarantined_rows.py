"""D3 of the domain's alert list: rows that were put aside: an unknown column, a bad value, a merchant without a county.

What the campaign file cannot place by its sub-project or stock is `tranche_mixing`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.money_watch import PutAside
from domain.readings import Level
from domain.terms import count
from domain.text import excerpt

ID = "quarantined_rows"
_FIELDS = 5


def findings(window: Window) -> Iterable[Finding]:
    for found in window.money.put_aside if window.money else ():
        yield _finding(window, found)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return Level.YELLOW if facts["count"] >= parameters.quarantined_rows.yellow_rows else Level.BLUE


def _finding(window: Window, found: PutAside) -> Finding:
    given = window.parameters.quarantined_rows
    name = next((f.name for f in window.feeds if f.source == found.source), found.source)
    most = sorted(found.fields.items(), key=lambda item: (-item[1], item[0]))[:_FIELDS]
    facts = {"count": found.count}
    return Finding(
        subject=found.source,
        level=level(facts, window.parameters),
        title=f"{name}近 {given.window_hours:g} 小时隔离{'至少 ' if found.more else ' '}{count(found.count)} 行数据",
        reasons=(
            *(f"{excerpt(field, 40)}：{count(n)} 行" for field, n in most),
            f"隔离的行不计入任何统计；{count(given.yellow_rows)} 行起为黄色",
        ),
        evidence=found.evidence,
        evidence_count=found.count,
        facts=facts,
        began_at=found.first_at,
    )
