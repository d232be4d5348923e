"""K7 of the domain's alert list and its kin: redemptions at a place, a merchant or a time that the rules leave out.

Leads for the market office with counts and event numbers, never verdicts. What no list was loaded for is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Window
from alerts.parameters import Parameters
from domain.flags import REASON, FlagTotal, Reason
from domain.readings import Level
from domain.terms import count, wan

ID = "ineligible_use"

_WHAT = {
    Reason.SANCTIONED: "笔核销发生在商户受限之后",
    Reason.UNKNOWN_MERCHANT: "笔核销的商户不在当时的名册上",
    Reason.OUTSIDE_AREA: "笔核销超出券的使用区域",
    Reason.WRONG_SECTOR: "笔核销的商户行业与券种不符",
    Reason.OUTSIDE_WINDOW: "笔核销不在轮次的使用期内",
    Reason.REFUND_BEFORE_REDEMPTION: "笔退款的时间早于核销",
    Reason.REDEEMED_BEFORE_CLAIM: "笔核销的时间早于领取",
    Reason.REDEEMED_AGAIN: "笔核销所用的券此前已核销、未退款",
}
_SHORT_SHA = 12


def findings(window: Window) -> Iterable[Finding]:
    """One a reason and programme. Below the minimum spend is `money_fault`'s."""
    for total in window.flags.totals() if window.flags else ():
        if total.reason in _WHAT and total.count:
            yield _finding(window, total)


def _finding(window: Window, total: FlagTotal) -> Finding:
    programme = window.campaign.programmes[total.programme]
    facts = {"reason": total.reason.value}
    return Finding(
        subject=f"{programme.id}/{total.reason.value.replace('_', '-')}",
        level=level(facts, window.parameters),
        title=f"{programme.name}有 {count(total.count)} {_WHAT[total.reason]}，面额 {wan(total.fen)} 万元",
        reasons=(
            f"{REASON[total.reason]}；已计入各项统计，未作剔除",
            *_lists(window),
            "线索待核实，不作结论",
        ),
        evidence=total.evidence[:EVIDENCE_KEPT],
        evidence_count=total.count,
        county=programme.division,
        facts=facts,
    )


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    found = parameters.ineligible_use.level_of(Reason(facts["reason"]))
    assert found is not None, "a reason of another rule"
    return found


def _lists(window: Window) -> Iterator[str]:
    """Which versions it was held against: with others the answer may be another."""
    register = window.flags.register if window.flags else None
    for name, version in (
        ("商户名册", register.merchants if register else None),
        ("受限名单", register.sanctions if register else None),
    ):
        if version is not None:
            yield f"{name}版本 {version.version[:_SHORT_SHA]}"
