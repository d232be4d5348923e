"""The counties of a city drawn to the px of a figure, with a place for every name. Worked out once for a city."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians

from layouts.borders import Border, Point, area, county_borders
from layouts.labels import Label, contains, place
from layouts.parts import ems, fit
from layouts.theme import MIN_PX

NAME_EMS = 5.0  # longer names are shortened on the map
_MARGIN_PX = 4
_LINE = 1.2  # of the type size
_VALUE_EMS = 3.0  # room for 未启动 or 123.4 under the name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """Rings and labels by division code, in px from the upper left corner. `note`: a corner free of both, if any."""

    rings: Mapping[str, tuple[tuple[Point, ...], ...]]
    names: Mapping[str, str]
    labels: Mapping[str, Label]
    note: Label | None


@lru_cache(maxsize=4)
def atlas(
    city_code: str,
    geo: str | None,
    *,
    width: int,
    height: int,
    note_ems: float,
    px: int = MIN_PX,
    label_ems: float | None = None,
) -> Atlas:
    """`note_ems`: width of the two-line note to keep a corner for, 0 for none. `px`: type size.

    `label_ems`: labels of one line and this width; else two lines, the name above a value.
    Raises ConfigError as `county_borders` does.
    """
    borders = county_borders(city_code, geo)
    rings = _projected(borders, width=width, height=height)
    largest = {code: max(parts, key=area) for code, parts in rings.items()}
    note = (
        _corner(rings, width=width, height=height, size=(note_ems * px, 2 * _LINE * px)) if note_ems else None
    )
    names = {b.code: fit(b.name, width=NAME_EMS) for b in borders}
    if label_ems is None:
        sizes = {c: (px * max(_VALUE_EMS, ems(n)), 2 * _LINE * px) for c, n in names.items()}
    else:
        sizes = dict.fromkeys(names, (px * label_ems, _LINE * px))
    labels = place(largest, sizes, width=width, height=height, taken=[note] if note else [])
    return Atlas(rings=rings, names=names, labels=labels, note=note)


def _projected(
    borders: Sequence[Border], *, width: int, height: int
) -> dict[str, tuple[tuple[Point, ...], ...]]:
    """Equirectangular at the city's middle: a county's shape is true to within the width of a line."""
    points = [p for b in borders for ring in b.rings for p in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = cos(radians((south + north) / 2))
    room_x, room_y = width - 2 * _MARGIN_PX, height - 2 * _MARGIN_PX
    scale = min(room_x / ((east - west) * squeeze), room_y / (north - south))
    left = (width - (east - west) * squeeze * scale) / 2
    top = (height - (north - south) * scale) / 2

    def px(p: Point) -> Point:
        return round(left + (p[0] - west) * squeeze * scale, 1), round(top + (north - p[1]) * scale, 1)

    return {b.code: tuple(tuple(px(p) for p in ring) for ring in b.rings) for b in borders}


def _corner(
    rings: Mapping[str, tuple[tuple[Point, ...], ...]], *, width: int, height: int, size: tuple[float, float]
) -> Label | None:
    """The first corner, from the lower left, that no county reaches into."""
    w, h = size
    every = [ring for parts in rings.values() for ring in parts]
    for x, y in (
        (w / 2, height - h / 2),
        (width - w / 2, height - h / 2),
        (w / 2, h / 2),
        (width - w / 2, h / 2),
    ):
        label = Label(x=x, y=y, width=w, height=h)
        corners = [(x + sx * w / 2, y + sy * h / 2) for sx in (-1, 0, 1) for sy in (-1, 1)]
        reached = any(abs(px - x) * 2 < w and abs(py - y) * 2 < h for ring in every for px, py in ring)
        if not reached and not any(contains(ring, c) for ring in every for c in corners):
            return label
    return None
