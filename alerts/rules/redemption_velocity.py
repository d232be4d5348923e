"""K2 of the domain's alert list: more redemptions at one merchant within a minute than a till can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed
from alerts.parameters import Parameters
from domain.readings import Level
from domain.terms import count, day_clock

ID = "redemption_velocity"


def findings(window: Window) -> Iterable[Finding]:
    return listed(window, level, _leads(window), most=window.parameters.redemption_velocity.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["minute_most"] > parameters.redemption_velocity.yellow_per_minute)


def _leads(window: Window) -> Iterator[Lead]:
    given = window.parameters.redemption_velocity
    for m in board_of(window).merchants:
        if m.minute_most <= given.per_minute:
            continue
        at = day_clock(m.minute_at, now=window.now)
        yield Lead(
            programme=m.programme,
            merchant=m.merchant,
            what=f"{at} 一分钟内核销 {count(m.minute_most)} 笔",
            reasons=(
                f"一分钟超过 {count(given.per_minute)} 笔即列出；大型商户多台收银机同时核销也会如此",
                f"近七天核销 {count(m.redeemed_count)} 笔",
            ),
            facts={"minute_most": m.minute_most},
            count=m.minute_most,
            weight=m.minute_most,
            began_at=m.minute_at,
        )
