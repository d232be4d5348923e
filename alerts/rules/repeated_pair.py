"""K3 of the domain's alert list: the same person redeems again and again at the same merchant on one day.

A person is the platform's hashed number; redemptions without one are in no count. Nobody is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed
from alerts.parameters import Parameters
from domain.leads import LEAD_DAYS, PAIR_LEAST
from domain.readings import Level
from domain.terms import count

ID = "repeated_pair"


def findings(window: Window) -> Iterable[Finding]:
    return listed(window, level, _leads(window), most=window.parameters.repeated_pair.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["pairs"] >= parameters.repeated_pair.yellow_pairs)


def _leads(window: Window) -> Iterator[Lead]:
    given = window.parameters.repeated_pair
    for m in board_of(window).merchants:
        if m.pair_most < given.a_day:
            continue
        yield Lead(
            programme=m.programme,
            merchant=m.merchant,
            what=f"近 {LEAD_DAYS} 天有 {count(m.pairs_count)} 人次同日反复核销，最多 {count(m.pair_most)} 笔",
            reasons=(
                f"同一人同一天核销 {PAIR_LEAST} 笔及以上：{count(m.pairs_count)} 人次",
                f"最多一人一天 {count(m.pair_most)} 笔；一人一天 {count(given.a_day)} 笔起列出",
                "按平台给的编号，不涉及个人信息",
            ),
            facts={"pairs": m.pairs_count, "pair_most": m.pair_most},
            count=m.pairs_count,
            weight=m.pairs_count + m.pair_most / 1_000,
            began_at=m.first_day,
        )
