"""Claims and redemptions of the last hour and a half, minute by minute, with the releases' marks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from domain.readings import MinuteCurve
from domain.readings_scenes import LaunchBoard
from domain.sanity import Kept
from domain.terms import CHECKING, NO_DATA, clock, count, local
from layouts.axis import axis_cap
from layouts.parts import Values, card, checking, empty, freshness, stamp_line, unknown
from layouts.sparks import area, line, picture, under
from layouts.theme import COLOURS

SLOT = "launch-curve"
TITLE = "分钟曲线"
SHOWN = timedelta(minutes=90)
FEWEST = 4
"""Fewer minutes make no line."""


def layout() -> Component:
    legend = html.Div(
        [
            html.I(className="stroke cyan"),
            html.Span("领取"),
            html.I(className="stroke amber"),
            html.Span("核销"),
        ],
        className="legend",
    )
    return card(SLOT, TITLE, html.Div(empty(), id="launch-curve-body", className="plot"), note=legend)


def update(reading: LaunchBoard) -> Values:
    curve = reading.curve
    if len(curve.minutes) < FEWEST:
        return {**unknown(SLOT), "launch-curve-body": {"children": empty(NO_DATA)}}
    values = freshness(SLOT, curve.stamp, room=6.5)
    if curve.stamp.late:  # no room for the grade beside it
        values[f"{SLOT}-stamp"] = {"children": stamp_line(curve.stamp, room=6.5)[:2]}
    if checking(curve.held, Kept.CLAIMED, Kept.REDEEMED):
        return {**values, "launch-curve-body": {"children": empty(CHECKING)}}
    return {**values, "launch-curve-body": {"children": _body(curve)}}


def _body(curve: MinuteCurve) -> list[Component]:
    """The last minute is left out: it is still being filled."""
    end = curve.minutes[-2]
    first = max(curve.minutes[0], end - SHOWN)
    kept = [i for i, at in enumerate(curve.minutes[:-1]) if at >= first]
    claimed, redeemed = [curve.claimed[i] for i in kept], [curve.redeemed[i] for i in kept]
    top = axis_cap(claimed, redeemed)
    marks = sorted({r.opens_at for r in curve.releases if first <= r.opens_at <= end})
    shapes = [
        *(
            line([(_x(at, first, end), 0), (_x(at, first, end), 1)], colour=COLOURS["yellow"], dash="3 6")
            for at in marks
        ),
        area(under(_spots(claimed, top)), colour=COLOURS["cyan"], opacity=0.18),
        line(_spots(claimed, top), colour=COLOURS["cyan"], width=4),
        line(_spots(redeemed, top), colour=COLOURS["amber"], width=4),
    ]
    alt = f"领取最高 {count(max(claimed))} 张/分，核销最高 {count(max(redeemed))} 张/分"
    return [
        html.Div(
            [html.Span(_peak(claimed, top)), *_release(marks)],
            className="plot-head",
        ),
        picture(shapes, alt=alt, name="plot-lines"),
        html.Div([html.Span(f"{local(at):%H:%M}") for at in (first, end)], className="axis"),
    ]


def _peak(claimed: Sequence[int], top: int) -> str:
    """What the cut hides is written: the highest minute."""
    cut = "▲" if max(claimed) > top else ""
    return f"{cut}峰值 {count(max(claimed))} 张/分"


def _release(marks: Sequence[datetime]) -> list[Component]:
    if not marks:
        return []
    return [html.Span(f"│ {clock(marks[-1])} 发放", className="mark-word")]


def _spots(values: Sequence[int], top: int) -> list[tuple[float, float]]:
    steps = max(len(values) - 1, 1)
    return [(i / steps, n / top) for i, n in enumerate(values)]


def _x(at: datetime, first: datetime, end: datetime) -> float:
    return (at - first) / (end - first) if end > first else 0.0
