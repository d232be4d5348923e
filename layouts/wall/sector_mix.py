"""What the money moves: each sector's part of it, and its leverage against the floor; audited subsidies beside them."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from domain.measures import Figures
from domain.readings import SectorShare
from domain.sanity import Kept
from domain.terms import CHECKING, SUBSIDY, percent, times
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
    subsidy_words,
    unknown,
)

SLOT = "sector-mix"
TITLE = "行业核销"
MOST = 8  # rows that can be read from five metres
_SCALE = 3  # the leverage bar reaches from 0 to this many floors


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
    audited = _audited(Figures.total(r.figures for r in rows))
    if stamp is None or (all(r.share is None for r in rows) and not audited):
        return {
            **unknown(SLOT),
            "sector-mix-rows": {"children": empty()},
            "sector-mix-floor": {"children": "带动比"},
        }
    if checking(stamp_held(rows), *NET):
        return {
            **freshness(SLOT, stamp, room=20.0),
            "sector-mix-rows": {"children": empty(CHECKING)},
            "sector-mix-floor": {"children": "带动比"},
        }
    shown = folded(rows, most=MOST - len(audited))
    top = max((r.share or 0.0 for r in shown), default=0.0) or 1.0
    return {
        **freshness(SLOT, stamp, room=20.0),
        "sector-mix-rows": {"children": [*(_line(r, top) for r in shown), *audited]},
        "sector-mix-floor": {"children": [html.I(className="mark"), f"带动比 {rows[0].floor:g} 倍线"]},
    }


def stamp_held(rows: Sequence[SectorShare]) -> frozenset[Kept]:
    return frozenset(kept for row in rows for kept in row.held)


def folded(rows: Sequence[SectorShare], *, most: int = MOST) -> list[SectorShare]:
    """Largest first; what does not fit is one last row, its leverage worked out from its sums."""
    ordered = sorted(rows, key=lambda r: (-r.figures.redeemed_net_fen, r.sector))
    if len(ordered) <= most:
        return ordered
    kept, rest = ordered[: most - 1], ordered[most - 1 :]
    last = SectorShare(
        sector="rest",
        name=f"其余 {len(rest)} 类",
        stamp=rest[0].stamp,
        figures=Figures.total(r.figures for r in rest),
        share=sum(r.share or 0.0 for r in rest),
        floor=rest[0].floor,
        held=rest[0].held,
    )
    return [*kept, last]


def _line(row: SectorShare, top: float) -> Component:
    leverage = None if checking(row.held, *LEVERAGE) else row.direct_leverage
    below = leverage is not None and leverage < row.floor
    reach = None if leverage is None else leverage / (_SCALE * row.floor)
    cells = [
        html.Span(fit(row.name, width=5), className="name"),
        bar(None if row.share is None else row.share / top, tone="cyan"),
        number(percent(row.share), tone="main"),
        number(column_money(row.figures.redeemed_net_fen)),
        bar(reach, tone="red" if below else "steel", mark=1 / _SCALE),
        number(
            checked(f"{'▼' if below else ''}{times(leverage)}", row.held, LEVERAGE),
            tone="bad" if below else "main",
        ),
    ]
    return html.Div(cells, className="sector-row", key=row.sector)


def _audited(figures: Figures) -> list[Component]:
    """One row for money that no voucher moves: it is no part of the shares above it. None where there is none."""
    words = subsidy_words(figures)
    cells = [html.Span(SUBSIDY, className="name"), html.Div(list(map(html.Span, words)), className="audited")]
    return [html.Div(cells, className="sector-row", key="audited")] if words else []
