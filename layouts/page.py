"""The grids the slots sit in. One scene of the wall fills the screen without a scroll bar."""

from dash import html
from dash.development.base_component import Component


def wall_page(
    *,
    masthead: Component,
    headline: Component,
    county_progress: Component,
    county_map: Component,
    minute_curve: Component,
    sector_mix: Component,
    opinion_pulse: Component,
    alerts: Component,
    feeds_strip: Component,
) -> Component:
    """The overview scene (总览): where do we stand?"""
    return html.Main(
        [
            masthead,
            headline,
            html.Div([county_progress], className="wall-left"),
            html.Div([county_map, minute_curve], className="wall-centre"),
            html.Div([sector_mix, opinion_pulse, alerts], className="wall-right"),
            feeds_strip,
        ],
        className="wall",
        lang="zh-CN",
    )
