"""A paper's files read back: which of its figures and sentences do not stand in which file."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path

import docx
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from briefing.fonts import fitted, font_folders
from briefing.paper import Briefing, Cell, Kind, Table, written
from briefing.text import clean
from domain.money import FEN_PER_WAN
from domain.terms import UNKNOWN

Grid = list[list[str]]
_LINKS = re.compile(r"</?a\b[^>]*>")


def tables_of(b: Briefing) -> list[Table]:
    return [table for section in b.sections for table in section.tables]


def differences(
    b: Briefing, bodies: Mapping[str, bytes], pages: list[str], *, fonts: Path | None
) -> Iterator[str]:
    """In the office's words. `pages`: the PDF's texts, set with the office's `fonts`."""
    wanted = [figures_of(table.on_page) for table in tables_of(b)]
    sentences = [bare(clean(s)) for section in b.sections for s in section.sentences]
    document = docx.Document(io.BytesIO(bodies["docx"]))
    grids = [[[cell.text for cell in row.cells] for row in grid.rows[1:]] for grid in document.tables]
    said = bare("".join(p.text for p in document.paragraphs))
    if _of(b, grids) != wanted or any(s not in said for s in sentences):
        yield "Word 与专报数字不一致"
    told = json.loads(bodies["json"])
    rows = [[row["written"] for row in t["rows"]] for s in told["sections"] for t in s["tables"]]
    if _of(b, rows) != [figures_of(table) for table in tables_of(b)]:
        yield "JSON 与专报数字不一致"
    page = _LINKS.sub("", bodies["html"].decode())
    rows = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    ]
    if _of(b, _by_table(b, [row for row in rows if row])) != wanted:
        yield "网页与专报数字不一致"
    if any(s not in bare(unescape(page)) for s in sentences):
        yield "网页缺少文字"
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    if not _is_workbook(b, book.worksheets[1 : -1 if b.facts else None]):
        yield "Excel 与专报数字不一致"
    yield from _in_pdf(b, wanted, sentences, pages, fonts)


def figures_of(table: Table) -> Grid:
    return [
        [written(k, c) for (_, k), c in zip(table.columns, row, strict=True) if k is not Kind.TEXT]
        for row in table.rows
    ]


def bare(text: str) -> str:
    """Lines and justification put spaces between what is one word."""
    return re.sub(r"\s", "", text)


def _of(b: Briefing, grids: list[Grid]) -> list[Grid]:
    """The columns of figures alone: what strangers wrote is laid out, not counted."""
    tables = tables_of(b)
    if len(grids) != len(tables):
        return []
    return [
        [
            [cell for (_, k), cell in zip(table.columns, row, strict=True) if k is not Kind.TEXT]
            for row in grid
        ]
        for table, grid in zip(tables, grids, strict=True)
    ]


def _by_table(b: Briefing, rows: Grid) -> list[Grid]:
    found, start = [], 0
    for table in tables_of(b):
        found.append(rows[start : start + len(table.on_page.rows)])
        start += len(table.on_page.rows)
    return found if start == len(rows) else []


def _is_workbook(b: Briefing, sheets: list[Worksheet]) -> bool:
    tables = tables_of(b)
    return len(sheets) == len(tables) and all(map(_is_sheet, sheets, tables))


def _is_sheet(sheet: Worksheet, table: Table) -> bool:
    read = sheet.iter_rows(
        min_row=2, max_row=1 + len(table.rows), max_col=len(table.columns), values_only=True
    )
    return all(
        kind is Kind.TEXT or _is_cell(value, cell, kind)
        for values, row in zip(read, table.rows, strict=True)
        for value, cell, (_, kind) in zip(values, row, table.columns, strict=True)
    )


def _is_cell(value: object, cell: Cell, kind: Kind) -> bool:
    """Money to the fen; a workbook keeps sixteen digits."""
    if cell is None or isinstance(cell, str):
        return value == (UNKNOWN if cell is None else cell)
    if not isinstance(value, int | float):
        return False
    if kind is Kind.WAN:
        return round(value * FEN_PER_WAN) == cell
    return abs(value - cell) <= 1e-12 * max(1.0, abs(cell))


def _in_pdf(
    b: Briefing, wanted: list[Grid], sentences: list[str], pages: list[str], fonts: Path | None
) -> Iterator[str]:
    said = "".join(
        bare(page).removesuffix(f"—{n}—").removeprefix(bare(clean(b.banner or "")))
        for n, page in enumerate(pages, start=1)
    )
    folders = font_folders(fonts)
    figures = [bare(cell) for grid in wanted for row in grid for cell in row]
    expected = "\n".join([*sentences, *figures, *_drawn(b)])
    if any(said.count(cell) < expected.count(cell) for cell in set(figures)):
        yield "PDF 与专报数字不一致"
    if any(fitted(s, folders) not in said for s in sentences):
        yield "PDF 缺少文字"


def _drawn(b: Briefing) -> list[str]:
    """Charts name their bars' figures too."""
    return [
        bare(written(table.columns[table.bars][1], row[table.bars]))
        for table in (whole.on_page for whole in tables_of(b))
        if table.bars is not None and table.has_bars
        for row in table.rows
        if row[0] != "合计"
    ]
