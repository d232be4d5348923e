"""Where names stand on a map of polygons: inside where the text fits, else beside the map with a leader line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from layouts.borders import Point

_GRID = 18
_SPOT_PX = 14.0  # callouts are tried at this distance from each other
_COLLISION = 10_000.0
_CROSSING = 300.0  # px of detour that avoiding another leader line is worth
_AIR_PX = 3.0  # between a leader line and text
_TIGHT = 0.86  # of the box must lie inside: letters do not fill its corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A box of text in the unit of the polygons, centred on x, y. `anchor`: where its leader line ends."""

    x: float
    y: float
    width: float
    height: float
    anchor: Point | None = None

    @property
    def leader(self) -> tuple[Point, Point] | None:
        """From the box's nearer edge to the anchor."""
        if self.anchor is None:
            return None
        edge = self.x + self.width / 2 if self.anchor[0] > self.x else self.x - self.width / 2
        return (edge, self.y), self.anchor


def place(
    rings: Mapping[str, Sequence[Point]],
    sizes: Mapping[str, tuple[float, float]],
    *,
    width: float,
    height: float,
    taken: Sequence[Label] = (),
) -> dict[str, Label]:
    """A label for every ring that has room for one on a canvas of width x height.

    No two boxes overlap, none stands on one of `taken`, no leader line runs through a box: on a map too crowded
    for that a county stays without its label rather than spoil another's.
    """
    labels: dict[str, Label] = {}
    for code, ring in rings.items():
        inside = _inside(ring, *sizes[code])
        if inside:
            labels[code] = inside
    outside = [code for code in rings if code not in labels]
    hearts = {code: _heart(rings[code]) for code in outside}
    for code in sorted(outside, key=lambda c: hearts[c][1]):
        obstacles = [*labels.values(), *taken]
        found = _callout(hearts[code], sizes[code], rings, obstacles, width=width, height=height)
        if found:
            labels[code] = found
    return labels


def _inside(ring: Sequence[Point], width: float, height: float) -> Label | None:
    """The place with the most room around the box."""
    best: tuple[float, Label] | None = None
    for x, y in _grid(ring):
        label = Label(x=x, y=y, width=width, height=height)
        probes = list(_outline(Label(x=x, y=y, width=width * _TIGHT, height=height * _TIGHT)))
        if all(contains(ring, p) for p in probes):
            room = min(hypot(px - vx, py - vy) for px, py in probes for vx, vy in ring)
            if best is None or room > best[0]:
                best = room, label
    return best[1] if best else None


def _callout(
    heart: Point,
    size: tuple[float, float],
    rings: Mapping[str, Sequence[Point]],
    placed: Sequence[Label],
    *,
    width: float,
    height: float,
) -> Label | None:
    """The free spot with the shortest leader line that crosses no text; None where there is no such spot."""
    w, h = size
    spots = [
        Label(x=w / 2 + i * _SPOT_PX, y=h / 2 + j * _SPOT_PX, width=w, height=h, anchor=heart)
        for i in range(int((width - w) / _SPOT_PX) + 1)
        for j in range(int((height - h) / _SPOT_PX) + 1)
    ]
    by_cost = sorted((_cost(spot, placed), i) for i, spot in enumerate(spots))
    free = (spots[i] for cost, i in by_cost if cost < _COLLISION)
    return next(
        (s for s in free if not any(contains(r, p) for r in rings.values() for p in _outline(s, pad=6.0))),
        None,
    )


def _cost(label: Label, placed: Sequence[Label]) -> float:
    line = label.leader
    assert line is not None
    cost = hypot(line[0][0] - line[1][0], line[0][1] - line[1][1])
    for other in placed:
        cost += _COLLISION * (overlap(label, other) or crosses(line, other))
        cost += _COLLISION * (other.leader is not None and crosses(other.leader, label))
        cost += _CROSSING * (other.leader is not None and _meet(line, other.leader))
    return cost


def overlap(a: Label, b: Label) -> bool:
    return abs(a.x - b.x) * 2 < a.width + b.width and abs(a.y - b.y) * 2 < a.height + b.height


def crosses(line: tuple[Point, Point], box: Label) -> bool:
    """Whether a line runs through a box or nearer than the air around it (Liang-Barsky clipping)."""
    enter, leave = 0.0, 1.0
    for axis, half in ((0, box.width / 2 + _AIR_PX), (1, box.height / 2 + _AIR_PX)):
        start, step = line[0][axis], line[1][axis] - line[0][axis]
        low, high = (box.x, box.y)[axis] - half, (box.x, box.y)[axis] + half
        if step == 0:
            if not low < start < high:
                return False
            continue
        a, b = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, a), min(leave, b)
        if enter >= leave:
            return False
    return True


def _meet(a: tuple[Point, Point], b: tuple[Point, Point]) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(*a, b[0]) * side(*a, b[1]) < 0 and side(*b, a[0]) * side(*b, a[1]) < 0


def _heart(ring: Sequence[Point]) -> Point:
    """The inner point furthest from the border."""
    best, room = ring[0], -1.0
    for p in _grid(ring):
        if contains(ring, p):
            here = min(hypot(p[0] - x, p[1] - y) for x, y in ring)
            if here > room:
                best, room = p, here
    return best


def _grid(ring: Sequence[Point]) -> Iterator[Point]:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    left, top, wide, high = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    for i in range(1, _GRID):
        for j in range(1, _GRID):
            yield left + wide * i / _GRID, top + high * j / _GRID


def _outline(label: Label, *, pad: float = 0.0) -> Iterator[Point]:
    wide, high = label.width + 2 * pad, label.height + 2 * pad
    for fx in (-0.5, -0.17, 0.17, 0.5):
        for fy in (-0.5, 0.0, 0.5):
            if abs(fx) == 0.5 or fy:
                yield label.x + fx * wide, label.y + fy * high


def contains(ring: Sequence[Point], point: Point) -> bool:
    """Even-odd rule."""
    px, py = point
    inside = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > py) != (y2 > py) and px < (x2 - x1) * (py - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside
