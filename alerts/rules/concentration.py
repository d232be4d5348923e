"""K5 of the domain's alert list: much of what a programme redeemed went to one merchant.

Only where enough was redeemed at enough merchants: in the first hour of a small county somebody always has a fifth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed
from alerts.parameters import Parameters
from domain.leads import LEAD_DAYS
from domain.readings import Level
from domain.terms import count, percent, wan

ID = "concentration"


def findings(window: Window) -> Iterable[Finding]:
    return listed(window, level, _leads(window), most=window.parameters.concentration.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["net_fen"] / facts["programme_fen"] > parameters.concentration.yellow_share)


def _leads(window: Window) -> Iterator[Lead]:
    given, board = window.parameters.concentration, board_of(window)
    for m in board.merchants:
        whole = board.programmes.get(m.programme)
        if whole is None or whole.net_fen <= 0 or whole.redeemed_count < given.min_count:
            continue
        share = m.net_fen / whole.net_fen
        if whole.merchants_count < given.min_merchants or share <= given.share:
            continue
        yield Lead(
            programme=m.programme,
            merchant=m.merchant,
            what=f"近 {LEAD_DAYS} 天净核销 {wan(m.net_fen)} 万元，占该发放主体 {percent(share)}",
            reasons=(
                f"该发放主体净核销 {wan(whole.net_fen)} 万元，{count(whole.merchants_count)} 户有核销",
                f"占比超过 {percent(given.share)} 即列出；大型商超占比高也属常见",
            ),
            facts={"net_fen": m.net_fen, "programme_fen": whole.net_fen},
            count=m.redeemed_count,
            weight=share,
            began_at=m.first_day,
        )
