"""The head of the wall: what it is, which day and money it shows, how far the figures reach, and the clock."""

from dash import html
from dash.development.base_component import Component

from domain.readings import Masthead, Stamp
from domain.terms import GRADE, NO_DATA, local
from layouts.parts import Values

SLOT = "masthead"
SUBJECT = "政府数字消费券运行与舆情监测"


def layout() -> Component:
    """`wall-clock`, `wall-date` and `wall-connection` are filled by live.js: they must run without the server."""
    return html.Header(
        [
            html.Div(
                [html.H1(id="masthead-theme"), html.Div(id="masthead-city")], className="masthead-title"
            ),
            html.Div(id="masthead-banner", className="banner", hidden=True),
            html.Div(
                [html.Div(id="masthead-day"), html.Div(id="masthead-stamp")], className="masthead-facts"
            ),
            html.Div([html.Div(id="wall-date"), html.Div(id="wall-connection")], className="masthead-side"),
            html.Div(id="wall-clock"),
        ],
        id=SLOT,
        className="masthead",
    )


def update(reading: Masthead) -> Values:
    return {
        "masthead-theme": {"children": reading.theme},
        "masthead-city": {"children": reading.city_name + SUBJECT},
        "masthead-banner": {"children": reading.banner or "", "hidden": reading.banner is None},
        "masthead-day": {"children": f"{_day(reading)} · {reading.tranche_name}"},
        "masthead-stamp": {"children": _reach(reading.stamp)},
    }


def _day(reading: Masthead) -> str:
    if reading.day_no is None:
        return "尚未启动"
    whole = f" / 共 {reading.day_count} 天" if reading.day_count else ""
    return f"第 {reading.day_no} 天{whole}"


def _reach(stamp: Stamp) -> list[Component]:
    if stamp.data_time is None:
        return [html.Span(NO_DATA)]
    here = local(stamp.data_time)
    late = [html.Span(f"▲ {len(stamp.late)} 路迟到", className="late")] if stamp.late else []
    until = html.Span(f"数据截至 {here.month}月{here.day}日 {here:%H:%M}")
    return [*late, until, html.Span(GRADE[stamp.grade], className="grade")]
