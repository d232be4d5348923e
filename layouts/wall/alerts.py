"""Open alerts, the gravest first. Level as shape and word, when, and one sentence with its figures.

That one has receded is said below its level: before the title it would cost the figure at the end of it.
"""

import re

from dash import html
from dash.development.base_component import Component

from domain.peaks import bare_title
from domain.readings import AlertBoard, Level, OpenAlert
from domain.terms import LEVEL, NO_DATA, clock, day_clock
from domain.topics import LEADS
from layouts.parts import Values, card, clauses, empty

SLOT = "alerts"
TITLE = "未结预警"
MOST = 3
_SHAPE = {Level.RED: "▲", Level.ORANGE: "◆", Level.YELLOW: "■", Level.BLUE: "●"}
_GRAVITY = tuple(_SHAPE)
_TITLE_EMS = 23.0


def layout() -> Component:
    return card(SLOT, TITLE, html.Div(empty(), id="alerts-rows", className="alert-rows"))


def update(reading: AlertBoard) -> Values:
    if reading.as_of is None:
        return {"alerts-stamp": {"children": NO_DATA}, "alerts-rows": {"children": empty()}}
    ordered = sorted(reading.alerts, key=_place)
    more = len(ordered) - MOST
    stamp = [html.Span(f"另有 {more} 条", className="more")] if more > 0 else []
    rows = [_row(a, reading) for a in ordered[:MOST]]
    return {
        "alerts-stamp": {"children": [*stamp, html.Span(f"研判 {clock(reading.as_of)}")]},
        "alerts-rows": {"children": rows or empty("当前无未结预警")},
    }


def _place(alert: OpenAlert) -> tuple[int, bool, bool, float, int]:
    """What has receded, and merchant leads, of which there may be very many, after all others of their level."""
    gravity = _GRAVITY.index(alert.level)
    return gravity, alert.rule in LEADS, alert.receded, -alert.raised_at.timestamp(), alert.alert_id


def _kept_together(title: str) -> str:
    """A figure and its unit do not part at the end of a line."""
    return re.sub(r"(?<=[\d.%]) (?=\S)", "\u00a0", title)


def _row(alert: OpenAlert, board: AlertBoard) -> Component:
    pill = [html.B(_SHAPE[alert.level]), html.Span(LEVEL[alert.level])]
    at = day_clock(alert.raised_at, now=board.as_of) if board.as_of else clock(alert.raised_at)
    state = [html.Div(pill, className=f"pill level-{alert.level}")]
    if alert.receded:
        state.append(html.Div("已回落", className="receded"))
    title = clauses(bare_title(alert.title), width=_TITLE_EMS)
    return html.Div(
        [
            html.Div(state),
            html.Div(_kept_together(title), className="title"),
            html.Div([html.Div(part) for part in at.split(" ")], className="when"),
        ],
        className="alert-row",
        key=str(alert.alert_id),
    )
