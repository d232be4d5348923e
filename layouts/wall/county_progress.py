"""The league of the counties: fund use against the time that has passed, redemption rate, net amount, leverage."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from domain.readings import CountyProgress, Pace
from domain.terms import UNKNOWN, clock, local, percent, times
from layouts.parts import Values, bar, card, column_money, empty, fit, freshness, joined, number, unknown

SLOT = "county-progress"
TITLE = "县域进度"
_NAME_EMS = 7.9  # two lines
_LAST = {Pace.OVERDUE: 1, Pace.NOT_LAUNCHED: 2}
_HEADS = (
    ("", "rank"),
    ("县区", "name"),
    ("资金使用", "wide"),
    ("净核销万元", ""),
    ("核销率", ""),
    ("带动比", ""),
)


def layout() -> Component:
    legend = html.Div(
        [html.I(className="mark"), html.Span("时序"), html.Span("▼落后", className="behind")],
        className="legend",
    )
    heads = [html.Span(word, className=kind) for word, kind in _HEADS]
    return card(
        SLOT,
        TITLE,
        html.Div(heads, className="county-heads"),
        html.Div(empty(), id="county-progress-rows", className="county-rows"),
        note=legend,
    )


def update(rows: Sequence[CountyProgress]) -> Values:
    stamp = joined(r.stamp for r in rows)
    if stamp is None:
        return {**unknown(SLOT), "county-progress-rows": {"children": empty()}}
    lines = [_line(place, row) for place, row in enumerate(ranked(rows), start=1)]
    return {**freshness(SLOT, stamp, room=17.0, grey=False), "county-progress-rows": {"children": lines}}


def ranked(rows: Sequence[CountyProgress]) -> list[CountyProgress]:
    """By fund use, launched ones first; the division code settles ties so that rows do not jump about."""
    return sorted(rows, key=lambda r: (_LAST.get(r.pace, 0), -(r.fund_use_rate or 0.0), r.code))


def _line(place: int, row: CountyProgress) -> Component:
    if row.pace in _LAST:
        return _waiting(row)
    behind, below = (
        row.pace is Pace.BEHIND,
        row.direct_leverage is not None and row.direct_leverage < row.floor,
    )
    cells = [
        _rank(place, row),
        _name(row),
        bar(row.fund_use_rate, tone="amber" if behind else "cyan", mark=row.time_pace),
        number(f"{'▼' if behind else ''}{percent(row.fund_use_rate)}", tone="behind" if behind else "main"),
        number(column_money(row.figures.redeemed_net_fen)),
        number(percent(row.redemption_rate_by_count)),
        number(f"{'▼' if below else ''}{times(row.direct_leverage)}", tone="bad" if below else ""),
    ]
    return html.Div(cells, className=f"county-row{' stale' if row.stamp.late else ''}", key=row.code)


def _waiting(row: CountyProgress) -> Component:
    at = local(row.launch_at)
    date = f"{at.month}月{at.day}日 {clock(row.launch_at)}"
    overdue = row.pace is Pace.OVERDUE
    words = f"应于 {date} 启动" if overdue else f"{date} 启动"
    cells = [
        html.Span(UNKNOWN, className="rank"),
        _name(row),
        html.Span(
            "▲ 逾期未启动" if overdue else "○ 未启动", className=f"state {'bad' if overdue else ''}".strip()
        ),
        html.Span(words, className="when"),
    ]
    return html.Div(cells, className="county-row waiting", key=row.code)


def _name(row: CountyProgress) -> Component:
    return html.Span(fit(row.name, width=_NAME_EMS), className="name long" if len(row.name) > 3 else "name")


def _rank(place: int, row: CountyProgress) -> Component:
    """A county whose feed is late says so in the place of its rank: the rank is not to be trusted either."""
    return (
        html.Span("迟", className="rank late") if row.stamp.late else html.Span(str(place), className="rank")
    )
