"""P3 of the domain's alert list: three quarters of the time of use are over, and too few of the claimed vouchers used.

By the time the platform's data reach, never by the clock: what has not been told yet was not left unused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.money_watch import RoundWatch
from domain.readings import Level
from domain.terms import count, day, percent

ID = "low_redemption"


def findings(window: Window) -> Iterable[Finding]:
    for found in window.money.rounds if window.money else ():
        rate = found.redemption_rate
        if rate is not None and rate < window.parameters.low_redemption.rate and _is_due(window, found):
            yield _finding(window, found)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    rate: float = facts["redeemed"] / facts["claimed"]
    return Level.ORANGE if rate < parameters.low_redemption.orange_rate else Level.YELLOW


def _is_due(window: Window, found: RoundWatch) -> bool:
    given = window.parameters.low_redemption
    heard = window.money.heard_now(found.programme) if window.money else None
    if heard is None or heard.data_time is None or found.claimed_count < given.min_claimed:
        return False
    usable = found.use_until - found.opens_at
    if usable < timedelta(days=given.min_days):
        return False
    late_from = found.opens_at + usable * given.passed
    return heard.data_time >= late_from and window.now <= found.use_until


def _finding(window: Window, found: RoundWatch) -> Finding:
    programme, given = window.campaign.programmes[found.programme], window.parameters.low_redemption
    facts = {"claimed": found.claimed_count, "redeemed": found.redeemed_count}
    return Finding(
        subject=f"{programme.id}/r{found.no}",
        level=level(facts, window.parameters),
        title=(
            f"{programme.name}第 {found.no} 轮核销率 {percent(found.redemption_rate)}，"
            f"使用期到 {day(found.use_until)}"
        ),
        reasons=(
            f"已领 {count(found.claimed_count)} 张，核销 {count(found.redeemed_count)} 张（领取口径，含后来退券的）",
            f"使用期已过 {percent(given.passed)}；低于 {percent(given.rate)} 黄色，{percent(given.orange_rate)} 橙色",
            "按已收到的核销明细；次日才给明细的平台，最多少算一天",
        ),
        evidence=(),
        evidence_count=found.claimed_count - found.redeemed_count,
        county=programme.division,
        facts=facts,
        sources=window.money.sources_of(programme.id) if window.money else (),
        began_at=found.opens_at,
    )
