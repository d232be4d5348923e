"""Who is listened to: how many sources are alive, and which are not. Silence from a dead source is no calm."""

from dash import html
from dash.development.base_component import Component

from domain.readings import Health
from domain.readings_scenes import OpinionBoard
from domain.terms import NO_DATA, UNKNOWN
from layouts.parts import Values, ems, fit
from layouts.wall_words import HEALTH, age

SLOT = "opinion-sources"
_ROOM_EMS = 13.5
_GAP_EMS = 2.0


def layout() -> Component:
    return html.Section(
        [
            html.H2("来源"),
            html.Div(UNKNOWN, id="opinion-sources-count"),
            html.Div(NO_DATA, id="opinion-sources-rows", className="source-words"),
        ],
        id=SLOT,
        className="card",
    )


def update(reading: OpinionBoard | None) -> Values:
    if reading is None or not reading.feeds:
        return {
            "opinion-sources-count": {"children": UNKNOWN},
            "opinion-sources-rows": {"children": NO_DATA},
        }
    fresh = sum(f.health is Health.FRESH for f in reading.feeds)
    tone = "good" if fresh == len(reading.feeds) else "late"
    return {
        "opinion-sources-count": {"children": html.B(f"{fresh}/{len(reading.feeds)} 正常", className=tone)},
        "opinion-sources-rows": {"children": _troubled(reading) or html.Span("● 全部在听", className="soft")},
    }


def _troubled(reading: OpinionBoard) -> list[Component]:
    """As many as fit on the line, the worst first; the count beside names the rest."""
    order = list(HEALTH)
    bad = [f for f in reading.feeds if f.health is not Health.FRESH]
    room, shown = _ROOM_EMS, []
    for feed in sorted(bad, key=lambda f: (order.index(f.health), f.source)):
        shape, word, tone = HEALTH[feed.health]
        gone = f" {age(feed.last_ok_at, reading.pulse.until)}" if feed.last_ok_at and not shown else ""
        words = f"{fit(feed.name, width=6)} {word}{gone}"
        room -= ems(words) + _GAP_EMS
        if room < 0:
            break
        shown.append(html.Span([html.I(shape), html.Span(words)], className=f"feed {tone}", key=feed.source))
    return shown
