"""What is looked at before a paper is sent: a broken file is told of, not sent."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import docx
import openpyxl
import pypdf
from sqlalchemy import Connection

from briefing.charts import drawing
from briefing.paper import Briefing, Kind, Table, written
from briefing.pictures import is_blank
from briefing.readback import differences, tables_of
from domain.campaign import Campaign
from domain.measures import FIGURES
from domain.papers import WITHOUT_LEDGER
from store.queries.progress import programmes_of
from store.queries.totals import totals

MOST_PAGES = 30
LEFT_PT, RIGHT_PT = (mm / 25.4 * 72 for mm in (28, 210 - 26))
"""GB/T 9704: where the type area begins and ends."""
SLACK_PT = 3.0
_CELL_PT, _INSET_PT = 10.5, 4.0  # as `pdf.typ` sets tables
_ROOM_PT = RIGHT_PT - LEFT_PT
LEDGER = "与台账一致"
CHECKS = (LEDGER, "五种格式数字一致", "图表非空", "字形齐全", "页数", "版心宽度")


def checks_of(briefing: Briefing) -> tuple[str, ...]:
    """What a receipt names. A paper of what was said has no facts to hold against the ledger."""
    return tuple(c for c in CHECKS if c != LEDGER or briefing.kind not in WITHOUT_LEDGER)


_NO_GLYPH = re.compile("[\x00\ufffd]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    pages: int
    troubles: tuple[str, ...]  # in the office's words; none: it may be sent


def check(
    conn: Connection,
    campaign: Campaign,
    briefing: Briefing,
    bodies: Mapping[str, bytes],
    *,
    fonts: Path | None = None,
) -> Checked:
    """`bodies`: all formats as they would go out; `fonts`: the office's, as the PDF was set with."""
    pages = pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages
    said, edges = _read(pages)
    troubles = [
        *(_ledger(conn, campaign, briefing) if LEDGER in checks_of(briefing) else ()),
        *differences(briefing, bodies, said, fonts=fonts),
        *_charts(briefing, bodies["xlsx"], bodies["docx"]),
    ]
    troubles += [f"表格过宽：{table.title}" for table in tables_of(briefing) if _width_pt(table) > _ROOM_PT]
    if any(map(_NO_GLYPH.search, said)):
        troubles.append("PDF 有缺字")
    if any(not LEFT_PT - SLACK_PT <= x <= RIGHT_PT + SLACK_PT for x in edges):
        troubles.append("PDF 有文字超出版心")
    if not 0 < len(pages) <= MOST_PAGES:
        troubles.append(f"PDF 页数异常：{len(pages)}页")
    return Checked(pages=len(pages), troubles=tuple(troubles))


def _width_pt(table: Table) -> float:
    """The least a table needs: figures stand on one line, words may break after every second character."""
    widest = [
        max([len(written(kind, row[i])) / 2 for row in table.rows], default=0.0)
        if kind is not Kind.TEXT
        else 2
        for i, (_, kind) in enumerate(table.columns)
    ]
    return sum(em * _CELL_PT + 2 * _INSET_PT for em in widest)


def _read(pages: Sequence[pypdf.PageObject]) -> tuple[list[str], list[float]]:
    """Each page's text, and where on the line every piece of it begins, in points."""
    edges: list[float] = []

    def note(text: str, cm: Sequence[float], tm: Sequence[float], *_: object) -> None:
        if text.strip():
            edges.append(tm[4] * cm[0] + tm[5] * cm[2] + cm[4])

    return [page.extract_text(visitor_text=note) for page in pages], edges


def _ledger(conn: Connection, campaign: Campaign, b: Briefing) -> Iterator[str]:
    """The facts, read again."""
    own = {p.id for p in programmes_of(campaign, b.scope)}
    rows = totals(
        conn,
        campaign,
        by=("programme",),
        now=b.as_of,
        known_by=b.known_by,
        until=b.as_of,
        tranche=campaign.in_scope.id,
    )
    again = {row.key[0]: row.figures for row in rows if row.key[0] in own}
    if again.keys() != {fact.programme for fact in b.facts}:
        yield "与台账不一致：发放主体不同"
        return
    for fact in b.facts:
        stored = again[fact.programme]
        other = [n for n in FIGURES if getattr(fact.figures, n) != getattr(stored, n)]
        if other:
            yield f"与台账不一致：{fact.name}（{'、'.join(other)}）"


def _charts(b: Briefing, workbook: bytes, letter: bytes) -> Iterator[str]:
    """As many as there are tables with something to draw, and none of them without a bar."""
    drawn = [table for table in tables_of(b) if table.has_bars or table.has_curves]
    if any(not re.search(r'<rect [^>]*width="(?!0\.0")', drawing(table)) for table in drawn):
        yield "图表为空"
    pictures = [part.blob for part in docx.Document(io.BytesIO(letter)).part.package.iter_parts()
                if part.content_type == "image/png"]  # fmt: skip
    if len(pictures) < len({drawing(table.on_page) for table in drawn}):
        yield "Word 图表数目不符"
    if any(map(is_blank, pictures)):
        yield "Word 图表为空"
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    if sum(len(sheet._charts) for sheet in book.worksheets) != len(drawn):
        yield "Excel 图表数目不符"
