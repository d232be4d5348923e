"""PDF by typst in the layout of GB/T 9704. All text goes in as JSON: typst never reads it as markup or as code."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import typst

from briefing.charts import drawing
from briefing.fonts import fitted, font_folders
from briefing.paper import Briefing, Kind, Table, written
from briefing.text import clean, heading, subtitle
from domain.papers import PaperKind
from domain.terms import local

TITLE_LONGEST = 20
"""Characters of 22 pt on the type area's 156 mm."""
LAYOUT = Path(__file__).with_name("pdf.typ")


def render(briefing: Briefing, *, fonts: Path | None = None) -> bytes:
    """The same briefing and fonts give the same bytes. No system fonts, no network, one empty folder to read from.

    `fonts`: a folder with the office's own, used before the shipped ones.
    """
    folders = font_folders(fonts)
    document = fitted(json.dumps(_document(briefing), ensure_ascii=False), folders)
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "main.typ"
        main.write_bytes(LAYOUT.read_bytes())
        body = typst.compile(
            str(main),
            root=folder,
            font_paths=list(folders),
            ignore_system_fonts=True,
            sys_inputs={"briefing": document},
            timestamp=int(briefing.as_of.timestamp()),
        )
    assert isinstance(body, bytes)
    return body


def _document(briefing: Briefing) -> dict[str, object]:
    at = local(briefing.as_of)
    return {
        "title": _broken(clean(briefing.title)),
        "subtitle": clean(subtitle(briefing)),
        "banner": clean(briefing.banner or ""),
        "date": [at.year, at.month, at.day],
        "compact": briefing.kind is PaperKind.EVENT,
        "sections": [
            {
                "heading": clean(heading(i, s.heading)),
                "sentences": [clean(x) for x in s.sentences],
                "tables": [_table(t) for t in s.tables],
            }
            for i, s in enumerate(briefing.sections)
        ],
    }


def _broken(title: str) -> str:
    """Two lines where one is too short, the second what stands in brackets."""
    return title if len(title) <= TITLE_LONGEST else title.replace("（", "\n（", 1)


def _table(table: Table) -> dict[str, object]:
    return {
        "title": clean(table.title),
        "heads": [clean(name) for name, _ in table.columns],
        "numeric": [kind is not Kind.TEXT for _, kind in table.columns],
        "rows": [
            [clean(written(k, c)) for (_, k), c in zip(table.columns, row, strict=True)] for row in table.rows
        ],
        "wide": [_is_wide(table, i) for i in range(len(table.columns))],
        "chart": drawing(table),
    }


def _is_wide(table: Table, column: int) -> bool:
    """Sentences take what room is left; names and figures only their own."""
    return any(isinstance(row[column], str) and len(str(row[column])) > 14 for row in table.rows)
