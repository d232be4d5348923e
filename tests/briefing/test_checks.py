"""What a paper must hold before it is sent: each fault is found and named, a good paper has none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from briefing.checks import check
from briefing.compose import compose
from briefing.fonts import MISSING, drawn, fitted, font_folders
from briefing.formats import FORMATS, formats_with
from briefing.paper import Briefing, Kind, Section, Table
from domain.campaign import Campaign
from store.engine import read
from tests.briefing.conftest import AS_OF
from tests.briefing.hostile import HOSTILE
from tests.briefing.test_formats import CITY, read_back

SHIPPED = font_folders(None)


@pytest.fixture(scope="module")
def briefing(filled: Engine, small_campaign: Campaign) -> Briefing:
    with read(filled) as conn:
        return compose(conn, small_campaign, (), CITY, as_of=AS_OF)


def rendered(briefing: Briefing) -> dict[str, bytes]:
    return {ending: render(briefing) for ending, render in FORMATS.items()}


def troubles(
    filled: Engine, campaign: Campaign, briefing: Briefing, bodies: dict[str, bytes]
) -> tuple[str, ...]:
    with read(filled) as conn:
        return check(conn, campaign, briefing, bodies).troubles


def hostile(briefing: Briefing) -> Briefing:
    """With all that strangers write in a sentence and in a table that is drawn."""
    rows = tuple((text, n) for n, text in enumerate(HOSTILE))
    columns = (("表述", Kind.TEXT), ("条", Kind.COUNT))
    table = Table(id="x", title="网民表述", columns=columns, rows=rows, bars=1)
    return replace(briefing, sections=(Section(heading="x", sentences=tuple(HOSTILE), tables=(table,)),))


def test_a_good_paper_has_no_trouble(filled: Engine, small_campaign: Campaign, briefing: Briefing) -> None:
    with read(filled) as conn:
        found = check(conn, small_campaign, briefing, rendered(briefing))
    assert (found.troubles, found.pages) == ((), 8)


def test_what_strangers_write_stops_no_paper(
    filled: Engine, small_campaign: Campaign, briefing: Briefing
) -> None:
    paper = hostile(briefing)
    assert troubles(filled, small_campaign, paper, rendered(paper)) == ()


@pytest.mark.parametrize(
    ("ending", "words"),
    [("docx", "Word"), ("xlsx", "Excel"), ("json", "JSON"), ("html", "网页"), ("pdf", "PDF")],
)
def test_a_figure_that_is_another_in_one_format_is_found(
    ending: str, words: str, filled: Engine, small_campaign: Campaign, briefing: Briefing
) -> None:
    place = next(n for n, s in enumerate(briefing.sections) if s.tables and s.tables[0].id == "headline")
    section = briefing.sections[place]
    table = section.tables[0]
    name, count, fen = table.rows[1]
    other = replace(table, rows=(table.rows[0], (name, count, int(fen or 0) + 1_000_000), *table.rows[2:]))
    sections = list(briefing.sections)
    sections[place] = replace(section, tables=(other,))
    wrong = replace(briefing, sections=tuple(sections))
    bodies = rendered(briefing) | {ending: FORMATS[ending](wrong)}
    assert [t for t in troubles(filled, small_campaign, briefing, bodies) if t.startswith(words)]


def test_facts_that_are_not_the_ledgers_are_found(
    filled: Engine, small_campaign: Campaign, briefing: Briefing
) -> None:
    first, *rest = briefing.facts
    figures = replace(first.figures, claimed_count=first.figures.claimed_count + 1)
    wrong = replace(briefing, facts=(replace(first, figures=figures), *rest))
    (found,) = troubles(filled, small_campaign, wrong, rendered(wrong))
    assert found == f"与台账不一致：{first.name}（claimed_count）"


def test_a_missing_glyph_is_found_in_the_file_itself(
    filled: Engine, small_campaign: Campaign, briefing: Briefing, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = replace(briefing, title="😀数字消费券")
    monkeypatch.setattr("briefing.formats.pdf.fitted", lambda text, folders: text)
    assert "PDF 有缺字" in troubles(filled, small_campaign, paper, rendered(paper))
    monkeypatch.undo()
    bodies = rendered(paper)
    assert read_back(bodies["pdf"]).startswith(f"{MISSING}数字消费券")
    assert troubles(filled, small_campaign, paper, bodies) == ()


def test_a_table_that_needs_more_than_the_page_is_found(
    filled: Engine, small_campaign: Campaign, briefing: Briefing
) -> None:
    columns = tuple((f"列{n}", Kind.COUNT) for n in range(12))
    table = Table(id="x", title="甲", columns=columns, rows=((123_456_789,) * 12,))
    wide = replace(briefing, sections=(Section(heading="x", tables=(table,)),))
    assert "表格过宽：甲" in troubles(filled, small_campaign, wide, rendered(wide))


def test_a_chart_of_nothing_is_not_drawn(briefing: Briefing) -> None:
    columns = (("县区", Kind.TEXT), ("万元", Kind.WAN))
    table = Table(id="x", title="x", columns=columns, rows=(("甲", None), ("乙", 0)), bars=1)
    assert not table.has_bars
    assert replace(table, rows=(("甲", None), ("乙", 1))).has_bars


def test_the_fonts_have_what_official_texts_need() -> None:
    known = drawn(tuple(SHIPPED))
    assert len(known) > 30_000
    assert {ord(c) for c in "数费发报长区〔〕％‰№①—…·“”℃" + MISSING} <= known
    assert fitted("缺字😀与ሀ", SHIPPED) == f"缺字{MISSING}与{MISSING}"


def test_a_broken_font_in_the_offices_folder_is_left_out(tmp_path: Path, briefing: Briefing) -> None:
    (tmp_path / "仿宋_GB2312.ttf").write_bytes(b"\x00\x01\x00\x00\x00\x09broken")
    assert drawn((str(tmp_path),)) == frozenset()
    assert formats_with(tmp_path)["pdf"](briefing) == FORMATS["pdf"](briefing)
    assert formats_with(tmp_path / "none")["pdf"](briefing) == FORMATS["pdf"](briefing)
