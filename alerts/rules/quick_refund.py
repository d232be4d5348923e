"""K4 of the domain's alert list: much of what is redeemed at one merchant is refunded within half an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed
from alerts.parameters import Parameters
from domain.leads import LEAD_DAYS, QUICK
from domain.readings import Level
from domain.terms import count, percent, span

ID = "quick_refund"


def findings(window: Window) -> Iterable[Finding]:
    return listed(window, level, _leads(window), most=window.parameters.quick_refund.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["quick"] / facts["redeemed"] > parameters.quick_refund.yellow_share)


def _leads(window: Window) -> Iterator[Lead]:
    given = window.parameters.quick_refund
    for m in board_of(window).merchants:
        share = m.quick_share
        if share is None or m.redeemed_count < given.min_count or share <= given.share:
            continue
        yield Lead(
            programme=m.programme,
            merchant=m.merchant,
            what=f"近 {LEAD_DAYS} 天 {percent(share)} 的核销在 {span(QUICK)}内退款",
            reasons=(
                f"核销 {count(m.redeemed_count)} 笔，{span(QUICK)}内退款 {count(m.quick_count)} 笔，"
                f"退款共 {count(m.refunded_count)} 笔",
                f"占比超过 {percent(given.share)} 且核销不少于 {count(given.min_count)} 笔即列出",
            ),
            facts={"quick": m.quick_count, "redeemed": m.redeemed_count},
            count=m.quick_count,
            weight=m.quick_count,
            began_at=m.first_day,
        )
