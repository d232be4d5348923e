"""The foot of every scene: which day and money, how far the figures reach, sources, connection, version, scene dots."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from domain.readings import FeedBoard, FeedHealth, Health, Masthead, Stamp
from domain.terms import GRADE, NO_DATA, local
from layouts.parts import Values

SLOT = "foot"


def layout() -> Component:
    """`wall-date` and `wall-connection` are filled by live.js, `scene-dots` and `scene-pin` by rotation.js."""
    return html.Footer(
        [
            html.Div([html.Div(id="scene-dots"), html.Div(id="scene-pin")], className="foot-scenes"),
            html.Div(id="wall-date"),
            html.Div(id="foot-day"),
            html.Div(NO_DATA, id="foot-stamp"),
            html.Div(NO_DATA, id="foot-feeds"),
            html.Div(id="wall-connection"),
            html.Div(id="wall-version"),
        ],
        id=SLOT,
        className="foot",
    )


def update(reading: tuple[Masthead, FeedBoard]) -> Values:
    masthead, board = reading
    return {
        "foot-day": {"children": _day(masthead)},
        "foot-stamp": {"children": _reach(masthead.stamp)},
        "foot-feeds": {"children": _feeds(board.feeds)},
    }


def _day(reading: Masthead) -> str:
    if reading.day_no is None:
        return "尚未启动"
    whole = f"/{reading.day_count}" if reading.day_count else ""
    return f"第 {reading.day_no}{whole} 天"


def _reach(stamp: Stamp) -> list[Component]:
    if stamp.data_time is None:
        return [html.Span(NO_DATA)]
    here = local(stamp.data_time)
    late = [html.Span(f"▲{len(stamp.late)} 路迟", className="late")] if stamp.late else []
    same_day = stamp.as_of is not None and local(stamp.as_of).date() == here.date()
    until = f"{here:%H:%M}" if same_day else f"{here.month}月{here.day}日"
    word = "" if late else "截至 "
    return [*late, html.Span(f"{word}{until}"), html.Span(GRADE[stamp.grade], className="grade")]


def _feeds(feeds: Sequence[FeedHealth]) -> list[Component]:
    if not feeds:
        return [html.Span(NO_DATA)]
    fresh = sum(f.health is Health.FRESH for f in feeds)
    tone, shape = ("good", "●") if fresh == len(feeds) else ("late", "▲")
    return [html.Span(["来源 ", html.B(f"{shape}{fresh}/{len(feeds)}", className=tone)])]
