"""Is it handled? Open opinion alerts with level, first seen, spread and running time."""

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from domain.peaks import bare_title
from domain.readings import AlertBoard, OpenAlert
from domain.readings_scenes import OpinionBoard
from domain.terms import LEVEL, NO_DATA, clock, count, day_clock
from layouts.parts import Values, card, clauses, empty
from layouts.wall_words import LEVEL_SHAPE, age

SLOT = "opinion-events"
MOST = 3
_TITLE_EMS = 21.5
_GRAVITY = tuple(LEVEL_SHAPE)


def layout() -> Component:
    events = html.Div(empty(), id="opinion-events-rows", className="event-rows")
    return card(SLOT, "未结舆情预警", events)


def update(reading: OpinionBoard | None) -> Values:
    if reading is None:
        return {
            "opinion-events-stamp": {"children": NO_DATA},
            "opinion-events-rows": {"children": empty()},
        }
    return {
        "opinion-events-stamp": {"children": _stamp(reading.alerts)},
        "opinion-events-rows": {"children": _events(reading.alerts)},
    }


def _stamp(board: AlertBoard) -> list[Component] | str:
    if board.as_of is None:
        return NO_DATA
    more = len(board.alerts) - MOST
    rest = [html.Span(f"另有 {more} 条", className="more")] if more > 0 else []
    return [*rest, html.Span(f"研判 {clock(board.as_of)}")]


def _events(board: AlertBoard) -> list[Component] | Component:
    if board.as_of is None:
        return empty()
    ordered = sorted(
        board.alerts, key=lambda a: (_GRAVITY.index(a.level), a.receded, -a.raised_at.timestamp())
    )
    rows = [_event(a, board.as_of) for a in ordered[:MOST]]
    return rows or empty("当前无未结预警")


def _event(alert: OpenAlert, as_of: datetime) -> Component:
    return html.Div(
        [
            html.Div(
                [
                    html.Span(
                        [html.B(LEVEL_SHAPE[alert.level]), html.Span(LEVEL[alert.level])],
                        className=f"pill level-{alert.level}",
                    ),
                    html.Span(f"{day_clock(alert.raised_at, now=as_of)} 起"),
                    html.Span("已回落" if alert.receded else f"已 {age(alert.raised_at, as_of)}"),
                    html.Span(f"{count(alert.evidence_count)} 条", className="right"),
                ],
                className="event-head",
            ),
            html.Div(clauses(bare_title(alert.title), width=_TITLE_EMS), className="title"),
        ],
        className="event-row",
        key=str(alert.alert_id),
    )
