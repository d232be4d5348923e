"""PDF by typst in the layout of GB/T 9704. All text goes in as JSON: typst never reads it as markup or as code."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import typst

from briefing.charts import drawing
from briefing.fonts import fitted, font_folders
from briefing.paper import Briefing, Kind, Table, cited, written
from briefing.reference import opens
from briefing.text import Placed, annexes, clean, placed, subtitle
from domain.papers import PaperKind
from domain.terms import local

TITLE_LONGEST = 20
"""Characters of 22 pt on the type area's 156 mm."""
LAYOUT = Path(__file__).with_name("pdf.typ")


def render(briefing: Briefing, *, fonts: Path | None = None, base: str | None = None) -> bytes:
    """The same briefing and fonts give the same bytes. No system fonts, no network, one empty folder to read from.

    `fonts`: a folder with the office's own, used before the shipped ones. `base`: the address of the desk, to which
    figures and quotes lead; None: they lead nowhere.
    """
    folders = font_folders(fonts)
    document = fitted(json.dumps(_document(briefing, base), ensure_ascii=False), folders)
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


def _document(briefing: Briefing, base: str | None) -> dict[str, object]:
    at = local(briefing.as_of)
    return {
        "title": _broken(clean(briefing.title)),
        "subtitle": clean(subtitle(briefing)),
        "banner": clean(briefing.banner or ""),
        "date": [at.year, at.month, at.day],
        "compact": briefing.kind is PaperKind.EVENT,
        "annexes": [clean(title) for title in annexes(briefing.sections)],
        "sections": [_section(p, base) for p in placed(briefing.sections)],
    }


def _section(p: Placed, base: str | None) -> dict[str, object]:
    mark, title = p.opens or ("", "")
    return {
        "mark": mark,
        "title": clean(title),
        "annexed": bool(p.section.annex),
        "heading": clean(p.heading),
        "sentences": [
            [_linked(text, opens(base, ref)) for text, ref in cited(x)] for x in p.section.sentences
        ],
        "tables": [_table(t.on_page, base) for t in p.section.tables],
    }


def _broken(title: str) -> str:
    """Two lines where one is too short, the second what stands in brackets."""
    return title if len(title) <= TITLE_LONGEST else title.replace("（", "\n（", 1)


def _linked(text: str, address: str | None) -> dict[str, str]:
    return {"text": clean(text), "link": address or ""}


def _table(table: Table, base: str | None) -> dict[str, object]:
    return {
        "title": clean(table.title),
        "heads": [clean(name) for name, _ in table.columns],
        "numeric": [kind is not Kind.TEXT for _, kind in table.columns],
        "rows": [
            [
                _linked(written(k, c), opens(base, table.ref(n, i)))
                for i, ((_, k), c) in enumerate(zip(table.columns, row, strict=True))
            ]
            for n, row in enumerate(table.rows)
        ],
        "wide": [_is_wide(table, i) for i in range(len(table.columns))],
        "chart": drawing(table),
    }


def _is_wide(table: Table, column: int) -> bool:
    """Sentences take what room is left; names and figures only their own."""
    return any(isinstance(row[column], str) and len(str(row[column])) > 14 for row in table.rows)
