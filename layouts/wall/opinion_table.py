"""Where it is complained of: county by issue."""

from dash import html
from dash.development.base_component import Component

from domain.readings_scenes import OpinionBoard
from domain.terms import NO_DATA, clock, count
from layouts.parts import Values, card, empty, fit

SLOT = "opinion-table"
MOST = 5


def layout() -> Component:
    return card(SLOT, "区县 × 诉求", html.Div(empty(), id="opinion-table-rows", className="table-rows"))


def update(reading: OpinionBoard | None) -> Values:
    if reading is None:
        return {"opinion-table-stamp": {"children": NO_DATA}, "opinion-table-rows": {"children": empty()}}
    return {
        "opinion-table-stamp": {"children": f"24 小时 截至 {clock(reading.pulse.until)}"},
        "opinion-table-rows": {"children": _table(reading) or empty("没有指明区县的诉求")},
    }


def _table(reading: OpinionBoard) -> list[Component]:
    if not reading.table:
        return []
    head = html.Div(
        [html.Span(""), *(html.Span(name, className="num issue") for name in reading.table_issues)],
        className="table-row head",
    )
    rows = [
        html.Div(
            [
                html.Span(fit(row.name, width=4), className="name"),
                *(
                    html.Span(count(n) if n else "·", className="num main" if n else "num")
                    for n in row.counts
                ),
            ],
            className="table-row",
            key=row.name,
        )
        for row in reading.table[:MOST]
    ]
    return [head, *rows]
