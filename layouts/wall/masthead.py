"""The head of the wall: what it is, whose money, which question the scene answers, and the clock."""

from dash import html
from dash.development.base_component import Component

from domain.readings import Masthead
from layouts.parts import Values

SLOT = "masthead"


def layout() -> Component:
    """`wall-clock` is filled by live.js, which runs without the server; the scene's name by rotation.js."""
    return html.Header(
        [
            html.H1(id="masthead-theme"),
            html.Div(
                [html.Span(id="masthead-city"), html.Span(id="masthead-tranche")], className="masthead-place"
            ),
            html.Div([html.B(id="scene-name"), html.Span(id="scene-question")], className="scene-title"),
            html.Div(id="masthead-banner", className="banner", hidden=True),
            html.Div(id="wall-clock"),
        ],
        id=SLOT,
        className="masthead",
    )


def update(reading: Masthead) -> Values:
    return {
        "masthead-theme": {"children": reading.theme},
        "masthead-city": {"children": reading.city_name},
        "masthead-tranche": {"children": reading.tranche_name},
        "masthead-banner": {"children": reading.banner or "", "hidden": reading.banner is None},
    }
