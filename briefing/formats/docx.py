"""DOCX an office can go on editing: styles, real tables, the official fonts by name."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from briefing.paper import Briefing, Kind, Table, cited, written
from briefing.reference import opens
from briefing.stationery import font_table, keep_whole, set_page, set_styles, set_widths
from briefing.text import clean, heading, subtitle

ZIP_DAY = (1980, 1, 1, 0, 0, 0)
NARROW = 4
WHOLE_ROWS = 25
"""A table of as many rows fits a page."""


def render(briefing: Briefing, *, base: str | None = None) -> bytes:
    """`base`: the address of the desk, to which figures and quotes lead; None: they lead nowhere."""
    document = docx.Document()
    set_styles(document)
    set_page(document, banner=briefing.banner or "")
    document.add_paragraph(clean(briefing.title), style="Title")
    document.add_paragraph(clean(subtitle(briefing)), style="Subtitle")
    for position, section in enumerate(briefing.sections):
        document.add_paragraph(clean(heading(position, section.heading)), style="Heading 1")
        for sentence in section.sentences:
            paragraph = document.add_paragraph(style="Normal")
            for text, ref in cited(sentence):
                _write(paragraph, text, opens(base, ref))
        for table in section.tables:
            _table(document, table.on_page, base)
    about, moment = document.core_properties, briefing.as_of.astimezone(UTC).replace(tzinfo=None)
    about.title, about.author, about.created, about.modified = briefing.title, "", moment, moment
    out = io.BytesIO()
    document.save(out)
    return _same_every_time(out.getvalue())


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
