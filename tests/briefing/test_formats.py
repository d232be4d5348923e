"""Every figure is read back from every format, and none of them does what a stranger wrote."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta

import docx
import openpyxl
import pypdf
import pytest
from sqlalchemy import Engine

from briefing.compose import compose
from briefing.formats import FORMATS
from briefing.paper import Briefing, Kind, Section, Table, written
from briefing.talk import QUOTE_LONGEST, quote
from domain.campaign import Campaign
from domain.measures import FIGURES
from domain.money import FEN_PER_WAN
from domain.readings import Scope
from domain.records import Kind as Event
from store.engine import read, write
from tests.briefing.conftest import AS_OF
from tests.briefing.hostile import HOSTILE
from tests.store.events import OPENING, event
from tests.store.judged import save

BANNER = "演示数据"
CITY = Scope(code="140400", name="长治市", is_city=True)


@pytest.fixture(scope="module")
def briefing(filled: Engine, small_campaign: Campaign) -> Briefing:
    with read(filled) as conn:
        return compose(conn, small_campaign, (), CITY, as_of=AS_OF)


@pytest.fixture(scope="module")
def bodies(briefing: Briefing) -> dict[str, bytes]:
    return {ending: render(briefing) for ending, render in FORMATS.items()}


def tables(briefing: Briefing) -> list[Table]:
    return [table for section in briefing.sections for table in section.tables]


def texts(table: Table) -> list[list[str]]:
    return [[written(k, c) for (_, k), c in zip(table.columns, row, strict=True)] for row in table.rows]


def bare(text: str) -> str:
    """Lines and justification put spaces between what is one word."""
    return re.sub(r"\s", "", text)


def read_back(pdf: bytes) -> str:
    """All it says, without what stands at the pages' heads and feet: a sentence goes on overleaf."""
    pages = [bare(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    return "".join(page.removesuffix(f"—{n}—").removeprefix(BANNER) for n, page in enumerate(pages, start=1))


def test_every_table_is_whole_in_the_pdf(briefing: Briefing, bodies: dict[str, bytes]):
    said = read_back(bodies["pdf"])
    for table in tables(briefing):
        for row in texts(table):
            assert all(bare(cell) in said for cell in row), row
    for section in briefing.sections:
        assert all(bare(sentence) in said for sentence in section.sentences)


def test_every_table_is_whole_in_the_document(briefing: Briefing, bodies: dict[str, bytes]):
    opened = docx.Document(io.BytesIO(bodies["docx"]))
    found = [
        [[cell.text.replace("\n", "") for cell in row.cells] for row in table.rows] for table in opened.tables
    ]
    assert found == [[[name for name, _ in t.columns], *texts(t)] for t in tables(briefing)]
    said = [p.text for p in opened.paragraphs]
    assert all(s in said for section in briefing.sections for s in section.sentences)
    assert opened.styles["Normal"].font.name == "仿宋_GB2312"


def test_every_figure_of_the_workbook_is_a_number_to_the_fen(briefing: Briefing, bodies: dict[str, bytes]):
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    for sheet, table in zip(book.worksheets[1:-1], tables(briefing), strict=True):
        assert sheet.freeze_panes == "B2"
        for cells, row in zip(
            sheet.iter_rows(min_row=2, max_row=1 + len(table.rows)), table.rows, strict=True
        ):
            for cell, value, (_, kind) in zip(cells, row, table.columns, strict=True):
                expected = value / FEN_PER_WAN if kind is Kind.WAN and value is not None else value
                if isinstance(expected, float):  # a workbook keeps sixteen digits
                    expected = pytest.approx(expected, rel=1e-15)
                    assert kind is not Kind.WAN or round(cell.value * FEN_PER_WAN) == value
                assert cell.value == ("—" if value is None else expected)
    raw = [[cell.value for cell in row] for row in book.worksheets[-1].iter_rows(min_row=2)]
    assert raw == [[f.programme, f.name, *(getattr(f.figures, n) for n in FIGURES)] for f in briefing.facts]
    assert sum(len(sheet._charts) for sheet in book.worksheets) == 2


def test_every_figure_stands_in_mail_and_json(briefing: Briefing, bodies: dict[str, bytes]):
    document = json.loads(bodies["json"])
    found = [[row["written"] for row in t["rows"]] for s in document["sections"] for t in s["tables"]]
    assert found == [texts(t) for t in tables(briefing)]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", bodies["html"].decode())
    assert len(cells) == sum(len(row) for t in tables(briefing) for row in t.rows)


@pytest.mark.parametrize("ending", list(FORMATS))
def test_the_same_moment_gives_the_same_bytes(
    ending: str, briefing: Briefing, bodies: dict[str, bytes], filled: Engine, small_campaign: Campaign
):
    with read(filled) as conn:
        again = compose(conn, small_campaign, (), CITY, as_of=AS_OF)
    assert again == briefing
    assert FORMATS[ending](again) == bodies[ending]


@pytest.mark.parametrize("mangle", [str, quote], ids=["as it came", "as it is quoted"])
def test_what_strangers_write_is_data(briefing: Briefing, mangle):
    words = tuple((mangle(text),) for text in HOSTILE)
    table = Table(id="x", title="网民表述", columns=(("表述", Kind.TEXT),), rows=words)
    paper = replace(briefing, sections=(Section(heading="x", sentences=tuple(HOSTILE), tables=(table,)),))
    bodies = {ending: render(paper) for ending, render in FORMATS.items()}
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    with zipfile.ZipFile(io.BytesIO(bodies["xlsx"])) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if "worksheets/" in name)
    assert len(docx.Document(io.BytesIO(bodies["docx"])).tables[0].rows) == len(HOSTILE) + 1
    pages = pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages
    said = "".join(page.extract_text() for page in pages)
    assert "root:" not in said
    assert not any(page.get("/Annots") for page in pages)
    assert b"<script" not in bodies["html"]
    assert b"<img" not in bodies["html"]
    json.loads(bodies["json"])


def test_a_quote_names_nobody_and_is_short():
    assert "13812345678" not in quote("联系13812345678张三")
    assert all(len(quote(text)) <= QUOTE_LONGEST for text in HOSTILE)
    assert "http" not in quote("看 https://x.cn/a?b=1 抢不到")


def test_late_data_do_not_change_what_was_known(briefing: Briefing, filled: Engine, small_campaign: Campaign):
    late = event(small_campaign, "city", Event.CLAIM, 39, occurred_at=OPENING + timedelta(minutes=39))
    with write(filled) as conn:
        save(conn, small_campaign, late, now=AS_OF + timedelta(hours=1))
    with read(filled) as conn:
        assert compose(conn, small_campaign, (), CITY, as_of=AS_OF) == briefing
        later = compose(conn, small_campaign, (), CITY, as_of=AS_OF + timedelta(hours=2))
    counted = [sum(f.figures.claimed_count for f in b.facts) for b in (briefing, later)]
    assert counted[1] == counted[0] + 1
