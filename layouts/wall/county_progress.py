"""The league of the counties: fund use against the time that has passed, redemption rate, net amount, leverage."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from domain.readings import CountyProgress, Pace
from domain.terms import UNKNOWN, clock, local, money, percent, times
from layouts.league import LAST, ranked
from layouts.parts import (
    LEVERAGE,
    NET,
    RATE,
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
    known_money,
    number,
    unknown,
)

SLOT = "county-progress"
TITLE = "县域进度"
_NAME_EMS = 7.9  # two lines
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
        [html.I(className="mark"), html.Span("时序")],
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
        return {**unknown(SLOT), "county-progress-rows": {"children": empty(), "style": {}}}
    lines = (
        _facts(rows[0])
        if len(rows) == 1 and rows[0].pace not in LAST
        else [_line(place, row) for place, row in enumerate(ranked(rows), start=1)]
    )
    half = {"--half": str(-(-len(lines) // 2))}  # far screens set the league in two columns
    return {
        **freshness(SLOT, stamp, room=9.0, grey=False),
        "county-progress-rows": {"children": lines, "style": half},
    }


def _facts(row: CountyProgress) -> list[Component]:
    """A county's own screen: nobody to compare with, so its own figures in full."""
    own = row.figures
    behind, below = _behind(row), _below(row)
    facts = (
        ("资金使用", checked(known_money(row.stamp, f"{behind}{percent(row.fund_use_rate)}"), row.held, NET)),
        ("时序进度", percent(row.time_pace)),
        ("净核销", checked(known_money(row.stamp, " ".join(money(own.redeemed_net_fen))), row.held, NET)),
        ("核销率", checked(known_money(row.stamp, percent(row.redemption_rate_by_count)), row.held, RATE)),
        ("带动比", checked(f"{below}{times(row.direct_leverage)}", row.held, LEVERAGE)),
        ("市级券", " ".join(money(row.city_redeemed_fen))),
    )
    return [
        html.Div([html.Span(name), number(text, tone="main")], className="pair-row fact", key=name)
        for name, text in facts
    ]


def _line(place: int, row: CountyProgress) -> Component:
    if row.pace in LAST:
        return _waiting(row)
    behind, below = _behind(row), _below(row)
    cells = [
        _rank(place, row),
        _name(row),
        bar(
            None if row.stamp.data_time is None or checking(row.held, *NET) else row.fund_use_rate,
            tone="amber" if behind else "cyan",
            mark=row.time_pace,
        ),
        number(
            checked(known_money(row.stamp, f"{behind}{percent(row.fund_use_rate)}"), row.held, NET),
            tone="behind" if behind else "main",
        ),
        number(checked(known_money(row.stamp, column_money(row.figures.redeemed_net_fen)), row.held, NET)),
        number(checked(known_money(row.stamp, percent(row.redemption_rate_by_count)), row.held, RATE)),
        number(
            checked(f"{below}{times(row.direct_leverage)}", row.held, LEVERAGE),
            tone="bad" if below else "",
        ),
    ]
    return html.Div(cells, className=f"county-row{' stale' if row.stamp.late else ''}", key=row.code)


def _behind(row: CountyProgress) -> str:
    return "▼" if row.pace is Pace.BEHIND else ""


def _below(row: CountyProgress) -> str:
    return "▼" if row.direct_leverage is not None and row.direct_leverage < row.floor else ""


def _waiting(row: CountyProgress) -> Component:
    at = local(row.launch_at)
    date = f"{at.month}月{at.day}日 {clock(row.launch_at)}"
    overdue = row.pace is Pace.OVERDUE
    words = f"应于 {date} 启动" if overdue else f"{date} 启动"
    cells = [
        html.Span(UNKNOWN, className="rank"),
        _name(row),
        html.Span("▲ 逾期" if overdue else "○ 未启动", className=f"state {'bad' if overdue else ''}".strip()),
        html.Span(words, className="when"),
    ]
    return html.Div(cells, className="county-row waiting", key=row.code)


def _name(row: CountyProgress) -> Component:
    return html.Span(fit(row.name, width=_NAME_EMS), className="name long" if len(row.name) > 3 else "name")


def _rank(place: int, row: CountyProgress) -> Component:
    """A county whose feed is late says so in the place of its rank: the rank is not to be trusted either."""
    if row.stamp.late:
        return html.Span("迟", className="rank late")
    return html.Span(UNKNOWN if row.stamp.data_time is None else str(place), className="rank")
