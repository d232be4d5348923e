"""What holds for every panel: its values fit its layout, empty is not zero, late is grey, all of it is JSON."""

import json
from types import ModuleType

import pytest
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from domain.readings import AlertBoard, CityMap, FeedBoard, Overview
from layouts.page import wall_page
from layouts.wall import (
    alerts,
    county_map,
    county_progress,
    feeds_strip,
    headline,
    masthead,
    minute_curve,
    opinion_pulse,
    sector_mix,
)
from tests.layouts import readings as r

PANELS: dict[ModuleType, tuple[object, object]] = {
    masthead: (r.masthead(), r.masthead(r.NOTHING)),
    headline: (
        r.overview(),
        Overview(
            headline=r.headline(r.NOTHING, r.Figures()),
            floor=5.0,
            opinion_alerts=AlertBoard(as_of=None, alerts=()),
            pulse=None,
        ),
    ),
    county_progress: (r.counties(), ()),
    county_map: (r.city_map(), CityMap(city_code="140400", geo=None, counties=())),
    minute_curve: (r.curve(), None),
    sector_mix: (r.sectors(), ()),
    opinion_pulse: (r.pulse(), None),
    alerts: (r.board(), AlertBoard(as_of=None, alerts=())),
    feeds_strip: (r.feeds(), FeedBoard(as_of=r.NOW, feeds=())),
}
CASES = [
    pytest.param(panel, reading, id=f"{panel.SLOT}-{kind}")
    for panel, pair in PANELS.items()
    for kind, reading in zip(("full", "empty"), pair, strict=True)
]
GREYING = {
    headline: (r.overview(r.STALE), "headline-redeemed"),
    minute_curve: (r.curve(r.STALE), "minute-curve"),
    sector_mix: (r.sectors(r.STALE), "sector-mix"),
    county_map: (r.city_map(r.STALE), "county-map"),
}


@pytest.mark.parametrize(("panel", "reading"), CASES)
def test_every_id_that_is_updated_stands_in_the_layout(panel: ModuleType, reading: object):
    assert set(panel.update(reading)) <= set(r.ids(panel.layout()))


@pytest.mark.parametrize(("panel", "reading"), CASES)
def test_values_are_plain_json_or_components(panel: ModuleType, reading: object):
    values = panel.update(reading)
    assert json.loads(json.dumps(values, cls=PlotlyJSONEncoder)).keys() == values.keys()


@pytest.mark.parametrize("panel", PANELS)
def test_the_same_properties_are_set_full_and_empty(panel: ModuleType):
    full, empty = (panel.update(reading) for reading in PANELS[panel])
    assert {(i, p) for i in full for p in full[i]} == {(i, p) for i in empty for p in empty[i]}


@pytest.mark.parametrize("panel", [p for p in PANELS if p is not masthead])
def test_what_is_unknown_is_never_shown_as_a_figure(panel: ModuleType):
    shown = " ".join(r.text(props.get("children")) for props in panel.update(PANELS[panel][1]).values())
    assert "暂无数据" in shown
    assert not [ch for ch in shown if ch.isdigit()]


@pytest.mark.parametrize("panel", GREYING)
def test_a_late_feed_greys_the_panel_and_is_said(panel: ModuleType):
    reading, slot = GREYING[panel]
    values = panel.update(reading)
    assert "stale" in str(values[slot]["className"]).split()
    assert "迟到" in r.text(values[f"{slot}-stamp"]["children"])
    assert "stale" not in str(panel.update(PANELS[panel][0])[slot]["className"]).split()


def test_the_page_holds_each_id_once():
    page: Component = wall_page(**{p.__name__.rsplit(".", 1)[-1]: p.layout() for p in PANELS})
    found = list(r.ids(page))
    assert len(found) == len(set(found))
    assert {"wall-clock", "wall-date", "wall-connection", "wall-version"} <= set(found)
