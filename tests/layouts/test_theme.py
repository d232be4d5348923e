"""The stylesheet and the figures draw from one set of tokens, and the tokens can be read."""

import re
from pathlib import Path

import pytest

from layouts.theme import COLOURS, FONT, LIGHT, SEQUENTIAL, SEQUENTIAL_TEXT, SIZES

ASSETS = Path(__file__).parents[2] / "assets"
CSS = (ASSETS / "quanqing.css").read_text(encoding="utf-8")
OFFICE = (ASSETS / "office.css").read_text(encoding="utf-8")


def test_the_stylesheet_holds_the_values_of_the_theme_and_no_others():
    root = re.search(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert root
    variables = dict(re.findall(r"--([\w-]+): ([^;]+);", root[1]))
    assert variables == {**COLOURS, **SIZES, "font": FONT}


def test_the_stylesheet_uses_only_variables_that_exist():
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= {*COLOURS, *SIZES, "font"}


def test_pages_that_people_work_with_hold_the_light_colours_and_use_no_others():
    root = re.search(r"html\.office-page \{(.*?)\}", OFFICE, re.DOTALL)
    assert root
    assert dict(re.findall(r"--([\w-]+): ([^;]+);", root[1])) == LIGHT
    for sheet in ("office", "desk", "sources", "displays"):
        text = (ASSETS / f"{sheet}.css").read_text(encoding="utf-8")
        assert set(re.findall(r"var\(--([\w-]+)\)", text)) <= {*LIGHT, *SIZES, "font"}


@pytest.mark.parametrize("ground", ["panel", "panel-2", "bg"])
@pytest.mark.parametrize(
    "name", ["text", "text-2", "cyan", "amber", "green", "red", "orange", "yellow", "blue"]
)
def test_words_stand_out_in_the_office_too(name: str, ground: str):
    assert contrast(LIGHT[name], LIGHT[ground]) >= 4.5


def test_no_type_is_smaller_than_the_smallest():
    assert [size for size in re.findall(r"font-size: ([\d.]+)rem", CSS) if float(size) < 1.25] == []


@pytest.mark.parametrize("name", ["text", "text-2", "text-3", "cyan", "amber", "green", "red"])
def test_words_stand_out_from_the_panel(name: str):
    assert contrast(COLOURS[name], COLOURS["panel"]) >= 4.5


@pytest.mark.parametrize(("ink", "fill"), list(zip(SEQUENTIAL_TEXT, SEQUENTIAL, strict=True)))
def test_a_label_stands_out_from_its_county(ink: str, fill: str):
    assert contrast(ink, fill) >= 4.5


@pytest.mark.parametrize("level", ["level-red", "level-orange", "level-yellow", "level-blue"])
def test_a_level_can_be_read_on_its_pill(level: str):
    assert contrast(COLOURS["on-level"], COLOURS[level]) >= 6


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
