"""The release this minute: claims a second, how far the platforms lag, and what people complain of right now."""

from dash import html
from dash.development.base_component import Component

from domain.readings import FeedHealth, Health
from domain.readings_scenes import IssueCount, LaunchBoard
from domain.sanity import Kept
from domain.terms import CHECKING, NO_DATA, UNKNOWN, count
from layouts.parts import Values, bar, card, checking, empty, fit, stamp_line
from layouts.wall_words import HEALTH, age

SLOT = "launch-now"
TITLE = "领取速度"
MOST_FEEDS, MOST_ISSUES = 3, 3


def layout() -> Component:
    return html.Div(
        [
            html.Section(
                [
                    html.Header([html.H2(TITLE), html.Div(id="launch-now-stamp", className="stamp")]),
                    html.Div(
                        [
                            html.Span(UNKNOWN, id="launch-now-value", className="hero"),
                            html.Span("张/秒", className="unit"),
                        ],
                        className="figure",
                    ),
                ],
                id=SLOT,
                className="card speed",
            ),
            card(
                "launch-delay", "平台延迟", html.Div(empty(), id="launch-delay-rows", className="pair-rows")
            ),
            card(
                "launch-complaints",
                "近 10 分钟诉求",
                html.Div(empty(), id="launch-complaints-rows", className="issue-rows"),
            ),
        ],
        className="launch-side",
    )


def update(reading: LaunchBoard) -> Values:
    curve = reading.curve
    held = checking(curve.held, Kept.CLAIMED)
    speed = curve.claims_per_s
    words = CHECKING if held else UNKNOWN if speed is None else _speed(speed)
    return {
        SLOT: {"className": "card speed stale" if curve.stamp.late else "card speed"},
        "launch-now-stamp": {
            "children": stamp_line(curve.stamp, room=4.0)[:1] if curve.stamp.data_time else ""
        },
        "launch-now-value": {"children": words, "className": "hero checking" if held else "hero"},
        "launch-delay-stamp": {
            "children": f"{len(reading.payment_feeds)} 路" if reading.payment_feeds else ""
        },
        "launch-delay-rows": {"children": _delays(reading)},
        "launch-complaints-stamp": {"children": _total(reading.complaints)},
        "launch-complaints-rows": {"children": _complaints(reading.complaints)},
    }


def _speed(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= 100 else f"{per_s:.1f}"


def _delays(reading: LaunchBoard) -> list[Component] | Component:
    """The slowest first: one of them is enough to spoil the picture."""
    if not reading.payment_feeds:
        return empty()
    worst = sorted(reading.payment_feeds, key=lambda f: _lag_rank(f, reading), reverse=True)
    return [_delay(feed, reading) for feed in worst[:MOST_FEEDS]]


def _lag_rank(feed: FeedHealth, reading: LaunchBoard) -> tuple[bool, float]:
    gone = 0.0 if feed.seen_at is None else (reading.as_of - feed.seen_at).total_seconds()
    return feed.health is not Health.FRESH, gone / feed.stale_after_s


def _delay(feed: FeedHealth, reading: LaunchBoard) -> Component:
    shape, word, tone = HEALTH[feed.health]
    return html.Div(
        [
            html.Span(
                [html.I(shape), html.Span(fit(feed.name.split("(")[0], width=4.2))], className=f"feed {tone}"
            ),
            html.Span(age(feed.seen_at, reading.as_of) if feed.seen_at else word, className="num main"),
        ],
        className="pair-row",
        key=feed.source,
    )


def _total(complaints: tuple[IssueCount, ...] | None) -> str:
    return NO_DATA if complaints is None else f"{count(sum(c.count for c in complaints))} 条次"


def _complaints(complaints: tuple[IssueCount, ...] | None) -> list[Component] | Component:
    if complaints is None:
        return empty()
    if not complaints:
        return empty("近 10 分钟没有诉求")
    top = complaints[0].count
    return [
        html.Div(
            [
                html.Span(fit(c.name, width=7), className="name"),
                bar(c.count / top, tone="red"),
                html.Span(count(c.count), className="num main"),
            ],
            className="issue-row",
            key=c.name,
        )
        for c in complaints[:MOST_ISSUES]
    ]
