"""F5 of the domain's alert list: money that will not have been redeemed when the programme ends, and goes back.

The least of the projection counts (glossary 4.2, expected_clawback): with the best rate any earlier round reached, so
much is still left. Before a round has matured only the most is known, and of an end that is not set nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.campaign import Programme
from domain.readings import Level
from domain.terms import about_wan, percent, wan

ID = "clawback_risk"
_DAY = timedelta(days=1)
_LEVELS = (Level.BLUE, Level.YELLOW, Level.ORANGE)


def findings(window: Window) -> Iterable[Finding]:
    for programme in window.campaign.programme:
        facts = _facts(window, programme)
        if facts and facts["low_share"] > window.parameters.clawback_risk.share:
            yield _finding(window, programme, facts)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    reached = sum(facts["days_left"] <= days for days in parameters.clawback_risk.days)
    return _LEVELS[max(reached - 1, 0)]


def _facts(window: Window, programme: Programme) -> dict[str, Any] | None:
    """None where nothing can be said, or it is too early or over."""
    money, end = window.money, programme.end_at
    if money is None or end is None or money.heard_now(programme.id) is None:
        return None
    days_left = (end - window.now) / _DAY
    left = money.unredeemed.get(programme.id)
    if left is None or left.low_fen is None or not 0 <= days_left <= window.parameters.clawback_risk.days[0]:
        return None
    low_share = left.low_fen / programme.allocation_fen
    return {
        "days_left": days_left, "low_share": low_share, "low_fen": left.low_fen, "high_fen": left.high_fen
    }  # fmt: skip


def _projection(low: int, high: int) -> str:
    if low == high:
        return f"预计未核销 {about_wan(low)} 万元，按已到期各轮核销率推算"
    return f"预计未核销 {about_wan(low)} 至 {about_wan(high)} 万元，按已到期各轮最高与最低核销率推算"


def _finding(window: Window, programme: Programme, facts: Mapping[str, Any]) -> Finding:
    given = window.parameters.clawback_risk
    low, high = facts["low_fen"], facts["high_fen"]
    return Finding(
        subject=programme.id,
        level=level(facts, window.parameters),
        title=(
            f"{programme.name}距结束 {facts['days_left']:.0f} 天，预计至少 {about_wan(low)} 万元未核销，"
            f"占额度 {percent(facts['low_share'])}"
        ),
        reasons=(
            _projection(low, high),
            f"分配额度 {wan(programme.allocation_fen)} 万元，预警线 {percent(given.share)}",
            "未按规定核销的资金由省级收回；预计值，非实际数",
        ),
        evidence=(),
        evidence_count=1,
        county=programme.division,
        facts=facts,
        sources=window.money.sources_of(programme.id) if window.money else (),
    )
