"""What do people say? Posts an hour by tone, against what is usual at that hour."""

from dash import html
from dash.development.base_component import Component

from domain.readings import OpinionPulse
from domain.readings_scenes import OpinionBoard
from domain.terms import NO_DATA, UNKNOWN, clock, count, local, percent
from layouts.parts import Values, card, empty
from layouts.sparks import area, line, picture
from layouts.theme import COLOURS

SLOT = "opinion-volume"
TITLE = "每小时声量"


def layout() -> Component:
    legend = html.Div(
        [
            html.I(className="swatch red"),
            html.Span("▼负面"),
            html.I(className="swatch steel"),
            html.Span("其他"),
            html.I(className="swatch band"),
            html.Span("常态"),
        ],
        className="legend",
    )
    body = [
        html.Div(UNKNOWN, id="opinion-volume-counts", className="volume-counts"),
        html.Div(empty(), id="opinion-volume-body", className="plot"),
    ]
    return card(SLOT, TITLE, html.Div(body, className="volume"), note=legend)


def update(reading: OpinionBoard | None) -> Values:
    if reading is None:
        return {
            SLOT: {"className": "card"},
            "opinion-volume-stamp": {"children": NO_DATA},
            "opinion-volume-counts": {"children": UNKNOWN},
            "opinion-volume-body": {"children": empty()},
        }
    pulse = reading.pulse
    return {
        SLOT: {"className": "card gap" if pulse.dead_sources else "card"},
        "opinion-volume-stamp": {"children": f"截至 {clock(pulse.until)}"},
        "opinion-volume-counts": {"children": _counts(pulse)},
        "opinion-volume-body": {"children": _body(reading)},
    }


def _counts(pulse: OpinionPulse) -> list[Component]:
    labelled = pulse.negative + pulse.neutral + pulse.positive
    return [
        html.Div(
            [
                html.B(count(pulse.negative)),
                html.Span(f"▼负面 {percent(pulse.negative / labelled if labelled else None)}"),
            ],
            className="negative",
        ),
        html.Div(
            [
                html.B(count(labelled)),
                html.Span(f"已判 / {count(pulse.posts)} 条"),
            ]
        ),
    ]


def _body(reading: OpinionBoard) -> list[Component] | Component:
    pulse = reading.pulse
    totals = [n + o for n, o in zip(pulse.negative_by_hour, pulse.other_by_hour, strict=True)]
    if not any(totals):
        heard = not pulse.dead_sources and not any(pulse.silent_by_hour)
        return empty("24 小时内没有相关帖文" if heard else NO_DATA)
    highs = [band[1] for band in reading.usual if band]
    top = max(*totals, *highs, 1.0)
    n = len(totals)
    shapes = [
        area(
            [(i / n, 0), (i / n, 1), ((i + 1) / n, 1), ((i + 1) / n, 0)], colour=COLOURS["line"], opacity=0.5
        )
        for i, silent in enumerate(pulse.silent_by_hour)
        if silent
    ]
    for i, (negative, whole) in enumerate(zip(pulse.negative_by_hour, totals, strict=True)):
        left, right = (i + 0.12) / n, (i + 0.88) / n
        shapes += [
            _block(left, right, negative / top, whole / top, COLOURS["steel"]),
            _block(left, right, 0.0, negative / top, COLOURS["red"]),
        ]
    band = [(i, b) for i, b in enumerate(reading.usual) if b]
    if band:
        highest = [((i + 0.5) / n, b[1] / top) for i, b in band]
        lowest = [((i + 0.5) / n, b[0] / top) for i, b in reversed(band)]
        shapes += [
            area([*highest, *lowest], colour=COLOURS["yellow"], opacity=0.22),
            line(highest, colour=COLOURS["yellow"], width=2.5, dash="6 6"),
        ]
    first, last = local(pulse.hours[0]), local(pulse.hours[-1])
    busiest = local(pulse.hours[totals.index(max(totals))])
    deaf = sum(map(bool, pulse.silent_by_hour))
    note = f"▲ {deaf} 个时段缺数" if deaf else "" if band else "○ 基线不足 3 天"
    return [
        html.Div(
            [
                html.Span(f"峰值 {count(max(totals))} 条 {busiest:%H} 时"),
                html.Span(note, className="late" if deaf else "soft"),
            ],
            className="plot-head",
        ),
        picture(shapes, alt=f"每小时最多 {max(totals)} 条", name="plot-lines"),
        html.Div([html.Span(f"{first:%H} 时"), html.Span(f"{last:%H} 时")], className="axis"),
    ]


def _block(left: float, right: float, low: float, high: float, colour: str) -> str:
    return area([(left, low), (left, high), (right, high), (right, low)], colour=colour)
