"""DOCX an office can go on editing: styles, real tables, the official fonts by name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from briefing.charts import alternative, drawing
from briefing.paper import Briefing, Kind, Table, cited, written
from briefing.pictures import DOTS_PER_INCH, as_png, size_of
from briefing.reference import opens
from briefing.stationery import ROOM_PT, font_table, keep_whole, set_page, set_styles, set_widths
from briefing.text import Placed, annexes, clean, placed, subtitle
from domain.papers import PaperKind

ZIP_DAY = (1980, 1, 1, 0, 0, 0)
NARROW = 4
WHOLE_ROWS = 25
"""A table of as many rows fits a page."""


def render(briefing: Briefing, *, fonts: Path | None = None, base: str | None = None) -> bytes:
    """`fonts`: the office's own, for the charts. `base`: the address of the desk, to which figures and quotes lead;
    None: they lead nowhere.
    """
    document = docx.Document()
    set_styles(document, compact=briefing.kind is PaperKind.EVENT)
    set_page(document, banner=briefing.banner or "")
    document.add_paragraph(clean(briefing.title), style="Title")
    document.add_paragraph(clean(subtitle(briefing)), style="Subtitle")
    listed = annexes(briefing.sections)
    drawn = _pictures(briefing, fonts)
    for p in placed(briefing.sections):
        if p.opens:
            _list(document, listed)
            listed = []
            _open_annex(document, *p.opens)
        _section(document, p, base, drawn)
    about, moment = document.core_properties, briefing.as_of.astimezone(UTC).replace(tzinfo=None)
    about.title, about.author, about.created, about.modified = briefing.title, "", moment, moment
    out = io.BytesIO()
    document.save(out)
    return _same_every_time(out.getvalue())


def _pictures(briefing: Briefing, fonts: Path | None) -> dict[str, bytes]:
    """By the table's id; all drawn at once."""
    tables = [table.on_page for section in briefing.sections for table in section.tables]
    drawings = {table.id: found for table in tables if (found := drawing(table))}
    return dict(zip(drawings, as_png(list(drawings.values()), fonts=fonts), strict=True))


def _section(document: Document, p: Placed, base: str | None, drawn: Mapping[str, bytes]) -> None:
    if p.heading:
        document.add_paragraph(clean(p.heading), style="Heading 1")
    for sentence in p.section.sentences:
        paragraph = document.add_paragraph(style="Normal")
        for text, ref in cited(sentence):
            _write(paragraph, text, opens(base, ref))
    for table in p.section.tables:
        _table(document, table.on_page, base)
        if table.id in drawn:
            _picture(document, table.on_page, drawn[table.id])


def _picture(document: Document, table: Table, png: bytes) -> None:
    """Under its table, with the words for whoever cannot see it."""
    paragraph = document.add_paragraph(style="Caption")
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.keep_with_next = WD_LINE_SPACING.SINGLE, False
    form.space_before = Pt(6)  # or it covers the table's last line
    width, _ = size_of(png)
    shown = paragraph.add_run().add_picture(
        io.BytesIO(png), width=Pt(min(width / DOTS_PER_INCH * 72, ROOM_PT * 0.88))
    )
    shown._inline.docPr.set("descr", clean(alternative(table)))
    shown._inline.docPr.set("name", clean(table.title))


def _list(document: Document, listed: Sequence[str]) -> None:
    """Under the body, a line below it, the numbers under each other."""
    for n, title in enumerate(listed):
        paragraph = document.add_paragraph(f"{'' if n else '附件：'}{clean(title)}", style="Normal")
        form = paragraph.paragraph_format
        form.first_line_indent, form.left_indent = (Pt(0), Pt(80)) if n else (Pt(-48), Pt(80))
        form.space_before = Pt(0) if n else Pt(29)
        form.alignment = WD_ALIGN_PARAGRAPH.LEFT


def _open_annex(document: Document, mark: str, title: str) -> None:
    """On a page of its own: 附件1 at the left margin, its title below."""
    paragraph = document.add_paragraph(mark, style="Heading 1")
    paragraph.paragraph_format.first_line_indent = Pt(0)
    paragraph.paragraph_format.page_break_before = True
    document.add_paragraph(clean(title), style="Title")


def _write(paragraph: Paragraph, text: str, address: str | None) -> Run:
    """A link looks like the text around it: it is an official paper."""
    run = paragraph.add_run(clean(text))
    if address:
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        paragraph._p.append(link)
        link.append(run._r)
    return run


def _head(table: Table, name: str) -> str:
    """The unit under the name where there are many columns: no word is broken by chance."""
    return name.replace("（", "\n（") if len(table.columns) > NARROW else name


def _table(document: Document, table: Table, base: str | None) -> None:
    document.add_paragraph(clean(table.title), style="Caption")
    grid = document.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Table Grid")
    cells = [cell for row in grid.rows for cell in row.cells]  # once: python-docx counts again at each look
    texts: list[tuple[Kind, str, str | None]] = [
        (Kind.TEXT, _head(table, name), None) for name, _ in table.columns
    ]
    texts += [
        (k, written(k, c), opens(base, table.ref(n, i)))
        for n, row in enumerate(table.rows)
        for i, ((_, k), c) in enumerate(zip(table.columns, row, strict=True))
    ]
    for n, (cell, (kind, text, address)) in enumerate(zip(cells, texts, strict=True)):
        paragraph = cell.paragraphs[0]
        _write(paragraph, text, address).font.size = Pt(10.5)
        form = paragraph.paragraph_format
        form.first_line_indent, form.line_spacing = Pt(0), Pt(16)
        is_head = n < len(table.columns)
        form.alignment = (
            WD_ALIGN_PARAGRAPH.CENTER if is_head
            else WD_ALIGN_PARAGRAPH.LEFT if kind is Kind.TEXT
            else WD_ALIGN_PARAGRAPH.RIGHT
        )  # fmt: skip
    set_widths(grid, table)
    keep_whole(grid, most_rows=WHOLE_ROWS)


def _same_every_time(body: bytes) -> bytes:
    """python-docx stamps every part with the clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = font_table(old.read(name)) if name == "word/fontTable.xml" else old.read(name)
            new.writestr(zipfile.ZipInfo(name, ZIP_DAY), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
