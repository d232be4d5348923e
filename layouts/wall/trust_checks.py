"""What speaks against the figures: those under check, corrections, open differences, quarantine; and what falls due."""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from domain.readings_scenes import DueReport, TrustBoard
from domain.sanity import Doubt, Kept
from domain.terms import NO_DATA, count, local, wan
from layouts.parts import Values, card, empty, fit

SLOT = "trust-checks"
MOST_HELD, MOST_DUE = 3, 4
KEPT = {Kept.CLAIMED: "领取", Kept.REDEEMED: "核销", Kept.REFUNDED: "退券", Kept.SPEND: "消费"}
DOUBT = {
    Doubt.NEGATIVE: "出现负数",
    Doubt.FELL: "累计数变小",
    Doubt.BEYOND_ISSUED: "领取超过投放",
    Doubt.BEYOND_CLAIMED: "核销超过领取",
    Doubt.BEYOND_REDEEMED: "退券超过核销",
    Doubt.FACE: "金额与面额不符",
    Doubt.JUMP: "笔均异常跳变",
    Doubt.UNEVEN: "区县合计不符",
}


def layout() -> Component:
    return html.Div(
        [
            card(SLOT, "核对", html.Div(empty(), id="trust-checks-rows", className="check-rows")),
            card("trust-due", "报告时限", html.Div(empty(), id="trust-due-rows", className="due-rows")),
        ],
        className="trust-side",
    )


def update(reading: TrustBoard) -> Values:
    return {
        SLOT: {"className": "card"},
        "trust-checks-stamp": {"children": f"{local(reading.as_of):%H:%M}" if reading.feeds else NO_DATA},
        "trust-checks-rows": {"children": _checks(reading)},
        "trust-due-stamp": {"children": f"{len(reading.due)} 项" if reading.due else NO_DATA},
        "trust-due-rows": {"children": [_due(d, reading.as_of) for d in reading.due[:MOST_DUE]] or empty()},
    }


def _checks(reading: TrustBoard) -> list[Component]:
    if not (reading.feeds or reading.held or reading.corrected):
        return [empty(NO_DATA)]
    aside = sum(f.quarantined_count for f in reading.feeds)
    return [
        _check(
            "核查中的数字", f"▲ {len(reading.held)} 项" if reading.held else "● 无", bad=bool(reading.held)
        ),
        *(
            html.Div(
                f"{fit(h.name, width=6)}·{KEPT[h.kept]} {DOUBT[h.doubt]}",
                className="check-why",
                key=f"{h.name}-{h.kept}",
            )
            for h in reading.held[:MOST_HELD]
        ),
        _check("今日更正", f"◆ {len(reading.corrected)} 家" if reading.corrected else "● 无", bad=False),
        _differences(reading),
        _check("隔离的行", f"▲ {count(aside)} 行" if aside else "● 0 行", bad=aside > 0),
    ]


def _differences(reading: TrustBoard) -> Component:
    found = reading.discrepancies
    if found is None:
        return _check("对账差异", "○ 尚未对账", bad=False)
    if not found.open_count:
        return _check("对账差异", "● 0.00 元", bad=False)
    yuan = f"{found.open_fen // 100:,}.{found.open_fen % 100:02d} 元"
    words = yuan if found.open_fen < 100_000_000 else f"{wan(found.open_fen)} 万元"
    return _check("对账差异", f"▲ {found.open_count} 项 {words}", bad=True)


def _check(what: str, words: str, *, bad: bool) -> Component:
    return html.Div(
        [html.Span(what), html.B(words, className="late" if bad else "")], className="check-row", key=what
    )


def _due(due: DueReport, now: datetime) -> Component:
    if due.due_at is None:
        when, tone = "及时报送", ""
    else:
        at = local(due.due_at)
        days = (at.date() - local(now).date()).days
        left = f"剩 {days} 天" if days >= 0 else f"▲ 逾期 {-days} 天"
        when, tone = f"{at.month}月{at.day}日 {left}", "late" if days <= 3 else ""
    who = html.Span([f"{fit(due.who, width=5)} ", html.B(when, className=tone)])
    return html.Div(
        [html.Span(fit(due.name, width=15)), who], className="due-row", key=f"{due.who}-{due.name}"
    )
