"""DOCX and XLSX as another program shows them: printed by LibreOffice, every figure read back from what it printed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Engine

from briefing.compose import compose
from briefing.formats import formats_with
from briefing.paper import Briefing, Kind, Table
from briefing.stationery import ROOM_PT, widths_pt
from domain.campaign import Campaign
from domain.readings import Scope
from store.engine import read
from tests.briefing.conftest import AS_OF
from tests.briefing.test_formats import CITY, bare, tables, texts
from tests.briefing.test_references import DESK

SOFFICE = shutil.which("soffice")
COUNTY = Scope(code="140403", name="潞州区", is_city=False)

needs_it = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")


@pytest.fixture(scope="module", params=[CITY, COUNTY], ids=["city", "county"])
def briefing(request: pytest.FixtureRequest, filled: Engine, small_campaign: Campaign) -> Briefing:
    with read(filled) as conn:
        return compose(conn, small_campaign, (), request.param, as_of=AS_OF)


@pytest.fixture(scope="module")
def printed(briefing: Briefing, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Format -> its pages, in one start of the program."""
    folder = tmp_path_factory.mktemp("printed")
    bodies = formats_with(None, DESK)
    for form in ("docx", "xlsx"):
        (folder / f"{form}-paper.{form}").write_bytes(bodies[form](briefing))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(folder / f"{form}-paper.{form}") for form in ("docx", "xlsx")]
    command = [str(SOFFICE), "--headless", profile, "--convert-to", "pdf", "--outdir", str(folder), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return {form: _pages(folder / f"{form}-paper.pdf") for form in ("docx", "xlsx")}


def words(text: str) -> str:
    return re.sub(r"\W", "", text)


def _pages(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages]


@needs_it
@pytest.mark.slow
@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_every_figure_is_printed(form: str, briefing: Briefing, printed: dict[str, list[str]]) -> None:
    said = bare("".join(printed[form]))
    for table in tables(briefing):
        for row in texts(table):
            for (_, kind), cell in zip(table.columns, row, strict=True):
                assert kind is Kind.TEXT or bare(cell) in said, (table.id, row)
    assert "###" not in said, "a column too narrow for its figures"


@needs_it
@pytest.mark.slow
def test_the_letter_has_its_sentences_and_page_numbers(
    briefing: Briefing, printed: dict[str, list[str]]
) -> None:
    pages = [bare(page) for page in printed["docx"]]
    assert all(f"—{n}—" in page for n, page in enumerate(pages, start=1))
    assert all("演示数据" in page for page in pages)
    said = re.sub(r"—\d+—", "", "".join(pages)).replace(bare(briefing.banner or ""), "")
    said = words(said)  # what hangs over the end of a line is not read back
    wanted = [words(sentence) for section in briefing.sections for sentence in section.sentences]
    assert [sentence for sentence in wanted if sentence not in said] == []
    assert len(pages) <= 10
    first = next(n for n, page in enumerate(pages) if "附件1" in page and "县区进展表" in page and n)
    assert first == 2, "two pages for the leaders"


@needs_it
@pytest.mark.slow
def test_a_sheet_is_no_wider_than_its_page(briefing: Briefing, printed: dict[str, list[str]]) -> None:
    """One page each, but for the summary's second."""
    assert len(printed["xlsx"]) <= len(tables(briefing)) + 3


def test_columns_fill_the_line_and_figures_stand_on_one(briefing: Briefing) -> None:
    for table in tables(briefing):
        assert sum(widths_pt(table)) == pytest.approx(ROOM_PT), table.id


def test_more_columns_than_a_line_holds_are_still_columns() -> None:
    columns = (("甲", Kind.TEXT), *((f"很长的一个列名{n}", Kind.COUNT) for n in range(12)))
    widths = widths_pt(Table(id="x", title="x", columns=columns, rows=(("字" * 40, *[123_456_789] * 12),)))
    assert min(widths) > 10
    assert sum(widths) == pytest.approx(ROOM_PT)


def test_a_figure_with_many_digits_takes_no_room_as_a_sentence_does() -> None:
    columns = (("甲", Kind.TEXT), ("乙", Kind.TIMES))
    short, long = widths_pt(Table(id="x", title="x", columns=columns, rows=(("字" * 40, 7.123456789012345),)))
    assert short > 3 * long
