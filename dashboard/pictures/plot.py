"""A figure of the wall as SVG: outlines, lines, areas and words, as far as its panels use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape, unescape
from itertools import groupby
from typing import Any

Figure = Mapping[str, Any]
_DASH = {"dot": "2 5", "dash": "7 5"}
_BREAK = re.compile(r"<br\s*/?>")
_MARKS = re.compile(r"</?b>")
_ANCHOR = {"left": "start", "center": "middle", "right": "end", "auto": "middle"}


def plot(figure: Figure) -> str:
    """Empty where nothing is drawn."""
    layout = figure.get("layout") or {}
    data, marks = figure.get("data") or [], layout.get("annotations") or []
    if not data and not marks:
        return ""
    frame = _Frame(layout, data)
    parts = [*frame.axes(), *(part for trace in data for part in frame.trace(trace))]
    parts += [*frame.shapes(), *(frame.annotation(mark) for mark in marks)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width:g}" height="{frame.height:g}" '
        f'viewBox="0 0 {frame.width:g} {frame.height:g}" font-family="Noto Sans SC">{"".join(parts)}</svg>'
    )


class _Frame:
    """Where a value of either axis lies, in px."""

    def __init__(self, layout: Figure, data: Sequence[Figure]) -> None:
        margin = layout.get("margin") or {}
        self.width, self.height = float(layout.get("width") or 600), float(layout.get("height") or 300)
        self._left, self._top = float(margin.get("l", 0)), float(margin.get("t", 0))
        self._inner = (
            self.width - self._left - float(margin.get("r", 0)),
            self.height - self._top - float(margin.get("b", 0)),
        )
        self._layout, self._x, self._y = layout, layout.get("xaxis") or {}, layout.get("yaxis") or {}
        self._xs = _range(self._x, [x for trace in data for x in _xs(trace)])
        self._ys = _range(self._y, [float(y) for trace in data for y in trace.get("y", ()) if y is not None])

    def x(self, value: Any, ref: str = "x") -> float:
        share = float(value) if ref == "paper" else _share(_number(value), self._xs)
        return self._left + share * self._inner[0]

    def y(self, value: Any, ref: str = "y") -> float:
        share = float(value) if ref == "paper" else _share(_number(value), self._ys)
        return self._top + (1 - share) * self._inner[1]

    def trace(self, trace: Figure) -> Iterator[str]:
        spots = list(zip(_xs(trace), trace.get("y", ()), strict=False))
        if "text" in (trace.get("mode") or ""):
            font = trace.get("textfont") or {}
            for (x, y), words in zip(spots, trace.get("text", ()), strict=False):
                yield _words(self.x(x), self.y(y), str(words), font, "middle", middle=True)
            return
        line, fill = trace.get("line") or {}, trace.get("fillcolor") if trace.get("fill") else None
        for is_gap, run in groupby(spots, key=lambda spot: spot[0] is None or spot[1] is None):
            points = [] if is_gap else [(self.x(x), max(self._top, self.y(y))) for x, y in run]
            if len(points) > 1:
                yield self._run(points, line, fill, to_zero=trace.get("fill") == "tozeroy")
        yield from self._markers(spots, trace.get("marker") or {}, trace.get("mode") or "")

    def _run(
        self, points: list[tuple[float, float]], line: Figure, fill: str | None, *, to_zero: bool
    ) -> str:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        area = ""
        if fill:
            foot = self.y(0) if to_zero else 0.0
            ends = f" {points[-1][0]:.1f},{foot:.1f} {points[0][0]:.1f},{foot:.1f}" if to_zero else ""
            area = f'<polygon points="{path}{ends}" {_paint("fill", fill)}/>'
        return (
            f'{area}<polyline points="{path}" fill="none" stroke-linejoin="round" '
            f'stroke-width="{float(line.get("width", 1)):g}" {_paint("stroke", line.get("color", "#fff"))}/>'
        )

    def _markers(self, spots: Sequence[tuple[Any, Any]], marker: Figure, mode: str) -> Iterator[str]:
        sizes = marker.get("size") or []
        if "markers" not in mode or not isinstance(sizes, list):
            return
        for (x, y), size in zip(spots, sizes, strict=False):
            if x is not None and y is not None and size:
                yield (
                    f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{size / 2:g}" '
                    f"{_paint('fill', marker.get('color', '#fff'))}/>"
                )

    def shapes(self) -> Iterator[str]:
        for shape in self._layout.get("shapes") or ():
            line = shape.get("line") or {}
            dash = _DASH.get(str(line.get("dash")), "")
            x0, x1 = (self.x(shape[end], shape.get("xref", "x")) for end in ("x0", "x1"))
            y0, y1 = (self.y(shape[end], shape.get("yref", "y")) for end in ("y0", "y1"))
            yield (
                f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke-width="{line.get("width", 1):g}" '
                f'stroke-dasharray="{dash or "none"}" {_paint("stroke", line.get("color", "#fff"))}/>'
            )

    def annotation(self, mark: Figure) -> str:
        x, y = self.x(mark["x"], mark.get("xref", "x")), self.y(mark["y"], mark.get("yref", "y"))
        x, y = x + float(mark.get("xshift", 0)), y - float(mark.get("yshift", 0))
        anchor = _ANCHOR.get(str(mark.get("xanchor", "center")), "middle")
        vertical = mark.get("yanchor", "middle")
        size = float((mark.get("font") or {}).get("size", 16))
        y += {"bottom": -0.25 * size, "top": 0.95 * size}.get(str(vertical), 0.35 * size)
        return _words(x, y, str(mark.get("text", "")), mark.get("font") or {}, anchor)

    def axes(self) -> Iterator[str]:
        """Ticks where the panel names them; the vertical one by its step."""
        font = self._x.get("tickfont") or {}
        foot = self._top + self._inner[1]
        for at, words in zip(self._x.get("tickvals") or (), self._x.get("ticktext") or (), strict=False):
            yield _words(self.x(at), foot + 1.15 * float(font.get("size", 16)), str(words), font, "middle")
        step = self._y.get("dtick")
        if self._y.get("visible", True) and step:
            n = int(self._ys[1] / float(step))
            for i in range(n + 1):
                y, grid = self.y(i * float(step)), self._y.get("gridcolor", "#333")
                yield f'<path d="M{self._left} {y:.1f}h{self._inner[0]:.1f}" {_paint("stroke", grid)}/>'
                size = float(font.get("size", 16))
                yield _words(self._left - 6, y + 0.35 * size, f"{i * float(step):,.0f}", font, "end")


def _words(x: float, y: float, text: str, font: Figure, anchor: str, *, middle: bool = False) -> str:
    """`middle`: the block of lines stands around `y`; else its first line stands on it."""
    size = float(font.get("size", 16))
    lines = _BREAK.split(text)
    start = y - (len(lines) - 1) * size * 0.6 + size * 0.36 if middle else y
    spans = "".join(
        _line(escape(unescape(_MARKS.sub("", line))), x, start + i * size * 1.2, bold="<b>" in line)
        for i, line in enumerate(lines)
    )
    paint = _paint("fill", font.get("color", "#fff"))
    return f'<text font-size="{size:g}" text-anchor="{anchor}" {paint}>{spans}</text>'


def _line(words: str, x: float, y: float, *, bold: bool) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<tspan x="{x:.1f}" y="{y:.1f}"{weight}>{words}</tspan>'


def _paint(what: str, colour: Any) -> str:
    """rgba() as SVG 1.1 knows it: a colour and its opacity."""
    found = re.fullmatch(r"rgba\((\d+),\s*(\d+),\s*(\d+),\s*([\d.]+)\)", str(colour))
    if not found:
        return f'{what}="{escape(str(colour))}"'
    return f'{what}="rgb({found[1]},{found[2]},{found[3]})" {what}-opacity="{found[4]}"'


def _xs(trace: Figure) -> list[Any]:
    if "x" in trace:
        return list(trace["x"])
    start, step = _number(trace.get("x0", 0)), float(trace.get("dx", 1)) / 1000
    return [start + step * i for i in range(len(trace.get("y", ())))]


def _number(value: Any) -> float:
    """Times as seconds."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
    return float(value)


def _range(axis: Figure, values: Sequence[Any]) -> tuple[float, float]:
    ends = axis.get("range") or [min(values, default=0.0), max(values, default=1.0)]
    low, high = _number(ends[0]), _number(ends[1])
    return (low, high) if low != high else (low, low + 1)


def _share(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / (ends[1] - ends[0])
