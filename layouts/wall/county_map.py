"""Where the money lands: redeemed per resident on the county borders. Colour is always doubled by text."""

from dash import dcc, html
from dash.development.base_component import Component

from domain.readings import CityMap, CountyProgress
from domain.terms import CHECKING, UNKNOWN
from layouts.atlas import atlas
from layouts.county_shapes import WAITING, blank_shapes, per_resident, scale_top, shapes
from layouts.parts import NET, Values, card, checking, ems, freshness, joined, unknown
from layouts.theme import MIN_PX, QUIET, SEQUENTIAL

SLOT = "county-map"
TITLE = "人均核销"
NOTE = ("含市级券", "按常住人口")
WIDTH, HEIGHT = 608, 420  # px at 1080p: what the card leaves


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


def figure(reading: CityMap, top: float) -> dict[str, object]:
    plan = atlas(reading.city_code, reading.geo, width=WIDTH, height=HEIGHT, note_ems=max(map(ems, NOTE)))
    rows = {row.code: row for row in reading.counties}
    words = {code: f"<b>{name}</b><br>{_words(rows.get(code))}" for code, name in plan.names.items()}
    return shapes(
        plan, rows, words, top=top, width=WIDTH, height=HEIGHT, px=MIN_PX, note="<br>".join(NOTE), slot=SLOT
    )


def blank() -> dict[str, object]:
    return blank_shapes(width=WIDTH, height=HEIGHT, slot=SLOT)


def _words(row: CountyProgress | None) -> str:
    value = per_resident(row) if row else None
    if row and row.pace in WAITING:
        return WAITING[row.pace]
    if row and checking(row.held, *NET):
        return CHECKING
    return UNKNOWN if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"
