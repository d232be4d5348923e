"""Claims and redemptions per minute of the day, with the moments vouchers were released."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import dcc, html
from dash.development.base_component import Component

from domain.readings import MinuteCurve
from domain.sanity import Kept
from domain.terms import CHECKING, NO_DATA, clock, count, local
from layouts.axis import axis_cap
from layouts.parts import Values, card, checking, freshness, unknown
from layouts.theme import COLOURS, FONT, LINE_PX, MIN_PX, QUIET

SLOT = "minute-curve"
TITLE = "领取与核销"
WIDTH, HEIGHT = 608, 180  # px at 1080p
_TICKS_MIN = (10, 15, 30, 60, 120, 180, 240)
_MOST_TICKS = 7
_CLEAR = 0.4  # of the width: what the longest text on the curve takes
_PANEL_VEIL = "rgba(16,28,48,0.85)"
_SHORTEST = timedelta(hours=2)  # the axis is never shorter: a young day does not look like a long one


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
    return card(SLOT, TITLE, dcc.Graph(id="minute-curve-figure", figure=blank(), config=QUIET), note=legend)


def update(reading: MinuteCurve | None) -> Values:
    if reading is None or not reading.minutes:
        return {**unknown(SLOT), "minute-curve-figure": {"figure": blank()}}
    if checking(reading.held, Kept.CLAIMED, Kept.REDEEMED):
        return {
            **freshness(SLOT, reading.stamp, room=12.8),
            "minute-curve-figure": {"figure": blank(CHECKING)},
        }
    return {**freshness(SLOT, reading.stamp, room=12.8), "minute-curve-figure": {"figure": figure(reading)}}


def figure(reading: MinuteCurve) -> dict[str, object]:
    first, last = local(reading.minutes[0]), local(reading.minutes[-1])
    end = max(last, first + _SHORTEST)
    cap = axis_cap(reading.claimed, reading.redeemed)
    layout = _layout()
    layout["xaxis"] |= {"range": [_naive(first), _naive(end)], **_ticks(first, end)}
    layout["yaxis"] |= {"range": [0, cap], "dtick": cap / 2}
    marks = Counter(r.opens_at for r in reading.releases if first <= r.opens_at <= end)
    layout["shapes"] = [_mark(at) for at in marks]
    layout["annotations"] = [
        *([] if any(at - first < (end - first) * 0.12 for at in marks) else [_unit()]),
        *_release_words(marks, first=first, end=end),
        *_peaks(reading, cap=cap, first=first, end=end),
    ]
    start = _naive(first)
    return {
        "data": [
            _line(reading.claimed, start=start, colour=COLOURS["cyan"], fill="rgba(76,201,240,0.14)"),
            _line(reading.redeemed, start=start, colour=COLOURS["amber"], fill=None),
        ],
        "layout": layout,
    }


def blank(text: str = NO_DATA) -> dict[str, object]:
    layout = _layout()
    layout["xaxis"] |= {"visible": False, "range": [0, 1]}
    layout["yaxis"] |= {"visible": False, "range": [0, 1]}
    words = _words(0.5, 0.5, text, xanchor="center")
    layout["annotations"] = [{**words, "xref": "paper", "yref": "paper", "yanchor": "middle"}]
    return {"data": [], "layout": layout}


def _peaks(reading: MinuteCurve, *, cap: int, first: datetime, end: datetime) -> list[dict[str, object]]:
    """What the cut hides is written at the cut: of either curve the highest minute, if the axis does not hold it."""
    words = []
    curves = (("领取", reading.claimed, COLOURS["cyan"]), ("核销", reading.redeemed, COLOURS["amber"]))
    for name, values, colour in curves:
        most = max(values)
        if most <= cap:
            continue
        place = values.index(most)
        at = local(reading.minutes[place])
        right = (
            _quieter_right(reading, place)
            if _CLEAR < (at - first) / (end - first) < 1 - _CLEAR
            else at - first < end - at
        )
        text = f"▲ {name}峰值 <b>{count(most)}</b> 张/分 {clock(at)}"
        y = cap * (1.0 - 0.21 * len(words))
        word = _words(_naive(at), y, text, xanchor="left" if right else "right", colour=colour)
        backed = {"bgcolor": _PANEL_VEIL, "borderpad": 1, "yanchor": "top", "xshift": 12 if right else -12}
        words.append({**word, **backed})
    return words


def _quieter_right(reading: MinuteCurve, place: int) -> bool:
    """Whether the text would cover less of the curves to the right of the peak than to its left."""
    reach = int(len(reading.minutes) * _CLEAR)
    left, right = slice(max(0, place - reach), place - 5), slice(place + 20, place + reach)
    return max(reading.claimed[right], default=0) < max(reading.claimed[left], default=0)


def _release_words(marks: dict[datetime, int], *, first: datetime, end: datetime) -> list[dict[str, object]]:
    words, busy_until = [], None
    for at in sorted(marks):
        if busy_until is not None and at < busy_until:
            continue  # its line still stands; two texts in one place help nobody
        busy_until = at + (end - first) * 0.3
        several = f" {marks[at]} 项" if marks[at] > 1 else ""
        right = at - first > (end - first) * 0.75
        word = _words(
            _naive(local(at)),
            1.0,
            f"{clock(at)} 发放{several}",
            xanchor="right" if right else "left",
            colour=COLOURS["yellow"],
        )
        words.append({**word, "yref": "paper", "yanchor": "bottom"})
    return words


def _unit() -> dict[str, object]:
    word = _words(0.0, 1.0, "张/分", xanchor="left", colour=COLOURS["text-3"])
    return {**word, "xref": "paper", "yref": "paper", "yanchor": "bottom"}


def _mark(at: datetime) -> dict[str, object]:
    x = _naive(local(at))
    line = {"color": COLOURS["yellow"], "width": 2, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _words(
    x: object, y: float, text: str, *, xanchor: str, colour: str = COLOURS["text-2"]
) -> dict[str, object]:
    font = {"size": MIN_PX, "color": colour, "family": FONT}
    return {"x": x, "y": y, "text": text, "showarrow": False, "xanchor": xanchor, "font": font}


def _line(values: Sequence[int], *, start: str, colour: str, fill: str | None) -> dict[str, object]:
    area = {"fill": "tozeroy", "fillcolor": fill} if fill else {}
    return {
        "type": "scatter",
        "mode": "lines",
        "x0": start,
        "dx": 60_000,
        "y": list(values),
        "line": {"color": colour, "width": LINE_PX},
        "hoverinfo": "skip",
        **area,
    }


def _ticks(first: datetime, end: datetime) -> dict[str, object]:
    span = (end - first).total_seconds() / 60
    step = next((t for t in _TICKS_MIN if span / t <= _MOST_TICKS), _TICKS_MIN[-1])
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = range(int((end - midnight).total_seconds() // 60 // step) + 1)
    at = [t for t in (midnight + timedelta(minutes=step * n) for n in steps) if t >= first]
    return {"tickvals": [_naive(t) for t in at], "ticktext": [f"{t:%H:%M}" for t in at]}


def _naive(at: datetime) -> str:
    """Local time without a zone: plotly would shift an aware one to the screen's own zone."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _layout() -> dict[str, object]:
    axis = {
        "fixedrange": True,
        "gridcolor": COLOURS["grid"],
        "gridwidth": 1,
        "zeroline": False,
        "tickfont": {"size": MIN_PX, "color": COLOURS["text-2"], "family": FONT},
        "color": COLOURS["text-2"],
    }
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "margin": {"l": 56, "r": 30, "t": 30, "b": 34},
        "xaxis": {
            **axis,
            "type": "date",
            "showgrid": False,
            "showline": True,
            "linecolor": COLOURS["line-2"],
        },
        "yaxis": {**axis, "tickformat": ",d"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "uirevision": SLOT,
    }
