"""XLSX: a sheet a table with frozen heads, number formats and native charts; the figures in fen on the last one."""

from __future__ import annotations

import io
import re
from math import ceil

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from briefing.paper import Briefing, Cell, Kind, Section, Table, written
from briefing.reference import opens
from briefing.text import annexes, clean, placed, subtitle
from domain.measures import FIGURES
from domain.money import FEN_PER_WAN
from domain.terms import UNKNOWN, local

NUMBER = {Kind.TEXT: "@", Kind.COUNT: "#,##0", Kind.WAN: "#,##0.00", Kind.RATE: "0.0%", Kind.TIMES: "0.00"}
# nothing a stranger wrote becomes a formula or a link
_PLAIN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
FONT = "仿宋_GB2312"
WORDS_WIDE = 72
"""Characters of the summary's column, about a page's."""


def render(briefing: Briefing, *, base: str | None = None) -> bytes:
    """The same briefing gives the same bytes: the only time inside is its own.

    `base`: the address of the desk, to which figures and quotes lead; None: they lead nowhere.
    """
    out = io.BytesIO()
    book = Workbook(out, _PLAIN)
    book.set_properties(
        {"title": briefing.title, "created": local(briefing.as_of).replace(tzinfo=None), "author": ""}
    )
    _words(book, briefing)
    for table in (t for s in briefing.sections for t in s.tables):
        _table(book, table, briefing, base)
    if briefing.facts:
        _raw(book, briefing)
    book.close()
    return out.getvalue()


def _words(book: Workbook, briefing: Briefing) -> None:
    sheet = book.add_worksheet("摘要")
    sheet.set_column(0, 0, WORDS_WIDE)
    _printed(sheet, briefing)
    style = {"font_name": FONT, "text_wrap": True, "valign": "top"}
    title = book.add_format(style | {"font_size": 18, "bold": True, "align": "center"})
    head, plain = book.add_format(style | {"bold": True, "font_size": 13}), book.add_format(style)
    under = book.add_format(style | {"align": "center"})
    lines = [(briefing.title, title), (subtitle(briefing), under)]
    lines += [(briefing.banner, head)] if briefing.banner else []
    listed = annexes(briefing.sections)
    for p in placed(briefing.sections):
        if p.opens:
            lines += [(f"附件：{'；'.join(listed)}", plain)] if listed else []
            listed = []
            lines.append((" ".join(p.opens), head))
        lines += [(p.heading, head)] if p.heading else []
        lines += [(sentence, plain) for sentence in p.section.sentences or _elsewhere(p.section)]
    for row, (text, form) in enumerate(lines):
        sheet.write_string(row, 0, clean(text), form)
        # not every program grows a row to its text
        sheet.set_row(row, (30 if form is title else 18) * ceil(2.1 * len(text) / WORDS_WIDE))


def _elsewhere(section: Section) -> tuple[str, ...]:
    """What a heading without words of its own is about."""
    named = "、".join(f"“{_sheet_name(table)}”" for table in section.tables)
    return (f"见工作表{named}。",) if named else ()


def _sheet_name(table: Table) -> str:
    return _NOT_IN_NAMES.sub("", table.title)[:31]


def _printed(sheet: Worksheet, briefing: Briefing, *, landscape: bool = False, whole: bool = False) -> None:
    """A4, as wide as the page, with title and page number: a sheet is sent up by itself. `whole`: on one page."""
    sheet.set_paper(9)
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 1 if whole else 0)
    sheet.set_margins(left=0.6, right=0.6, top=0.9, bottom=0.8)
    sheet.center_horizontally()
    named = [briefing.title, sheet.get_name()] if landscape else []
    head = " · ".join([*named, *([briefing.banner] if briefing.banner else [])])
    sheet.set_header(f'&C&"{FONT}"{clean(head).replace("&", "&&")}')
    sheet.set_footer("&C— &P —")


def _table(book: Workbook, table: Table, briefing: Briefing, base: str | None) -> None:
    sheet = book.add_worksheet(_sheet_name(table))
    grid = {"font_name": FONT, "border": 1, "valign": "vcenter"}
    head = book.add_format(grid | {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#E7E6E6"})
    forms = {
        kind: book.add_format(
            grid
            | {"num_format": number, "align": "left" if kind is Kind.TEXT else "right"}
            | ({"text_wrap": True} if kind is Kind.TEXT else {})
        )
        for kind, number in NUMBER.items()
    }
    for i, (name, kind) in enumerate(table.columns):
        sheet.write_string(0, i, name, head)
        widest = max((len(str(row[i])) for row in table.rows), default=0) if kind is Kind.TEXT else 8
        sheet.set_column(i, i, min(64, max(14, 2 * widest + 2)))
        for n, row in enumerate(table.rows, start=1):
            address = opens(base, table.ref(n - 1, i))
            if address:  # first: the figure is written over its text
                sheet.write_url(n, i, address, forms[kind], clean(written(kind, row[i])))
            _write(sheet, n, i, row[i], kind, forms[kind])
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    _printed(
        sheet, briefing, landscape=True, whole=table.has_bars or table.has_curves
    )  # no chart in two halves
    if table.has_bars:
        _chart(book, sheet, table)
    if table.has_curves:
        _curves(book, sheet, table)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, kind: Kind, form: Format) -> None:
    if cell is None or isinstance(cell, str):
        sheet.write_string(row, column, UNKNOWN if cell is None else clean(cell), form)
    else:
        sheet.write_number(row, column, cell / FEN_PER_WAN if kind is Kind.WAN else cell, form)


def _chart(book: Workbook, sheet: Worksheet, table: Table) -> None:
    column = table.bars or 0
    last = len(table.rows) - (table.rows[-1][0] == "合计")
    chart = book.add_chart({"type": "bar"})
    place = sheet.get_name()
    chart.add_series(
        {
            "name": [place, 0, column],
            "categories": [place, 1, 0, last, 0],
            "values": [place, 1, column, last, column],
            "fill": {"color": "#9C2A2A"},
        }
    )
    named = f"{table.title}：{table.columns[column][0]}"
    chart.set_title({"name": named, "name_font": {"name": FONT, "size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": {"name": FONT}})
    lines = {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}}
    chart.set_x_axis({"num_format": "#,##0.00", "major_gridlines": lines})
    chart.set_size({"width": 640, "height": 120 + 26 * last})
    sheet.insert_chart(len(table.rows) + 2, 0, chart)


def _curves(book: Workbook, sheet: Worksheet, table: Table) -> None:
    """A line a row; the first on the axis of its own, since posts are few beside vouchers."""
    chart = book.add_chart({"type": "line"})
    place, last = sheet.get_name(), len(table.columns) - 1
    for n in range(1, 1 + len(table.rows)):
        chart.add_series(
            {
                "name": [place, n, 0],
                "categories": [place, 0, 1, 0, last],
                "values": [place, n, 1, n, last],
                "y2_axis": n == 1,
            }
        )
    chart.set_title({"name": table.title, "name_font": {"name": FONT, "size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 640, "height": 300})
    sheet.insert_chart(len(table.rows) + 2, 0, chart)


def _raw(book: Workbook, briefing: Briefing) -> None:
    sheet = book.add_worksheet("原始数据(分、张)")
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
    for i, name in enumerate(("programme", "name", *FIGURES)):
        sheet.write_string(0, i, name, head)
    for n, fact in enumerate(briefing.facts, start=1):
        sheet.write_string(n, 0, fact.programme)
        sheet.write_string(n, 1, clean(fact.name))
        for i, name in enumerate(FIGURES, start=2):
            sheet.write_number(n, i, getattr(fact.figures, name))
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1 + len(FIGURES), 14)
    sheet.set_row(0, 48, head)
    sheet.repeat_rows(0)
    _printed(sheet, briefing, landscape=True)
