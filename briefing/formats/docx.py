"""DOCX an office can go on editing: styles, real tables, the official fonts by name."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle

from briefing.paper import Briefing, Kind, Table, written
from briefing.text import clean, heading, subtitle

BODY, TITLE, HEAD = "仿宋_GB2312", "方正小标宋简体", "黑体"
ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def render(briefing: Briefing) -> bytes:
    document = docx.Document()
    _page(document)
    _styles(document)
    if briefing.banner:
        document.add_paragraph(clean(briefing.banner), style="Caption")
    document.add_paragraph(clean(briefing.title), style="Title")
    document.add_paragraph(clean(subtitle(briefing)), style="Subtitle")
    for position, section in enumerate(briefing.sections):
        document.add_paragraph(clean(heading(position, section.heading)), style="Heading 1")
        for sentence in section.sentences:
            document.add_paragraph(clean(sentence), style="Normal")
        for table in section.tables:
            _table(document, table)
    about, moment = document.core_properties, briefing.as_of.astimezone(UTC).replace(tzinfo=None)
    about.title, about.author, about.created, about.modified = briefing.title, "", moment, moment
    out = io.BytesIO()
    document.save(out)
    return _same_every_time(out.getvalue())


def _page(document: Document) -> None:
    """GB/T 9704: A4, 37/35/28/26 mm."""
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)


def _styles(document: Document) -> None:
    centre, left = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT
    for name, font, size, align in (
        ("Normal", BODY, 16, WD_ALIGN_PARAGRAPH.JUSTIFY),
        ("Title", TITLE, 22, centre),
        ("Subtitle", "楷体_GB2312", 14, centre),
        ("Heading 1", HEAD, 16, left),
        ("Caption", HEAD, 12, centre),
    ):
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _font(style, font, size)
        form = style.paragraph_format
        form.alignment, form.space_before, form.space_after = align, Pt(0), Pt(0)
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(29 if size < 20 else 36)
        form.first_line_indent = Pt(32) if name in ("Normal", "Heading 1") else Pt(0)


def _font(style: ParagraphStyle, font: str, size: int) -> None:
    style.font.name, style.font.size, style.font.bold, style.font.italic = font, Pt(size), False, False
    properties = style.element.get_or_add_rPr()
    for tag in ("w:color", "w:spacing", "w:kern"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    for side in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        properties.rFonts.set(qn(side), font)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        properties.rFonts.attrib.pop(qn(theme), None)


def _table(document: Document, table: Table) -> None:
    document.add_paragraph(clean(table.title), style="Caption")
    grid = document.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Table Grid")
    cells = [cell for row in grid.rows for cell in row.cells]  # once: python-docx counts again at each look
    texts = [(Kind.TEXT, name) for name, _ in table.columns]
    texts += [(k, written(k, c)) for row in table.rows for (_, k), c in zip(table.columns, row, strict=True)]
    for n, (cell, (kind, text)) in enumerate(zip(cells, texts, strict=True)):
        paragraph = cell.paragraphs[0]
        paragraph.add_run(clean(text)).font.size = Pt(10.5)
        form = paragraph.paragraph_format
        form.first_line_indent, form.line_spacing = Pt(0), Pt(16)
        is_head = n < len(table.columns)
        form.alignment = (
            WD_ALIGN_PARAGRAPH.CENTER if is_head
            else WD_ALIGN_PARAGRAPH.LEFT if kind is Kind.TEXT
            else WD_ALIGN_PARAGRAPH.RIGHT
        )  # fmt: skip
    repeated = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(repeated)


def _same_every_time(body: bytes) -> bytes:
    """python-docx stamps every part with the clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, ZIP_DAY), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
