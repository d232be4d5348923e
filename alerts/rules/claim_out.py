"""P2 of the domain's alert list: a round is claimed to the last voucher (an event), or hardly claimed after two days.

What a platform counts is a floor: sold out is sure even while a source is late, slow is not and waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.money_watch import RoundWatch
from domain.readings import Level
from domain.terms import count, day_clock, percent, span

ID = "claim_out"


def findings(window: Window) -> Iterable[Finding]:
    for found in window.money.rounds if window.money else ():
        if not found.qty:
            continue
        if found.claimed_count >= found.qty:
            if _is_news(window, found):
                yield _finding(window, found, sold_out=True)
        elif _is_slow(window, found):
            yield _finding(window, found, sold_out=False)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return Level.BLUE if facts["sold_out"] else Level.YELLOW


def _is_news(window: Window, found: RoundWatch) -> bool:
    """Only where it is known when the last voucher went."""
    after = found.sold_out_after
    return after is not None and window.now < found.opens_at + after + window.parameters.claim_out.event


def _is_slow(window: Window, found: RoundWatch) -> bool:
    given = window.parameters.claim_out
    heard = window.money.heard_now(found.programme) if window.money else None
    if heard is None or heard.data_time is None or window.now > found.claim_closes_at:
        return False
    rate = found.claim_rate
    return heard.data_time >= found.opens_at + given.slow and rate is not None and rate < given.slow_share


def _finding(window: Window, found: RoundWatch, *, sold_out: bool) -> Finding:
    programme, given = window.campaign.programmes[found.programme], window.parameters.claim_out
    facts = {"sold_out": sold_out, "claimed": found.claimed_count, "qty": found.qty}
    since = span(window.now - found.opens_at)
    what = (
        f"{count(found.qty)} 张已领完，用时 {span(found.sold_out_after)}"
        if sold_out and found.sold_out_after is not None
        else f"开抢 {since}，领取率 {percent(found.claim_rate)}，领取偏慢"
    )
    why = (
        "领完是事件，不是异常"
        if sold_out
        else f"开抢 {given.slow_hours:g} 小时后领取率低于 {percent(given.slow_share)}"
    )
    return Finding(
        subject=f"{programme.id}/r{found.no}/{'sold-out' if sold_out else 'slow'}",
        level=level(facts, window.parameters),
        title=f"{programme.name}第 {found.no} 轮{what}",
        reasons=(
            why,
            f"{day_clock(found.opens_at, now=window.now)} 开抢，投放 {count(found.qty)} 张，"
            f"已领 {count(found.claimed_count)} 张",
        ),
        evidence=(),
        evidence_count=found.claimed_count,
        county=programme.division,
        facts=facts,
        sources=() if sold_out or window.money is None else window.money.sources_of(programme.id),
        began_at=found.opens_at,
    )
