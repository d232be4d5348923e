"""The city's daily paper has a body of two pages, whatever happened: what exceeds them stands in the first annex."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from urllib.parse import parse_qs

import pypdf
import pytest
from sqlalchemy import Connection

from briefing.checks import check
from briefing.compose import compose
from briefing.decisions import DECISIONS
from briefing.formats import FORMATS
from briefing.leaders_pages import UNLISTED, two_pages
from briefing.paper import Briefing, Section
from briefing.reference import figures_in
from briefing.text import annexes
from domain.campaign import Campaign
from store.engine import open_store, read, write
from tests.briefing.rehearsal_days import FIRST_NIGHT, LATE_AUTUMN, expected_of, heavy, ordinary
from tests.briefing.test_formats import CITY, bare

Happened = Callable[[Connection, Campaign], None]
DAYS: Mapping[Happened, object] = {ordinary: FIRST_NIGHT, heavy: LATE_AUTUMN}


@pytest.fixture(scope="module")
def papers(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, campaign: Campaign
) -> Mapping[Happened, Briefing]:
    """Of each the paper as it is sent: nothing that the checks before sending find."""
    made = {}
    for happened, as_of in DAYS.items():
        store = tmp_path_factory.mktemp("day") / "quanqing.db"
        store.write_bytes(migrated_sqlite.read_bytes())
        engine = open_store(f"sqlite:///{store}")
        with write(engine) as conn:
            happened(conn, campaign)
        with read(engine) as conn:
            paper = made[happened] = compose(conn, campaign, expected_of(campaign), CITY, as_of=as_of)
            bodies = {form: render(paper) for form, render in FORMATS.items()}
            assert check(conn, campaign, paper, bodies).troubles == ()
        engine.dispose()
    return made


def pages_of(paper: Briefing) -> int:
    """Of the body: those before the first annex."""
    pages = [bare(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(FORMATS["pdf"](paper))).pages]
    first = annexes(paper.sections)[0].removeprefix("1.")
    return next(n for n, page in enumerate(pages) if f"附件1{first}" in page or f"附件{first}" in page)


def sentences(paper: Briefing, *, annex: str | None = None) -> list[str]:
    return [str(x) for s in paper.sections if (s.annex or None) == annex for x in s.sentences]


@pytest.mark.parametrize("happened", DAYS)
def test_the_body_is_two_pages(papers: Mapping[Happened, Briefing], happened: Happened) -> None:
    assert pages_of(papers[happened]) == 2


def test_an_ordinary_day_is_told_in_full(papers: Mapping[Happened, Briefing]) -> None:
    assert UNLISTED not in "".join(annexes(papers[ordinary].sections))
    assert "其余见附件" not in "".join(sentences(papers[ordinary]))


def test_what_a_heavy_day_has_no_room_for_is_the_first_annex(papers: Mapping[Happened, Briefing]) -> None:
    paper = papers[heavy]
    assert annexes(paper.sections)[0] == f"1.{UNLISTED}"
    body, rest = sentences(paper), sentences(paper, annex=UNLISTED)
    points = [x.split(".")[0] for x in (*body, *rest) if x[:2] in {f"{n}." for n in range(1, 10)}]
    assert points == ["1", "2", "3", "4", "5"], "no point to be decided is lost, nor told twice"
    cut = [s.heading for s in paper.sections if not s.annex and str(s.sentences[-1]).endswith("其余见附件。")]
    assert cut == [s.heading for s in paper.sections if s.annex == UNLISTED]
    assert DECISIONS in cut
    assert sum("已持续" in x for x in body) >= 1, "the gravest alert stands before the leaders"


def test_no_figure_goes_with_what_is_moved(papers: Mapping[Happened, Briefing]) -> None:
    """They stay under their section's name: evidence is asked for by it."""
    left = [s for s in papers[heavy].sections if s.annex == UNLISTED]
    assert not any(s.figures or s.tables for s in left)
    keys = {key for s in papers[heavy].sections for key, _ in figures_in(s)}
    moved = [x for s in left for x in s.sentences]
    told = [piece for x in moved for piece in getattr(x, "pieces", ()) if not isinstance(piece, str)]
    assert told
    assert {parse_qs(ref)["figure"][0] for _, ref in told} <= keys


@pytest.mark.parametrize("seed", range(6))
def test_whatever_there_is_to_say_it_is_two_pages_at_most(
    papers: Mapping[Happened, Briefing], seed: int
) -> None:
    """Bodies of every length, a heading of two lines above them: none gets to a third page, nothing gets lost."""
    rng, paper = Random(seed), papers[heavy]
    words = [x for s in paper.sections for x in s.sentences]
    body = [
        replace(s, sentences=tuple(rng.choices(words, k=rng.randrange(1, 9))))
        for s in paper.sections
        if not s.annex
    ]
    behind = [Section(heading="x", annex=s.annex) for s in paper.sections if s.annex and s.annex != UNLISTED]
    shown, left = two_pages(body, annexes=len({s.annex for s in behind}))
    title = "长治市数字消费券运行日报（更正第12号）"
    made = replace(paper, title=title, sections=(*shown, *left, *behind))
    assert pages_of(made) <= 2
    assert _said(*shown, *left) == _said(*body)


def _said(*sections: Section) -> list[str]:
    return sorted(x.replace("其余见附件。", "") for s in sections for x in s.sentences)
