"""The official letter as Word knows it (GB/T 9704): page, styles, fonts by name, page numbers, column widths."""

from __future__ import annotations

from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import _Footer
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table as Grid

from briefing.paper import Cell, Table, written
from briefing.text import clean, ems

BODY, TITLE, HEAD, SUBTITLE = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
INSTEAD = {BODY: "仿宋,FangSong", TITLE: "华文中宋,SimSun", HEAD: "SimHei", SUBTITLE: "楷体,KaiTi"}
"""What stands in where an office's machine lacks the font."""
ROOM_PT = (210 - 28 - 26) / 25.4 * 72
BODY_PT, PITCH_PT, COMPACT_PT, COMPACT_PITCH_PT = 16, 28.95, 11.5, 16
CELL_PT, PADDING_PT = 10.5, 11.5  # Word's own cell margins, and a hair
LONG = 14
"""Characters from which a column takes what room is left."""
RED = "C00000"


def set_page(document: Document, *, banner: str) -> None:
    """A4, 37/35/28/26 mm; "— 1 —" at the outer side; the banner on every page."""
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    page.header_distance, page.footer_distance = Mm(25), Mm(28 - 7)
    document.settings.odd_and_even_pages_header_footer = True
    for header in (page.header, page.even_page_header):
        header.paragraphs[0].style = document.styles["Caption"]
        header.paragraphs[0].add_run(clean(banner))
    _number(page.footer, WD_ALIGN_PARAGRAPH.RIGHT)
    _number(page.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)


def _number(footer: _Footer, align: WD_ALIGN_PARAGRAPH) -> None:
    paragraph = footer.paragraphs[0]
    form = paragraph.paragraph_format
    form.alignment, form.first_line_indent = align, Pt(0)
    form.left_indent = form.right_indent = Pt(14)
    for kind, text in ((None, "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), (None, " —")):
        run = paragraph.add_run(text if kind is None else "")
        run.font.size = Pt(14)
        if kind == "instr":
            mark = OxmlElement("w:instrText")
            mark.text = text
            run._r.append(mark)
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def set_styles(document: Document, *, compact: bool = False) -> None:
    """22 lines of 28 characters: 28.95 pt a line, each character 0.2 pt closer. `compact`: one event on one page."""
    centre, left = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT
    body, pitch = (COMPACT_PT, COMPACT_PITCH_PT) if compact else (BODY_PT, PITCH_PT)
    for name, font, size, align in (
        ("Normal", BODY, body, WD_ALIGN_PARAGRAPH.JUSTIFY),
        ("Title", TITLE, 22, centre),
        ("Subtitle", SUBTITLE, 14, centre),
        ("Heading 1", HEAD, body, left),
        ("Caption", HEAD, 12, centre),
    ):
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _font(style, font, size)
        form = style.paragraph_format
        form.alignment, form.space_before, form.space_after = align, Pt(0), Pt(0)
        form.widow_control = False  # 22 lines a page, whatever they end
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(36 if size > 20 else pitch)
        form.first_line_indent = Pt(2 * body) if name in ("Normal", "Heading 1") else Pt(0)
        if name == "Normal" and not compact:
            _closer(style)
        _rule(style, below=name == "Subtitle")
    document.styles["Caption"].paragraph_format.keep_with_next = True
    for lang in document.styles.element.iter(qn("w:lang")):
        lang.set(qn("w:eastAsia"), "zh-CN")


def _closer(style: ParagraphStyle) -> None:
    """A line of the type area is 156 mm: 28 characters of 15.79 pt."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), "-4")  # twentieths of a point
    style.element.get_or_add_rPr().insert_element_before(
        spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs"
    )


def _rule(style: ParagraphStyle, *, below: bool) -> None:
    """The red line under the head; Word's own blue one goes."""
    properties = style.element.get_or_add_pPr()
    for old in properties.findall(qn("w:pBdr")):
        properties.remove(old)
    if below:
        border, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
        for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", RED)):
            line.set(qn(f"w:{name}"), value)
        border.append(line)
        properties.insert_element_before(border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def _font(style: ParagraphStyle, font: str, size: float) -> None:
    style.font.name, style.font.size, style.font.bold, style.font.italic = font, Pt(size), False, False
    properties = style.element.get_or_add_rPr()
    for tag in ("w:color", "w:spacing", "w:kern"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    for side in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        properties.rFonts.set(qn(side), font)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        properties.rFonts.attrib.pop(qn(theme), None)


def font_table(body: bytes) -> bytes:
    """`word/fontTable.xml` with the fonts named and what may stand in for each."""
    named = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in INSTEAD.items()
    )
    return body.replace(b"</w:fonts>", named.encode() + b"</w:fonts>")


def set_widths(grid: Grid, table: Table) -> None:
    """As wide as the page: figures on one line each, what is left to the words."""
    grid.autofit, grid.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    widths = widths_pt(table)
    for column, width in zip(grid._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Pt(width)
    for row in grid._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, widths, strict=True):
            cell.width = Pt(width)


def widths_pt(table: Table) -> list[float]:
    """Together the page's. Words take what is left to them, a quarter at least."""
    needed = [_needed_pt(table, i) for i in range(len(table.columns))]
    is_long = [any(_is_long(row[i]) for row in table.rows) for i in range(len(table.columns))]
    words = sum(n for n, long in zip(needed, is_long, strict=True) if long)
    left = max(ROOM_PT / 4, ROOM_PT - (sum(needed) - words))
    widths = [n * left / words if long else n for n, long in zip(needed, is_long, strict=True)]
    return [width * ROOM_PT / sum(widths) for width in widths]


def _is_long(cell: Cell) -> bool:
    return isinstance(cell, str) and len(cell) > LONG


def _needed_pt(table: Table, column: int) -> float:
    name, kind = table.columns[column]
    head = max(map(ems, name.replace("（", "|（").split("|")))
    cells = [written(kind, row[column]) for row in table.rows]
    return max([head, *(min(ems(cell), 4 * LONG) for cell in cells)]) * CELL_PT + PADDING_PT


def keep_whole(grid: Grid, *, most_rows: int) -> None:
    """Rows are not torn, nor is a table that fits a page; its heads are said again overleaf."""
    rows: list[BaseOxmlElement] = list(grid._tbl.tr_lst)
    for row in rows:
        row.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    rows[0].get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    if len(rows) <= most_rows:
        for row in rows[:-1]:
            for paragraph in row.iter(qn("w:p")):
                keep = paragraph.get_or_add_pPr().get_or_add_keepNext()
                keep.val = True
