"""K1 of the domain's alert list: at one merchant nearly every order is exactly the voucher's minimum spend.

So a voucher is cashed: pay 30, voucher 10, the shop receives 40 and hands most of it back (a 2020 press report). Orders
whose amount is not told yet are in neither count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed
from alerts.parameters import Parameters
from domain.leads import LEAD_DAYS
from domain.readings import Level
from domain.terms import count, percent

ID = "exact_threshold"


def findings(window: Window) -> Iterable[Finding]:
    return listed(window, level, _leads(window), most=window.parameters.exact_threshold.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["exact"] >= parameters.exact_threshold.yellow_count)


def _leads(window: Window) -> Iterator[Lead]:
    given = window.parameters.exact_threshold
    for m in board_of(window).merchants:
        share = m.exact_share
        if share is None or m.ordered_count < given.min_count or share < given.share:
            continue
        yield Lead(
            programme=m.programme,
            merchant=m.merchant,
            what=f"近 {LEAD_DAYS} 天 {count(m.ordered_count)} 笔订单中 {percent(share)} 等于最低消费",
            reasons=(
                f"等于最低消费 {count(m.exact_count)} 笔，已知金额的订单 {count(m.ordered_count)} 笔",
                f"占比达到 {percent(given.share)} 且不少于 {count(given.min_count)} 笔即列出",
            ),
            facts={"exact": m.exact_count, "ordered": m.ordered_count},
            count=m.exact_count,
            weight=m.exact_count,
            began_at=m.first_day,
        )
