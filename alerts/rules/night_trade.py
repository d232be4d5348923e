"""K8 of the domain's alert list: one merchant redeems by night far more often than the others of its sector.

Held against the other merchants of the same programme and sector: a filling station is open when shops are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed, share_of
from alerts.parameters import Parameters
from domain.leads import LEAD_DAYS, MerchantBoard, MerchantWeek
from domain.readings import Level
from domain.terms import count, percent

ID = "night_trade"


def findings(window: Window) -> Iterable[Finding]:
    return listed(window, level, _leads(window), most=window.parameters.night_trade.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["night"] / facts["redeemed"] >= parameters.night_trade.yellow_share)


def _leads(window: Window) -> Iterator[Lead]:
    given, board = window.parameters.night_trade, board_of(window)
    for m in board.merchants:
        share = m.night_share
        if share is None or m.redeemed_count < given.min_count or m.night_count < given.min_night:
            continue
        others = _others(board, m)
        if others is None or share <= given.times * others:
            continue
        yield Lead(
            programme=m.programme,
            merchant=m.merchant,
            what=f"近 {LEAD_DAYS} 天 {percent(share)} 的核销在 0 至 5 时",
            reasons=(
                f"0 至 5 时核销 {count(m.night_count)} 笔，全部 {count(m.redeemed_count)} 笔",
                f"同一发放主体同行业其他商户为 {percent(others)}，超过其 {given.times:g} 倍即列出",
            ),
            facts={"night": m.night_count, "redeemed": m.redeemed_count},
            count=m.night_count,
            weight=m.night_count,
            began_at=m.first_day,
        )


def _others(board: MerchantBoard, m: MerchantWeek) -> float | None:
    """The night share of the sector without the merchant itself; None where there is nobody to compare with."""
    whole = board.programmes.get(m.programme)
    night, redeemed = whole.nights.get(m.sector, (0, 0)) if whole else (0, 0)
    rest = night - m.night_count, redeemed - m.redeemed_count
    return None if rest[1] <= 0 else share_of(rest)
