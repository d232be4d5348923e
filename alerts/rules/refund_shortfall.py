"""F4 of the domain's alert list: an order was refunded, and less than the voucher's face went back to the pool.

Work plan 七(五): the full face goes back. Platforms give back in proportion on partial refunds, some days later in
full: so it is looked at after some days, and every notice of a redemption counts for what it put back. A refund of
which nobody says how much was returned is unknown, not short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Window
from alerts.parameters import Parameters
from domain.money import FEN_PER_YUAN
from domain.money_watch import ShortRefunds
from domain.readings import Level
from domain.terms import count, yuan

ID = "refund_shortfall"


def findings(window: Window) -> Iterable[Finding]:
    for short in window.money.short_refunds if window.money else ():
        yield _finding(window, short)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    orange_fen = parameters.refund_shortfall.orange_yuan * FEN_PER_YUAN
    return Level.ORANGE if facts["fen"] >= orange_fen else Level.YELLOW


def _finding(window: Window, short: ShortRefunds) -> Finding:
    programme = window.campaign.programmes[short.programme]
    given = window.parameters.refund_shortfall
    facts = {"fen": short.fen, "count": short.count}
    return Finding(
        subject=programme.id,
        level=level(facts, window.parameters),
        title=f"{programme.name}有 {count(short.count)} 笔退券未足额退回资金池，差额 {yuan(short.fen)} 元",
        reasons=(
            f"首次退款已超过 {given.after_days:g} 天；应退回全部面额，分次退回的合并计算",
            f"差额合计 {yuan(short.fen)} 元（橙色 {count(given.orange_yuan)} 元起）",
            "平台未说明退回金额的，不在其中",
        ),
        evidence=short.evidence[:EVIDENCE_KEPT],
        evidence_count=short.notices_count,
        county=programme.division,
        facts=facts,
        sources=window.money.sources_of(programme.id) if window.money else (),
        began_at=short.first_at,
    )
