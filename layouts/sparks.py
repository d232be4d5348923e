"""Small pictures without text, as SVG in an address: they stretch to whatever box the page gives them."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

Spot = tuple[float, float]
"""x and y in 0 to 1, y upwards; what lies outside is drawn at the edge."""

W, H = 400.0, 100.0

_ESCAPED = str.maketrans({char: f"%{ord(char):02X}" for char in '%#<>"\n'})
"""All that an address of data must not hold: escaping every blank and comma made the picture half as long again."""


def line(spots: Sequence[Spot], *, colour: str, width: float = 3.0, dash: str = "") -> str:
    """A polyline. Its width does not stretch with the picture."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{_points(spots)}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed} '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round"/>'
    )


def area(spots: Sequence[Spot], *, colour: str, opacity: float = 1.0) -> str:
    return f'<polygon points="{_points(spots)}" fill="{colour}" fill-opacity="{opacity:g}"/>'


def under(spots: Sequence[Spot]) -> list[Spot]:
    """The spots and the floor under them."""
    return [(spots[0][0], 0.0), *spots, (spots[-1][0], 0.0)] if spots else []


def picture(shapes: Sequence[str], *, alt: str, name: str = "spark") -> Component:
    """`alt` says in words what the shapes show."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W:g} {H:g}" preserveAspectRatio="none">'
        f"{''.join(shapes)}</svg>"
    )
    return html.Img(src=f"data:image/svg+xml,{svg.translate(_ESCAPED)}", alt=alt, className=name)


def _points(spots: Sequence[Spot]) -> str:
    return " ".join(f"{_in(x) * W:.1f},{(1 - _in(y)) * H:.1f}" for x, y in spots)


def _in(value: float) -> float:
    return min(1.0, max(0.0, value))
