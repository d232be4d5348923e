"""Where the money lands: redeemed per resident on the county borders. Colour is always doubled by text."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from domain.readings import CityMap, CountyProgress, Pace
from domain.terms import UNKNOWN
from layouts.atlas import atlas
from layouts.borders import Point
from layouts.labels import Label
from layouts.parts import Values, card, ems, freshness, joined, unknown
from layouts.theme import COLOURS, FONT, MIN_PX, QUIET, SEQUENTIAL, SEQUENTIAL_TEXT

SLOT = "county-map"
TITLE = "人均核销"
NOTE = ("含市级券", "按常住人口")
WIDTH, HEIGHT = 608, 420  # px at 1080p: what the card leaves
_TOPS = (1.0, 2.0, 3.0, 6.0, 9.0, 12.0, 18.0, 24.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
_WAITING = {Pace.NOT_LAUNCHED: "未启动", Pace.OVERDUE: "▲逾期"}


def layout() -> Component:
    steps = [html.I(style={"background": colour}) for colour in SEQUENTIAL]
    legend = html.Div(
        [html.Span("0"), html.Div(steps, className="steps"), html.Span(id="county-map-top")],
        className="legend",
    )
    graph = dcc.Graph(id="county-map-figure", figure=blank(), config=QUIET)
    return card(SLOT, TITLE, graph, note=legend)


def update(reading: CityMap) -> Values:
    stamp = joined(c.stamp for c in reading.counties)
    top = scale_top(reading.counties)
    known = stamp is not None and stamp.data_time is not None
    grey = all(c.stamp.late for c in reading.counties)
    return {
        **(freshness(SLOT, stamp, room=12.4, grey=grey) if stamp else unknown(SLOT)),
        "county-map-figure": {"figure": figure(reading, top)},
        "county-map-top": {"children": f"{top:g} 元/人" if known else UNKNOWN},
    }


def per_resident(row: CountyProgress) -> float | None:
    """Yuan of net redeemed vouchers per resident (2020 census), the city's vouchers used in the county included."""
    if row.pace in _WAITING or not row.residents or row.stamp.data_time is None:
        return None
    return (row.figures.redeemed_net_fen + row.city_redeemed_fen) / 100 / row.residents


def scale_top(rows: Sequence[CountyProgress]) -> float:
    """The round figure the darkest-to-lightest scale ends at, so that colours hold still while figures grow."""
    most = max((v for v in map(per_resident, rows) if v is not None), default=0.0)
    return next((top for top in _TOPS if top >= most), _TOPS[-1])


def figure(reading: CityMap, top: float) -> dict[str, object]:
    plan = atlas(reading.city_code, reading.geo, width=WIDTH, height=HEIGHT, note_ems=max(map(ems, NOTE)))
    rows = {row.code: row for row in reading.counties}
    data = [_county(ring, rows.get(code), top) for code, parts in plan.rings.items() for ring in parts]
    texts: dict[str, list[tuple[Label, str]]] = {}
    for code, label in plan.labels.items():
        colour = COLOURS["text"] if label.anchor else _ink(rows.get(code), top)
        texts.setdefault(colour, []).append((label, f"<b>{plan.names[code]}</b><br>{_words(rows.get(code))}"))
    data += [_leaders(plan.labels), *(_text(colour, items) for colour, items in texts.items())]
    if plan.note:
        data.append(_text(COLOURS["text-3"], [(plan.note, "<br>".join(NOTE))]))
    return {"data": data, "layout": _layout()}


def blank() -> dict[str, object]:
    return {"data": [], "layout": _layout()}


def _step(row: CountyProgress | None, top: float) -> int | None:
    value = per_resident(row) if row else None
    return None if value is None else min(len(SEQUENTIAL) - 1, int(value / top * len(SEQUENTIAL)))


def _ink(row: CountyProgress | None, top: float) -> str:
    step = _step(row, top)
    return COLOURS["text"] if step is None else SEQUENTIAL_TEXT[step]


def _words(row: CountyProgress | None) -> str:
    value = per_resident(row) if row else None
    if row and row.pace in _WAITING:
        return _WAITING[row.pace]
    return UNKNOWN if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _county(ring: tuple[Point, ...], row: CountyProgress | None, top: float) -> dict[str, object]:
    step = _step(row, top)
    trace: dict[str, object] = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _ in ring],
        "y": [y for _, y in ring],
        "fill": "toself",
        "fillcolor": COLOURS["panel-2"] if step is None else SEQUENTIAL[step],
        "line": {"color": "#8FB6D9", "width": 1.2},
        "hoverinfo": "skip",
    }
    if step is None:
        trace["fillpattern"] = {
            "shape": "/",
            "size": 9,
            "solidity": 0.14,
            "fgcolor": COLOURS["line-2"],
            "bgcolor": COLOURS["panel-2"],
        }
    return trace


def _leaders(labels: Mapping[str, Label]) -> dict[str, object]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for line in (label.leader for label in labels.values()):
        if line:
            xs += [line[0][0], line[1][0], None]
            ys += [line[0][1], line[1][1], None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": xs,
        "y": ys,
        "line": {"color": COLOURS["text"], "width": 1.5},
        "marker": {"size": [0, 8, 0] * (len(xs) // 3), "color": COLOURS["text"]},
        "hoverinfo": "skip",
    }


def _text(colour: str, items: list[tuple[Label, str]]) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [label.x for label, _ in items],
        "y": [label.y for label, _ in items],
        "text": [words for _, words in items],
        "textposition": "middle center",
        "textfont": {"size": MIN_PX, "color": colour, "family": FONT},
        "hoverinfo": "skip",
    }


def _layout() -> dict[str, object]:
    axis = {"visible": False, "fixedrange": True}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": {**axis, "range": [0, WIDTH]},
        "yaxis": {**axis, "range": [HEIGHT, 0]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "uirevision": SLOT,
    }
