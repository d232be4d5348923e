"""F2 of the domain's alert list: money of one tranche under another, or rows that no tranche can be told of.

Work plan 九(四): configured, redeemed and settled apart. The sub-project decides the tranche, a date never does: a row
whose sub-project or stock the campaign file does not have is quarantined, and named here until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.money_watch import Mixed, PutAside
from domain.readings import Level
from domain.terms import count, wan

ID = "tranche_mixing"


def findings(window: Window) -> Iterable[Finding]:
    if window.money is None:
        return
    for mixed in window.money.mixed:
        yield _mixed(window, mixed)
    for found in window.money.unmapped:
        yield _unmapped(window, found)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    found: Level = getattr(parameters.tranche_mixing, facts["fault"])
    return found


def _mixed(window: Window, mixed: Mixed) -> Finding:
    owner = window.campaign.programmes.get(mixed.programme)
    facts = {"fault": "mixed"}
    return Finding(
        subject=f"{mixed.programme}/{mixed.tranche}",
        level=level(facts, window.parameters),
        title=f"{owner.name if owner else mixed.programme}有 {wan(mixed.fen)} 万元记在批次 {mixed.tranche} 下",
        reasons=(
            f"发放主体的资金批次为 {owner.tranche if owner else '不明'}",
            "各批次资金须分项目配置、核销、清算",
        ),
        evidence=(),
        evidence_count=1,
        county=owner.division if owner else None,
        facts=facts,
    )


def _unmapped(window: Window, found: PutAside) -> Finding:
    name = next((f.name for f in window.feeds if f.source == found.source), found.source)
    hours = window.parameters.tranche_mixing.window_hours
    facts = {"fault": "unmapped"}
    n = f"{'至少 ' if found.more else ''}{count(found.count)}"
    return Finding(
        subject=f"source/{found.source}",
        level=level(facts, window.parameters),
        title=f"{name}近 {hours:g} 小时有 {n} 行的子项目或批次不在活动配置中",
        reasons=("已隔离，未计入任何批次；不按日期推断归属", "须核对是否其他批次资金混入，或活动配置漏项"),
        evidence=found.evidence,
        evidence_count=found.count,
        facts=facts,
        began_at=found.first_at,
    )
