"""What the money moves: each sector's part of it, and its leverage against the floor; audited subsidies beside them."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from domain.measures import Figures
from domain.readings import SectorShare
from domain.terms import CHECKING, percent
from layouts.parts import (
    NET,
    Values,
    bar,
    card,
    checking,
    column_money,
    empty,
    fit,
    freshness,
    joined,
    number,
    unknown,
)
from layouts.sector_parts import MOST, audited, folded, held, leverage

SLOT = "sector-mix"
TITLE = "行业核销"


def layout() -> Component:
    heads = [html.Span("行业"), html.Span("占净核销额"), html.Span("万元"), html.Span(id="sector-mix-floor")]
    return card(
        SLOT,
        TITLE,
        html.Div(heads, className="sector-heads"),
        html.Div(empty(), id="sector-mix-rows", className="sector-rows"),
    )


def update(rows: Sequence[SectorShare]) -> Values:
    stamp = joined(r.stamp for r in rows)
    subsidies = audited(Figures.total(r.figures for r in rows), row="sector-row")
    if stamp is None or (all(r.share is None for r in rows) and not subsidies):
        return {
            **unknown(SLOT),
            "sector-mix-rows": {"children": empty()},
            "sector-mix-floor": {"children": "带动比"},
        }
    if checking(held(rows), *NET):
        return {
            **freshness(SLOT, stamp, room=20.0),
            "sector-mix-rows": {"children": empty(CHECKING)},
            "sector-mix-floor": {"children": "带动比"},
        }
    shown = folded(rows, most=MOST - len(subsidies))
    top = max((r.share or 0.0 for r in shown), default=0.0) or 1.0
    return {
        **freshness(SLOT, stamp, room=20.0),
        "sector-mix-rows": {"children": [*(_line(r, top) for r in shown), *subsidies]},
        "sector-mix-floor": {"children": [html.I(className="mark"), f"带动比 {rows[0].floor:g} 倍线"]},
    }


def _line(row: SectorShare, top: float) -> Component:
    cells = [
        html.Span(fit(row.name, width=5), className="name"),
        bar(None if row.share is None else row.share / top, tone="cyan"),
        number(percent(row.share), tone="main"),
        number(column_money(row.figures.redeemed_net_fen)),
        *leverage(row),
    ]
    return html.Div(cells, className="sector-row", key=row.sector)
