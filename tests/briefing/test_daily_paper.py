"""运行日报: the leaders' two pages first, each annex on a page of its own behind them, alike in every format."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import docx
import pypdf
import pytest
from sqlalchemy import Engine

from briefing.charts import drawing
from briefing.compose import compose
from briefing.formats import FORMATS
from briefing.paper import Briefing, Section
from briefing.pictures import as_png, is_blank, size_of
from briefing.text import annexes, placed
from domain.campaign import Campaign
from domain.readings import Level
from store.engine import read, write
from store.writes.alerts import Alarm, settle
from tests.briefing.conftest import AS_OF
from tests.briefing.test_formats import CITY, bare

BODY = ["总体情况", "需要决定的事项", "风险与时限", "舆情概况", "更正", "明日安排"]
ANNEXES = ["县区进展表", "主要指标和行业结构表", "轮次和资金表", "舆情情况", "预警和数据质量", "口径说明"]


@pytest.fixture(scope="module")
def briefing(filled: Engine, small_campaign: Campaign) -> Briefing:
    with write(filled) as conn:
        for n, level in enumerate((Level.YELLOW, Level.RED, Level.BLUE, Level.ORANGE)):
            alarm = Alarm(
                subject=f"140403/x{n}", level=level, title=f"潞州区“抢不到”第{n}类 31 条", reasons=(), evidence=(),
                evidence_count=31, county="140403",
            )  # fmt: skip
            settle(conn, f"rule{n}", [alarm], now=AS_OF - timedelta(hours=6))
    with read(filled) as conn:
        return compose(conn, small_campaign, (), CITY, as_of=AS_OF)


@pytest.fixture(scope="module")
def bodies(briefing: Briefing) -> dict[str, bytes]:
    return {ending: render(briefing) for ending, render in FORMATS.items()}


def section(briefing: Briefing, heading: str) -> Section:
    return next(s for s in briefing.sections if s.heading == heading)


def test_the_body_comes_first_and_has_no_table(briefing: Briefing):
    body = [s for s in briefing.sections if not s.annex]
    assert [s.heading for s in body] == BODY
    assert not any(s.tables for s in body)
    assert annexes(briefing.sections) == [f"{n}.{title}" for n, title in enumerate(ANNEXES, start=1)]


def test_what_needs_a_decision_stands_with_its_figure(briefing: Briefing):
    points = section(briefing, "需要决定的事项").sentences
    assert points[0] == "1. 橙色、红色预警未关闭2项，建议审定责任单位和对外口径（见“风险与时限”）。"
    assert len(points) == len({point[:2] for point in points}), "numbered"


def test_the_gravest_alert_comes_first_with_its_clock(briefing: Briefing):
    risks = section(briefing, "风险与时限").sentences
    assert risks[0] == "未关闭预警4项，其中红色1项、橙色1项、黄色1项、蓝色1项。"
    assert risks[1].startswith(
        "红色：潞州区“抢不到”第1类 31 条，已持续6 小时；首次回应时限为10月29日17:00，已超时"
    )
    assert "黄色" in risks[3], "three of four"


def test_opinion_is_three_sentences(briefing: Briefing):
    assert len(section(briefing, "舆情概况").sentences) <= 3


def test_the_leaders_part_is_two_pages_and_every_annex_begins_one(bodies: dict[str, bytes]):
    pages = [bare(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages]
    first = {
        title: n for title in ANNEXES for n, page in enumerate(pages) if re.search(rf"附件\d{title}", page)
    }
    assert list(first.values()) == sorted(set(first.values())), "each on a page of its own"
    assert set(first) == set(ANNEXES)
    assert min(first.values()) <= 2, "at most two pages of body"
    assert "附件：1.县区进展表" in "".join(pages[: min(first.values())])


def test_the_letter_opens_every_annex_on_a_new_page(bodies: dict[str, bytes]):
    document = docx.Document(io.BytesIO(bodies["docx"]))
    marks = [p for p in document.paragraphs if re.fullmatch(r"附件\d", p.text)]
    assert len(marks) == len(ANNEXES)
    assert all(p.paragraph_format.page_break_before for p in marks)


def test_mail_and_json_have_the_same_order(briefing: Briefing, bodies: dict[str, bytes]):
    page = bodies["html"].decode()
    places = [
        page.index(f">{p.heading or p.opens[1]}<") for p in placed(briefing.sections) if p.heading or p.opens
    ]
    assert places == sorted(places)
    assert page.count("break-before:page") == len(ANNEXES)
    told = json.loads(bodies["json"])["sections"]
    assert [s["annex"] for s in told] == [s.annex or None for s in briefing.sections]


def test_an_only_annex_has_no_number():
    sections = (Section(heading="甲"), Section(heading="乙", annex="表"), Section(heading="丙"))
    assert [(p.heading, p.opens) for p in placed(sections)] == [
        ("一、甲", None),
        ("二、丙", None),
        ("", ("附件", "表")),
    ]
    assert annexes(sections) == ["表"]


def test_the_letter_shows_every_chart_with_words_for_it(briefing: Briefing, bodies: dict[str, bytes]):
    drawn = [t for s in briefing.sections for t in s.tables if t.has_bars or t.has_curves]
    document = docx.Document(io.BytesIO(bodies["docx"]))
    shapes = document.inline_shapes
    assert len(shapes) == len(drawn) == 2
    told = [shape._inline.docPr.get("descr") for shape in shapes]
    assert all(words.startswith("条形图：") and "最高为" in words for words in told)
    for shape in shapes:
        part = document.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        assert not is_blank(part.blob)


def test_a_drawing_is_the_same_picture_every_time_and_an_empty_one_is_known(briefing: Briefing):
    table = next(t for s in briefing.sections for t in s.tables if t.has_bars)
    first, second = (as_png([drawing(table)]) for _ in range(2))
    assert first == second
    assert size_of(first[0])[0] > 1000
    (empty,) = as_png(['<svg xmlns="http://www.w3.org/2000/svg" width="200" height="80"></svg>'])
    assert is_blank(empty)
    assert is_blank(b"no picture")
