"""Our own SVG charts: no browser, the same bytes for the same figures."""

from __future__ import annotations

from html import escape

from briefing.paper import Table, written
from briefing.text import clean
from domain.terms import count

WIDTH, LINE, LEFT, RIGHT = 620, 24, 130, 90
STRIP = 30
COLOURS = ("#9c2a2a", "#5b6b7b", "#8a8a8a")
NAME_LONGEST = 9
"""Characters of a name that stand left of its bar."""


def bars(table: Table) -> str:
    """Horizontal bars of the table's `bars` column, which stands above them, without its sum, each with its figure.

    Below zero draws no bar.
    """
    column = table.bars or 0
    drawn, kind = table.columns[column]
    rows = [(str(r[0]), r[column]) for r in table.rows if r[0] != "合计"]
    known = [cell for _, cell in rows if isinstance(cell, int | float)]
    most = max([*known, 0]) or 1
    parts = [f'<text x="{LEFT}" y="16">{escape(clean(drawn))}</text>']
    for i, (name, cell) in enumerate(rows, start=1):
        y = i * LINE
        length = (
            max(0.0, float(cell)) / most * (WIDTH - LEFT - RIGHT) if isinstance(cell, int | float) else 0.0
        )
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">{escape(_short(clean(name)))}</text>'
            f'<rect x="{LEFT}" y="{y + 4}" width="{length:.1f}" height="{LINE - 8}" fill="#9c2a2a"/>'
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 16}">{escape(written(kind, cell))}</text>'
        )
    foot = (1 + len(rows)) * LINE
    axis = f'<path d="M{LEFT} {LINE}V{foot}" stroke="#333"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{foot + 4}" '
        f'viewBox="0 0 {WIDTH} {foot + 4}" font-family="Noto Sans SC" font-size="13">'
        f"{''.join(parts)}{axis}</svg>"
    )


def curves(table: Table) -> str:
    """A strip a row, each of its own height: columns along the time, none where nothing is known."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(table.columns) - 1)
    parts = []
    for i, (name, *cells) in enumerate(table.rows):
        foot = (i + 1) * STRIP
        known = [cell for cell in cells if isinstance(cell, int | float)]
        most = max([*known, 1])
        parts.append(
            f'<text x="{LEFT - 8}" y="{foot - 8}" text-anchor="end">{escape(_short(clean(str(name))))}</text>'
            f'<text x="{WIDTH - RIGHT + 6}" y="{foot - 8}">最高{count(max(map(int, known), default=None))}</text>'
            f'<path d="M{LEFT} {foot}H{WIDTH - RIGHT}" stroke="#333"/>'
        )
        for n, cell in enumerate(cells):
            if isinstance(cell, int | float) and cell > 0:
                high = cell / most * (STRIP - 8)
                parts.append(
                    f'<rect x="{LEFT + n * step + 2:.1f}" y="{foot - high:.1f}" width="{step - 4:.1f}" '
                    f'height="{high:.1f}" fill="{COLOURS[i % len(COLOURS)]}"/>'
                )
    high = len(table.rows) * STRIP + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{high}" viewBox="0 0 {WIDTH} {high}" '
        f'font-family="Noto Sans SC" font-size="13">{"".join(parts)}</svg>'
    )


def drawing(table: Table) -> str:
    """The table's chart; nothing where there is nothing to draw."""
    if table.has_bars:
        return bars(table)
    return curves(table) if table.has_curves else ""


def alternative(table: Table) -> str:
    """The chart in words, for whoever cannot see it: what is drawn, and its most."""
    if table.has_curves:
        return f"分时柱形图：{table.title}。数字见上表。"
    name, kind = table.columns[table.bars or 0]
    rows = [(str(r[0]), r[table.bars or 0]) for r in table.rows if r[0] != "合计"]
    known = [(cell, row) for row, cell in rows if isinstance(cell, int | float)]
    most, row = max(known)
    return f"条形图：{table.title}，{name}。最高为{row}，{written(kind, most)}。数字见上表。"


def _short(name: str) -> str:
    return name if len(name) <= NAME_LONGEST else name[: NAME_LONGEST - 1] + "…"
