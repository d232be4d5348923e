"""The league on the map: each county bears its place, in a size that can be read from far. Its name stands beside."""

from dash import dcc
from dash.development.base_component import Component

from domain.readings import CityMap, Pace, Stamp
from layouts.atlas import atlas
from layouts.county_shapes import blank_shapes, scale_top, shapes
from layouts.league import LAST, ranked
from layouts.parts import Values, card, freshness, joined, stamp_line, unknown
from layouts.theme import FAR_PX, QUIET

SLOT = "county-ranks"
TITLE = "进度位次"
WIDTH, HEIGHT = 440, 362  # px at 1080p
LABEL_EMS = 1.15


def layout() -> Component:
    return card(SLOT, TITLE, dcc.Graph(id="county-ranks-figure", figure=blank(), config=QUIET))


def update(reading: CityMap) -> Values:
    stamp = joined(c.stamp for c in reading.counties)
    grey = all(c.stamp.late for c in reading.counties)
    return {
        **_stamp(stamp, grey=grey),
        "county-ranks-figure": {"figure": figure(reading)},
    }


def _stamp(stamp: Stamp | None, *, grey: bool) -> Values:
    """A late feed leaves no room for the time beside it: the league says it."""
    if stamp is None:
        return unknown(SLOT)
    values = freshness(SLOT, stamp, room=4.6, grey=grey)
    if stamp.late:
        values[f"{SLOT}-stamp"] = {"children": stamp_line(stamp, room=4.6)[:1]}
    return values


def figure(reading: CityMap) -> dict[str, object]:
    plan = atlas(
        reading.city_code,
        reading.geo,
        width=WIDTH,
        height=HEIGHT,
        note_ems=0.0,
        px=FAR_PX,
        label_ems=LABEL_EMS,
    )
    rows = {row.code: row for row in reading.counties}
    words = dict.fromkeys(plan.names, "")
    for place, row in enumerate(ranked(reading.counties), start=1):
        waiting = "▲" if row.pace is Pace.OVERDUE else "○"
        own = (
            "●" if len(reading.counties) == 1 else str(place)
        )  # a county's own wall: no league to have a place in
        words[row.code] = (
            f"<b>{'迟' if row.stamp.late else waiting if row.pace in LAST or row.stamp.data_time is None else own}</b>"
        )
    return shapes(
        plan,
        rows,
        words,
        top=scale_top(reading.counties),
        width=WIDTH,
        height=HEIGHT,
        px=FAR_PX,
        slot=SLOT,
    )


def blank() -> dict[str, object]:
    return blank_shapes(width=WIDTH, height=HEIGHT, slot=SLOT)
