"""What does the money move? Each sector by amount and count, leverage against the floor, ticket and refunds."""

from collections.abc import Sequence
from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from domain.measures import Figures, ratio, shares
from domain.readings import SectorShare
from domain.terms import CHECKING, NO_DATA, UNKNOWN, count, percent
from layouts.parts import (
    LEVERAGE,
    NET,
    Values,
    bar,
    card,
    checked,
    checking,
    column_money,
    empty,
    fit,
    freshness,
    joined,
    number,
    unknown,
)
from layouts.sector_parts import audited, folded, held, leverage

SLOT = "sector-table"
TITLE = "各行业核销与带动"
_SMALL = 30
"""Fewer vouchers than this make a rate that says little: greyed (glossary, edge rules)."""


def layout() -> Component:
    heads = [
        html.Span("行业"),
        html.Span("净核销额占比", className="wide"),
        html.Span("万元", className="right"),
        html.Span("张数占比", className="right"),
        html.Span(id="sector-table-floor", className="wide"),
        html.Span("笔均元", className="right"),
        html.Span("退券率", className="right"),
    ]
    return card(
        SLOT,
        TITLE,
        html.Div(heads, className="sectors-heads"),
        html.Div(empty(), id="sector-table-rows", className="sectors-rows"),
    )


def update(rows: Sequence[SectorShare]) -> Values:
    stamp = joined(r.stamp for r in rows)
    if stamp is None or stamp.data_time is None:
        return {
            **unknown(SLOT),
            "sector-table-rows": {"children": empty(NO_DATA)},
            "sector-table-floor": {"children": "直接带动比"},
        }
    body = empty(CHECKING) if checking(held(rows), *NET) else _lines(rows)
    return {
        **freshness(SLOT, stamp, room=14.0),
        "sector-table-rows": {"children": body},
        "sector-table-floor": {"children": [html.I(className="mark"), f"直接带动比 {rows[0].floor:g} 倍线"]},
    }


def _lines(rows: Sequence[SectorShare]) -> list[Component]:
    shown = folded(rows)
    by_count = shares([r.figures.redeemed_net_count for r in shown])
    top = max((r.share or 0.0 for r in shown), default=0.0) or 1.0
    whole = Figures.total(r.figures for r in shown)
    every = replace(
        shown[0], sector="all", name="合计", figures=whole, share=1.0 if whole.redeemed_net_fen else None
    )
    lines = [_line(row, part, top) for row, part in zip(shown, by_count, strict=True)]
    total = _line(every, 1.0 if whole.redeemed_net_count else None, None)
    return [*lines, total, *audited(Figures.total(r.figures for r in rows), row="sectors-row")]


def _line(row: SectorShare, by_count: float | None, top: float | None) -> Component:
    f = row.figures
    ticket = UNKNOWN if not f.orders_count else count(f.direct_spend_fen // f.orders_count // 100)
    refunds = ratio(f.refunded_count, f.redeemed_gross_count)
    small = " small" if f.redeemed_gross_count < _SMALL else ""
    cells = [
        html.Span(fit(row.name, width=4.2), className="name"),
        bar(None if row.share is None or top is None else row.share / top, tone="cyan")
        if top
        else html.Span(),
        number(percent(row.share), tone="main"),
        number(column_money(f.redeemed_net_fen)),
        number(percent(by_count)),
        *leverage(row),
        number(checked(ticket, row.held, LEVERAGE)),
        number(percent(refunds)),
    ]
    whole = " whole" if row.sector == "all" else ""
    return html.Div(cells, className=f"sectors-row{small}{whole}", key=row.sector)
