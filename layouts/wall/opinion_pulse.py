"""What is being said, hour by hour. A dead source is named as a gap: silence from it is no calm."""

from dash import html
from dash.development.base_component import Component

from domain.readings import OpinionPulse
from domain.terms import NO_DATA, UNKNOWN, clock, count, local, percent
from layouts.parts import Values, card, empty, fit

SLOT = "opinion-pulse"
TITLE = "舆情热度"
_GAP_EMS = 24.0


def layout() -> Component:
    legend = html.Div(
        [
            html.I(className="swatch red"),
            html.Span("负面"),
            html.I(className="swatch steel"),
            html.Span("其他"),
        ],
        className="legend",
    )
    return card(
        SLOT,
        TITLE,
        html.Div(
            [
                html.Div(UNKNOWN, id="opinion-pulse-counts", className="pulse-counts"),
                html.Div(empty(), id="opinion-pulse-hours", className="pulse-hours"),
            ],
            className="pulse-body",
        ),
        html.Div(id="opinion-pulse-gaps", className="pulse-gaps"),
        note=legend,
    )


def update(reading: OpinionPulse | None) -> Values:
    if reading is None:
        return {
            SLOT: {"className": "card"},
            "opinion-pulse-stamp": {"children": NO_DATA},
            "opinion-pulse-counts": {"children": UNKNOWN},
            "opinion-pulse-hours": {"children": empty()},
            "opinion-pulse-gaps": {"children": []},
        }
    return {
        SLOT: {"className": "card gap" if reading.dead_sources else "card"},
        "opinion-pulse-stamp": {"children": f"{_window(reading)}截至 {clock(reading.until)}"},
        "opinion-pulse-counts": {"children": _counts(reading)},
        "opinion-pulse-hours": {"children": _hours(reading)},
        "opinion-pulse-gaps": {"children": _gaps(reading)},
    }


def _window(reading: OpinionPulse) -> str:
    hours = round((reading.until - reading.since).total_seconds() / 3600)
    return f"近 {hours} 小时 " if hours else ""


def _counts(reading: OpinionPulse) -> list[Component]:
    labelled = reading.negative + reading.neutral + reading.positive
    share = reading.negative / labelled if labelled else None
    unsure = f"未判定 {count(reading.unlabelled)}" if reading.unlabelled else f"已判定 {count(labelled)}"
    return [
        html.Div(
            [html.B(count(reading.negative)), html.Span(f"负面 {percent(share)}")], className="negative"
        ),
        html.Div([html.B(count(reading.posts)), html.Span(unsure)]),
    ]


def _hours(reading: OpinionPulse) -> list[Component] | Component:
    top = max(
        (n + o for n, o in zip(reading.negative_by_hour, reading.other_by_hour, strict=True)), default=0
    )
    if not top:
        heard = not reading.dead_sources and not any(reading.silent_by_hour)
        return empty("本时段无相关帖文" if heard else NO_DATA)
    told = zip(reading.negative_by_hour, reading.other_by_hour, reading.silent_by_hour, strict=True)
    columns = [
        html.Div(
            [_block(other, top, "steel"), _block(negative, top, "red")],
            className="gap" if silent else "",
            title=f"无应答:{'、'.join(silent)}" if silent else "",
        )
        for negative, other, silent in told
    ]
    first, last = local(reading.hours[0]), local(reading.hours[-1])
    return [
        html.Div(columns, className="columns"),
        html.Div(
            [html.Span(f"{first:%H} 时"), html.Span(f"峰 {count(top)} 条/时"), html.Span(f"{last:%H} 时")],
            className="axis",
        ),
    ]


def _block(n: int, top: int, tone: str) -> Component:
    return html.I(className=tone, style={"height": f"{n / top * 100:.1f}%"})


def _gaps(reading: OpinionPulse) -> list[Component]:
    if not reading.dead_sources:
        return []
    return [
        html.Span("▲ 数据缺口", className="late"),
        html.Span(fit("、".join(reading.dead_sources), width=_GAP_EMS - 6)),
    ]
