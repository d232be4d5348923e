"""What stands on a scene, as plain cards: titles, stamps, rows of cells, bars and drawings. Nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from dashboard.pictures.plot import plot
from dashboard.pictures.tree import Node
from layouts.theme import COLOURS

Json = dict[str, Any]
_SVG = "data:image/svg+xml,"
_BY_CLASS = {
    "good": "green", "bad": "red", "behind": "amber", "late": "amber", "unknown": "text-3", "checking": "yellow",
    "soft": "text-2", "grade": "text-3", "mark-word": "yellow", "negative": "red", "down": "red",
    **{level: level for level in ("level-red", "level-orange", "level-yellow", "level-blue")},
    "stamp": "text-2", "num": "text-2", "open": "cyan", "sold_out": "green",
}  # fmt: skip
_TONES = ("cyan", "amber", "red", "green", "steel", "band", "dashed")
_BOLD = {"B", "H2", "H3"}
_INLINE = {"Span", "B", "I", "Small"}
_BARE = frozenset({"I"})


def cards(node: Node) -> Iterator[Json]:
    """Every card, tile and cell under the node, in the order they are read."""
    if node.classes & {"card", "tile", "pace-cell", "pace-legend"}:
        yield _card(node)
        return
    if "pace" in node.classes:
        yield {"k": "cards", "cards": [card for child in node.elements for card in cards(child)]}
        return
    for child in node.elements:
        yield from cards(child)


def _card(node: Node) -> Json:
    head = _head(node)
    named = {id(part) for part in head.values() if part is not None}
    body = [child for child in node.elements if id(child) not in named and child.tag != "Header"]
    return {
        "k": "card",
        "title": head["title"].words if head["title"] else "",
        "legend": runs(head["legend"]) if head["legend"] else [],
        "stamp": runs(head["stamp"]) if head["stamp"] else [],
        "stale": "stale" in node.classes,
        "failed": "failed" in node.classes,
        "body": _blocks(body),
    }


def _head(node: Node) -> dict[str, Node | None]:
    """Title, legend and freshness stamp, wherever the panel has them."""
    parts = [part for part in node.walk() if part is not node]
    return {
        "title": next((p for p in parts if p.tag in ("H2", "H3")), None),
        "legend": next((p for p in parts if "legend" in p.classes), None),
        "stamp": next((p for p in parts if "stamp" in p.classes), None),
    }


def _blocks(nodes: Sequence[Node]) -> list[Json]:
    found: list[Json] = []
    heads: list[Json] | None = None
    for node in nodes:
        if any(name.endswith("-heads") for name in node.classes):
            heads = [_cell(child) for child in node.elements]
            continue
        for block in _block(node):
            if block["k"] == "grid" and heads and (over := _spread(heads, block["rows"][0])):
                block["head"], heads = over, None
            found.append(block)
    if heads:  # of rows that are not there
        said = [run for head in heads for run in (*head["runs"], {"t": "　", "c": "", "b": False, "s": ""})]
        found.insert(0, {"k": "line", "left": said, "right": []})
    return found


def _spread(heads: list[Json], row: list[Json]) -> list[Json]:
    """One head a cell; a bar and the figure beside it share theirs. Empty where they do not fit each other."""
    if len(heads) == len(row):
        return heads
    shares = [n > 0 and row[n - 1]["bar"] is not None for n in range(len(row))]
    if len(heads) != len(row) - sum(shares):
        return []
    waiting = iter(heads)
    return [{"bar": None, "runs": [], "right": False} if is_shared else next(waiting) for is_shared in shares]


def _block(node: Node) -> Iterator[Json]:
    if node.tag == "Graph":
        yield from _drawing(plot(node.props.get("figure") or {}))
    elif node.tag == "Img":
        yield from _drawing(_svg_of(node))
    elif "axis" in node.classes:
        yield {"k": "axis", "ends": [runs(child) for child in node.elements]}
    elif "columns" in node.classes:
        yield from _drawing(_columns(node))
    elif "figure" in node.classes:
        yield {"k": "hero", "runs": runs(node)}
    elif "bar" in node.classes:
        yield {"k": "bar", **_bar(node)}
    elif "stamp" in node.classes or node.tag in ("H2", "H3"):
        return
    elif _is_line(node):
        if node.words.strip():
            yield {"k": "line", "left": runs(node, without="right"), "right": runs(node, only="right")}
    else:
        yield from _rows(node)


def _rows(node: Node) -> Iterator[Json]:
    """Neighbours that are rows of as many cells stand under each other; all else follows as it comes."""
    for width, group in groupby(node.elements, key=_width):
        members = list(group)
        if width > 1:
            yield {"k": "grid", "head": None, "rows": [[_cell(c) for c in m.elements] for m in members]}
        else:
            yield from _blocks(members)


def _width(node: Node) -> int:
    """How many cells the row has; 0: it is no row."""
    is_row = any(name.endswith("-row") for name in node.classes) and "event-row" not in node.classes
    cells = node.elements
    return len(cells) if is_row and all(_is_cell(c) for c in cells) else 0


def _is_cell(node: Node) -> bool:
    return (
        node.tag in _INLINE
        or "bar" in node.classes
        or _is_line(node)
        or bool(node.classes & {"when", "pill"})
    )


def _is_line(node: Node) -> bool:
    """Only words inside, no block."""
    return all(child.tag in _INLINE and _is_line(child) for child in node.elements)


def _cell(node: Node) -> Json:
    if "bar" in node.classes:
        return {"bar": _bar(node), "runs": [], "right": False}
    right = bool(node.classes & {"num", "right", "when", "state"})
    return {"bar": None, "runs": runs(node), "right": right}


def _bar(node: Node) -> Json:
    fill = next((c for c in node.elements if "fill" in c.classes), None)
    mark = next((c for c in node.elements if "mark" in c.classes), None)
    return {
        "fill": _percent(fill.style.get("width")) if fill else None,
        "tone": _tone(fill.classes) if fill else COLOURS["cyan"],
        "mark": _percent(mark.style.get("left")) if mark else None,
    }


def _percent(told: Any) -> float:
    return float(str(told or "0%").removesuffix("%"))


def _tone(classes: frozenset[str]) -> str:
    named = next((tone for tone in _TONES if tone in classes), "cyan")
    return COLOURS["yellow" if named in ("band", "dashed") else named]


def runs(
    node: Node, *, only: str = "", without: str = "", colour: str = "", bold: bool = False
) -> list[Json]:
    """The node's words with their colour and weight; a swatch without words is a small square of its tone.

    `only`, `without`: of the children with that class, or of all but them.
    """
    own = next((COLOURS[name] for cls, name in _BY_CLASS.items() if cls in node.classes), colour)
    is_bold = bold or node.tag in _BOLD or bool(node.classes & {"main", "hero", "pill"})
    if node.tag == "I" and not node.children:
        return _swatch(node)
    found: list[Json] = []
    for child in node.children:
        if isinstance(child, str):
            found += [_run(child, own, is_bold, node)] if child and not only else []
            continue
        has = bool({only, without} & child.classes)
        if (only and not has) or (without and has):
            continue
        found += [{"t": " ", "c": "", "b": False, "s": ""}] if found and child.tag != "Small" else []
        found += runs(child, colour=own, bold=is_bold)
    return found


def _run(text: str, colour: str, bold: bool, node: Node) -> Json:
    return {"t": text, "c": colour, "b": bold, "s": "hero" if "hero" in node.classes else ""}


def _swatch(node: Node) -> list[Json]:
    background = str(node.style.get("background") or "")
    if background:
        return [{"t": "■", "c": background, "b": False, "s": ""}]
    if "mark" in node.classes:
        return [{"t": "│", "c": COLOURS["yellow"], "b": True, "s": ""}]
    if node.classes & {"swatch", "stroke"}:
        return [{"t": "■", "c": _tone(node.classes), "b": False, "s": ""}]
    return []


def _drawing(svg: str) -> Iterator[Json]:
    if svg:
        yield {"k": "svg", "svg": svg, "stretch": 'preserveAspectRatio="none"' in svg}


def _svg_of(node: Node) -> str:
    src = str(node.props.get("src") or "")
    return unquote(src.removeprefix(_SVG)) if src.startswith(_SVG) else ""


def _columns(node: Node) -> str:
    """The small columns by hour: from the foot up, one tone upon the other."""
    parts, n = [], max(1, len(node.elements))
    for i, column in enumerate(node.elements):
        foot = 100.0
        if "gap" in column.classes:
            parts.append(f'<rect x="{i}" y="0" width="0.9" height="100" fill="{COLOURS["line"]}"/>')
        for block in reversed(column.elements):
            high = _percent(block.style.get("height"))
            foot -= high
            tone = COLOURS[next((t for t in ("red", "steel") if t in block.classes), "steel")]
            parts.append(f'<rect x="{i}" y="{foot:g}" width="0.8" height="{high:g}" fill="{tone}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n} 100" preserveAspectRatio="none">'
        f"{''.join(parts)}</svg>"
    )


def of(values: Mapping[str, Mapping[str, Any]], id: str) -> str:
    """The words a component shows."""
    told = values.get(id, {}).get("children")
    return "" if told is None else str(told)
