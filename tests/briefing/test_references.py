"""Every figure and quote of a paper carries what opens its evidence; nothing a stranger wrote becomes a link."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import docx
import openpyxl
import pypdf
import pytest
from sqlalchemy import Engine

from briefing.checks import check
from briefing.compose import compose
from briefing.draft import Question
from briefing.evidence import Readings
from briefing.formats import formats_with
from briefing.paper import Briefing, Kind, Section, Table, cited, written
from briefing.reference import figures_in, opens
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.terms import UNKNOWN
from store.engine import read
from tests.briefing.conftest import AS_OF
from tests.briefing.hostile import HOSTILE
from tests.briefing.test_formats import CITY

DESK = "https://quanqing.example.gov.cn"
NOT_FIGURES = ("更正", "明日安排", "口径说明", "预警")
REF = re.compile(
    r"/evidence/140400\?as_of=2022-10-29T18:00&tranche=[^&]+&version=([0-9a-f]{12})&(figure|post)=[^&]+"
)


@pytest.fixture(scope="module")
def briefing(filled: Engine, small_campaign: Campaign) -> Briefing:
    with read(filled) as conn:
        return compose(conn, small_campaign, (), CITY, as_of=AS_OF)


@pytest.fixture(scope="module")
def bodies(briefing: Briefing) -> dict[str, bytes]:
    return {form: render(briefing) for form, render in formats_with(None, DESK).items()}


def refs_of(b: Briefing) -> list[str]:
    """In the order they stand in the paper."""
    found: list[str | None] = []
    for section in b.sections:
        found += [ref for sentence in section.sentences for _, ref in cited(sentence)]
        found += [ref for table in section.tables for row in table.refs for ref in row]
    return [ref for ref in found if ref]


def test_every_figure_and_quote_has_its_reference(briefing: Briefing) -> None:
    for section in briefing.sections:
        assert all(REF.fullmatch(figure.ref or "") for figure in section.figures)
        for table in section.tables:
            for refs in table.refs:
                for ref, (name, kind) in zip(refs, table.columns, strict=True):
                    is_cited = kind is not Kind.TEXT or name == "代表性表述"
                    found = REF.fullmatch(ref or "")
                    assert bool(found) is is_cited
                    assert not found or found[1] == briefing.freeze_id
    keys = [parse_qs(urlsplit(ref).query).get("figure") for table in _tables(briefing) for row in table.refs
            for ref in row if ref]  # fmt: skip
    assert len({str(k) for k in keys if k}) == len([k for k in keys if k]), "two figures of one key"


def test_every_number_of_a_sentence_is_one_of_the_papers_figures_and_says_the_same(
    briefing: Briefing,
) -> None:
    figures = {key: figure for section in briefing.sections for key, figure in figures_in(section)}
    said = 0
    for section in briefing.sections:
        for sentence in section.sentences:
            for text, ref in cited(sentence):
                key = parse_qs(urlsplit(ref or "").query).get("figure")
                if not key or "至" in text:  # an interval is of the share before it
                    continue
                figure, said = figures[key[0]], said + 1
                shown = written(figure.kind, figure.cell).lstrip("-")
                assert text.rstrip("张万元笔项条") in (
                    shown,
                    shown.replace(",", ""),
                )
    assert said >= 18
    plain = [
        part
        for s in briefing.sections
        if s.heading not in NOT_FIGURES
        for x in s.sentences
        for part, ref in cited(x)
        if not ref
    ]
    left = re.sub(r"\d+月\d+日|\d\d:\d\d|95%区间|\d+个百分点|^\d+\. |\d+张不推算", "", "".join(plain))
    assert not re.search(r"\d", left), "a number without a reference"


def test_what_the_page_reads_is_what_the_paper_says(
    briefing: Briefing, filled: Engine, small_campaign: Campaign
) -> None:
    told = {key: figure.cell for section in briefing.sections for key, figure in figures_in(section)}
    with read(filled) as conn:
        asked = Question(
            conn=conn, campaign=small_campaign, configured=(), scope=CITY, as_of=AS_OF, known_by=AS_OF
        )
        readings = Readings(asked, PaperKind.DAILY)
        found = {key: readings.evidence(key) for key in told}
    for key, cell in told.items():
        evidence = found[key]
        assert evidence is not None, key
        assert evidence.figure.cell == cell, key
        terms = evidence.terms
        if terms is None or cell is None:
            continue
        above, below = terms.above.cell, terms.below and terms.below.cell
        assert isinstance(above, int)
        if not isinstance(below, int):
            assert above == cell, key
        elif "占比（" in key:
            assert above / below == pytest.approx(cell, abs=0.001), key
        else:
            assert above / below == cell, key
        if evidence.parts:
            assert sum(int(part.above.cell or 0) for part in evidence.parts) == above, key


def test_in_every_format_they_are_links_to_our_own_address(
    briefing: Briefing, bodies: dict[str, bytes]
) -> None:
    wanted = [DESK + ref for ref in refs_of(briefing)]
    page = bodies["html"].decode().replace("&amp;", "&")
    assert re.findall(r'href="([^"]*)"', page) == wanted
    pages = pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages
    annotated = {a.get_object()["/A"]["/URI"] for p in pages for a in p.get("/Annots", ())}
    assert annotated == set(wanted)
    document = docx.Document(io.BytesIO(bodies["docx"]))
    targets = {r.target_ref for r in document.part.rels.values() if r.is_external}
    assert targets == set(wanted)
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    linked = [
        (c.hyperlink.target, c.data_type)
        for s in book.worksheets
        for r in s.iter_rows()
        for c in r
        if c.hyperlink
    ]
    assert linked
    assert {target for target, _ in linked} <= set(wanted)
    assert {kind for _, kind in linked} == {"n", "s"}
    told = json.loads(bodies["json"])
    assert [
        ref for s in told["sections"] for t in s["tables"] for row in t["rows"] for ref in row["refs"] if ref
    ] == [ref for table in _tables(briefing) for row in table.refs for ref in row if ref]


def test_the_files_with_links_hold_every_check(
    briefing: Briefing, bodies: dict[str, bytes], filled: Engine, small_campaign: Campaign
) -> None:
    with read(filled) as conn:
        assert check(conn, small_campaign, briefing, bodies).troubles == ()
    again = {form: render(briefing) for form, render in formats_with(None, DESK).items()}
    assert again == bodies, "the same bytes again"


def test_without_an_address_the_reference_is_text(briefing: Briefing) -> None:
    bodies = {form: render(briefing) for form, render in formats_with(None, None).items()}
    assert b"<a " not in bodies["html"]
    assert "/evidence/140400?as_of=2022-10-29T18:00" in bodies["html"].decode()
    assert not any(page.get("/Annots") for page in pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages)
    with zipfile.ZipFile(io.BytesIO(bodies["docx"])) as parts:
        assert b"w:hyperlink" not in parts.read("word/document.xml")
    told = json.loads(bodies["json"])
    assert told["sections"][0]["cited"][0][0]["ref"] == refs_of(briefing)[0]


def test_what_strangers_write_is_no_link(briefing: Briefing) -> None:
    words = tuple((text, "http://evil.cn/") for text in HOSTILE)
    refs = (("javascript:alert(1)", "http://evil.cn/"),) * len(words)
    table = Table(
        id="x", title="x", columns=(("表述", Kind.TEXT), ("链接", Kind.TEXT)), rows=words, refs=refs
    )
    paper = replace(briefing, sections=(Section(heading="x", sentences=tuple(HOSTILE), tables=(table,)),))
    bodies = {form: render(paper) for form, render in formats_with(None, DESK).items()}
    assert b"<a " not in bodies["html"]
    assert not any(page.get("/Annots") for page in pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages)
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    assert not any(c.hyperlink for s in book.worksheets for r in s.iter_rows() for c in r)


@pytest.mark.parametrize("base", [None, "", "ftp://x.cn", "javascript:alert(1)//", "data:text/html,x"])
def test_only_the_web_is_linked_to(base: str | None) -> None:
    assert opens(base, "/evidence/140400?as_of=x") is None
    assert opens(DESK, None) is None
    assert opens(DESK, "//evil.cn/evidence/") is None
    assert opens(DESK, "/evidence/140400?as_of=x") == f"{DESK}/evidence/140400?as_of=x"


def test_unknown_is_cited_too(filled: Engine, small_campaign: Campaign) -> None:
    """Why a figure is not known is as much a question as why it is."""
    with read(filled) as conn:
        paper = compose(conn, small_campaign, (), CITY, as_of=AS_OF)
    unknown = [
        ref for table in _tables(paper) for row, refs in zip(table.rows, table.refs, strict=True)
        for cell, ref, (_, kind) in zip(row, refs, table.columns, strict=True)
        if cell is None and kind is not Kind.TEXT
    ]  # fmt: skip
    assert unknown
    assert all(unknown), UNKNOWN


def _tables(b: Briefing) -> list[Table]:
    return [table for section in b.sections for table in section.tables]
