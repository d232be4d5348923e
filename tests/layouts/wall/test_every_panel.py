"""What holds for every panel: its values fit its layout, empty is not zero, late is grey, all of it is JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from dash import html
from dash.development.base_component import Component

from dashboard.build import ASSETS
from dashboard.live.drawn import texts
from dashboard.live.painted import panel_values
from dashboard.panels import WALL, Panel, wall_layout
from tests.layouts import pictures
from tests.layouts import readings as r

KINDS = (*pictures.KINDS, "county")
PLAIN = frozenset({"scene-plan"})
"""Slots that hold no figure."""
SAYS_WHEN_LATE = {
    "headline": "headline-redeemed",
    "minute-curve": "minute-curve",
    "sector-mix": "sector-mix",
    "county-map": "county-map",
    "county-ranks": "county-ranks",
    "launch-curve": "launch-curve",
    "sector-table": "sector-table",
}


def values(panel: Panel, kind: str) -> dict[str, dict[str, object]]:
    fake = pictures.reading("full" if kind == "county" else kind, is_city=kind != "county")
    return panel.values(fake)


CASES = [pytest.param(panel, kind, id=f"{panel.slot}-{kind}") for panel in WALL for kind in KINDS]


@pytest.mark.parametrize(("panel", "kind"), CASES)
def test_every_id_that_is_updated_stands_in_the_layout(panel: Panel, kind: str):
    assert set(values(panel, kind)) <= set(r.ids(panel.layout()))


@pytest.mark.parametrize(("panel", "kind"), CASES)
def test_values_are_what_the_page_can_draw(panel: Panel, kind: str):
    """Figures go Dash's way, and whatever their graph is told with them; the rest is drawn by draw.js."""
    for component, props in values(panel, kind).items():
        said = {name: json.loads(text) for name, text in texts(props).items()}
        if "figure" in said:
            assert set(said) == {"figure"}, component
        else:
            assert set(undrawable({"type": "Div", "props": said})) == set(), component


DRAW = (ASSETS / "draw.js").read_text(encoding="utf-8")
TAGS, ATTRIBUTES = (
    frozenset(re.findall(r"(\w+):", re.search(rf"const {name} = {{(.*?)}};", DRAW)[1]))  # type: ignore[index]
    for name in ("TAGS", "ATTRIBUTES")
)


def undrawable(said: Any) -> Iterator[str]:
    """Elements and properties draw.js does not know."""
    if isinstance(said, list):
        for one in said:
            yield from undrawable(one)
    elif isinstance(said, dict):
        if said["type"] not in TAGS:
            yield said["type"]
        for name, value in said["props"].items():
            if name == "children":
                yield from undrawable(value)
            elif name not in ATTRIBUTES | {"style", "hidden", "key"} and not name.startswith(
                ("data-", "aria-")
            ):
                yield name


@pytest.mark.parametrize("panel", WALL, ids=lambda p: p.slot)
def test_the_same_properties_are_set_whatever_is_known(panel: Panel):
    """Else what an earlier picture set would stay."""
    first, *others = ({(i, p) for i, props in values(panel, kind).items() for p in props} for kind in KINDS)
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    "panel", [p for p in WALL if p.slot not in (*PLAIN, "masthead", "foot")], ids=lambda p: p.slot
)
def test_what_is_unknown_is_never_shown_as_a_figure(panel: Panel):
    shown = " ".join(r.text(props.get("children")) for props in values(panel, "empty").values())
    assert "暂无数据" in shown or "没有发放轮次" in shown
    assert not [ch for ch in shown if ch.isdigit()]


@pytest.mark.parametrize("panel", [p for p in WALL if p.slot in SAYS_WHEN_LATE], ids=lambda p: p.slot)
def test_a_late_feed_greys_the_panel_and_is_said(panel: Panel):
    slot = SAYS_WHEN_LATE[panel.slot]
    late = values(panel, "stale")
    assert "stale" in str(late[slot]["className"]).split()
    assert "迟到" in r.text(late[f"{slot}-stamp"]["children"])
    assert "stale" not in str(values(panel, "full")[slot]["className"]).split()


def test_what_is_under_check_is_said_and_no_figure_stands_in_its_place():
    """A county whose redemptions are held keeps its place on every scene, without a number."""
    for slot in ("county-progress", "county-pace"):
        panel = next(p for p in WALL if p.slot == slot)
        rows = values(panel, "missing")[f"{slot}-rows"]["children"]
        (held,) = [
            r.text(row) for row in rows if r.text(row).startswith("黎城县") or " 黎城县 " in r.text(row)
        ]
        assert "核查中" in held, slot
        assert "%" not in held.replace("66.7%", ""), slot


def test_a_panel_that_fails_greys_its_own_slot_and_no_other():
    broken = pictures.reading("full", is_city=True)
    del broken.trust
    found = panel_values([p for p in WALL if p.slot in ("trust-checks", "sector-table")], LookupFails(broken))
    assert found["trust-checks"] == {"className": '"card stale failed"'}
    assert "暂无数据" not in found["sector-table-rows"]["children"]


class LookupFails:
    """Readings of which one cannot be read."""

    def __init__(self, found: object) -> None:
        self._found = found

    def __getattr__(self, name: str) -> object:
        if name == "trust":
            raise LookupError(name)
        return getattr(self._found, name)


def test_the_page_holds_each_id_once():
    page = wall_layout()
    found = list(r.ids(page))
    assert len(found) == len(set(found))
    assert {"wall-clock", "wall-date", "wall-connection", "wall-version", "scene-dots", "scene-name"} <= set(
        found
    )


def test_pictures_without_words_say_in_words_what_they_show():
    pictures_shown = [
        img for panel in WALL for img in _images([p.get("children") for p in values(panel, "full").values()])
    ]
    assert len(pictures_shown) >= 12
    assert all(img.alt for img in pictures_shown)


def _images(value: object) -> list[html.Img]:
    if isinstance(value, (list, tuple)):
        return [img for item in value for img in _images(item)]
    if isinstance(value, html.Img):
        return [value]
    return _images(getattr(value, "children", None)) if isinstance(value, Component) else []
