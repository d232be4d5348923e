"""What both panels of sectors show: the largest first, leverage against the floor, audited subsidies beside them."""

from collections.abc import Sequence
from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from domain.measures import Figures
from domain.readings import SectorShare
from domain.sanity import Kept
from domain.terms import SUBSIDY, times
from layouts.parts import LEVERAGE, bar, checked, checking, number, subsidy_words

MOST = 8  # rows that can be read from five metres
_SCALE = 3  # the leverage bar reaches from 0 to this many floors


def held(rows: Sequence[SectorShare]) -> frozenset[Kept]:
    return frozenset(kept for row in rows for kept in row.held)


def folded(rows: Sequence[SectorShare], *, most: int = MOST) -> list[SectorShare]:
    """Largest first; what does not fit is one last row, its leverage worked out from its sums."""
    ordered = sorted(rows, key=lambda r: (-r.figures.redeemed_net_fen, r.sector))
    if len(ordered) <= most:
        return ordered
    kept, rest = ordered[: most - 1], ordered[most - 1 :]
    figures = Figures.total(r.figures for r in rest)
    share = sum(r.share or 0.0 for r in rest)
    return [*kept, replace(rest[0], sector="rest", name=f"其余 {len(rest)} 类", figures=figures, share=share)]


def leverage(row: SectorShare) -> list[Component]:
    """Its bar with the floor's mark, and the number: with a sign where it is below."""
    found = None if checking(row.held, *LEVERAGE) else row.direct_leverage
    below = found is not None and found < row.floor
    reach = None if found is None else found / (_SCALE * row.floor)
    words = checked(f"{'▼' if below else ''}{times(found)}", row.held, LEVERAGE)
    return [
        bar(reach, tone="red" if below else "steel", mark=1 / _SCALE),
        number(words, tone="bad" if below else "main"),
    ]


def audited(figures: Figures, *, row: str) -> list[Component]:
    """One row, of this class, for money that no voucher moves: it is no part of the shares above it. None where there
    is none."""
    words = subsidy_words(figures)
    cells = [html.Span(SUBSIDY, className="name"), html.Div(list(map(html.Span, words)), className="audited")]
    return [html.Div(cells, className=row, key="audited")] if words else []
