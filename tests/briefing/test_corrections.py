"""Late data after publication: the next paper lists exactly what changed, the published ones stay as they were."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import docx
import openpyxl
import pytest
from sqlalchemy import Connection, Engine, insert

from briefing.checks import check
from briefing.compose import compose
from briefing.corrections import TABLE
from briefing.formats import FORMATS
from briefing.paper import Briefing
from briefing.text import moment_words
from domain.campaign import Campaign
from domain.readings import Scope
from domain.records import Kind, Label
from domain.terms import business_day_start
from store.engine import read, write
from store.schema import discrepancies
from store.writes.briefings import Paper, publish
from tests.briefing.test_formats import bare, read_back
from tests.briefing.test_matter_paper import _difference
from tests.store.events import OPENING, event
from tests.store.judged import save
from tests.store.posts import post, say, score

CITY = Scope(code="140400", name="长治市", is_city=True)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)
DAY = business_day_start(OPENING)
ONE = timedelta(days=1)
NIGHT = DAY + timedelta(hours=22)
OUT = timedelta(hours=8, minutes=30)
"""After the day's end a paper is published."""


def paper(
    conn: Connection, campaign: Campaign, as_of: datetime, *, known_by: datetime | None = None
) -> Briefing:
    return compose(conn, campaign, (), CITY, as_of=as_of, known_by=known_by)


def release(
    conn: Connection, campaign: Campaign, as_of: datetime, *, out: datetime | None = None
) -> Briefing:
    made = paper(conn, campaign, as_of, known_by=out)
    row = Paper(
        scope=CITY.code,
        day=business_day_start(as_of - timedelta(seconds=1)),
        title=made.title,
        grade=made.grade,
        as_of=as_of,
        known_by=made.known_by,
        freeze_id=made.freeze_id,
    )
    publish(conn, row, {"json": FORMATS["json"](made)}, by="x", now=out or as_of + OUT)
    return made


def listed(made: Briefing) -> list[tuple[object, ...]]:
    return [row for s in made.sections for t in s.tables if t.id == TABLE for row in t.rows]


@pytest.fixture
def first(conn: Connection, small_campaign: Campaign) -> Briefing:
    """A day's paper of one claim used, and one that was not."""
    claims = [event(small_campaign, "luzhou", Kind.CLAIM, n) for n in (1, 2)]
    save(conn, small_campaign, *claims, event(small_campaign, "luzhou", Kind.REDEMPTION, 1), now=NIGHT)
    say(conn, (post(1, published_at=NIGHT), score(Label.NEGATIVE)), now=NIGHT)
    return release(conn, small_campaign, DAY + ONE)


def test_where_nothing_came_nothing_is_corrected(
    conn: Connection, small_campaign: Campaign, first: Briefing
) -> None:
    assert "此前未发布专报。" in [x for s in first.sections for x in s.sentences]
    made = paper(conn, small_campaign, DAY + 2 * ONE)
    assert listed(made) == []
    assert "此前已发布专报的数字没有变化。" in [x for s in made.sections for x in s.sentences]


def test_new_events_of_the_new_day_correct_nothing(
    conn: Connection, small_campaign: Campaign, first: Briefing
) -> None:
    late = DAY + ONE + timedelta(hours=12)
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 3, occurred_at=late), now=late)
    assert listed(paper(conn, small_campaign, DAY + 2 * ONE)) == []


def test_a_late_claim_changes_exactly_the_figures_it_is_in(
    conn: Connection, small_campaign: Campaign, first: Briefing
) -> None:
    before = FORMATS["pdf"](first)
    late = event(small_campaign, "luzhou", Kind.CLAIM, 3)
    save(conn, small_campaign, late, now=DAY + ONE + timedelta(hours=12))
    made = paper(conn, small_campaign, DAY + 2 * ONE)
    face = f"{late.face_fen // 100}.00元"
    why = "迟到1笔"
    when = "10月28日24:00"
    twice, thrice = f"{2 * late.face_fen // 100}.00元", f"{3 * late.face_fen // 100}.00元"
    assert sorted(listed(made)) == sorted(
        [
            (when, "总体情况·核销率", "50.0%", "33.3%", why),
            (when, "总体情况·当日领取（张）", "2", "3", why),
            (when, "累计主要指标·领取·张（笔）", "2", "3", why),
            (when, "累计主要指标·领取·金额", twice, thrice, why),
            (when, "累计主要指标·在途·张（笔）", "1", "2", why),
            (when, "累计主要指标·在途·金额", face, twice, why),
            (when, "县区进展·潞州区·领取（张）", "2", "3", why),
            (when, "县区进展·合计·领取（张）", "2", "3", why),
            (when, "已开放轮次·潞州区第1轮·领取（张）", "2", "3", why),
        ]
    )
    assert paper(conn, small_campaign, DAY + ONE) == first
    assert FORMATS["pdf"](paper(conn, small_campaign, DAY + ONE)) == before


def test_what_was_told_is_not_told_again_and_stays_reproducible(
    conn: Connection, small_campaign: Campaign, first: Briefing
) -> None:
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 3), now=DAY + ONE + OUT)
    second = release(conn, small_campaign, DAY + 2 * ONE)
    assert listed(second)
    assert listed(release(conn, small_campaign, DAY + 3 * ONE)) == []
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 4), now=DAY + 3 * ONE + OUT)
    told = listed(paper(conn, small_campaign, DAY + 4 * ONE))
    assert {row[0] for row in told} == {"10月28日24:00", "10月29日24:00", "10月30日24:00"}
    assert ("10月28日24:00", "累计主要指标·领取·张（笔）", "3", "4", "迟到1笔") in told
    assert paper(conn, small_campaign, DAY + 2 * ONE) == second


def test_a_corrected_amount_a_cancelled_event_and_a_late_post_say_so(
    conn: Connection, small_campaign: Campaign, first: Briefing
) -> None:
    noon = DAY + ONE + timedelta(hours=12)
    used = event(small_campaign, "luzhou", Kind.REDEMPTION, 1, order_fen=77_700, revision=1)
    gone = event(small_campaign, "luzhou", Kind.CLAIM, 2, revision=1, cancelled=True)
    late = event(small_campaign, "city", Kind.CLAIM, 9)
    save(conn, small_campaign, used, gone, late, now=noon)
    say(conn, (post(2, "另一条说抢不到", published_at=NIGHT), score()), now=noon)
    found = {row[1]: row[2:] for row in listed(paper(conn, small_campaign, DAY + 2 * ONE))}
    assert found["累计主要指标·直接带动消费·金额"][1:] == (
        "777.00元",
        "迟到1笔、更正或补全1笔、撤销1笔",
    )
    assert found["县区进展·潞州区·领取（张）"] == ("2", "1", "更正或补全1笔、撤销1笔")
    assert found["县区进展·潞州区·带动消费"][1:] == (
        "777.00元",
        "更正或补全1笔、撤销1笔",
    )
    assert found["舆情情况·相关帖文（条）"] == ("1", "2", "帖文迟到或重新研判")


def test_a_difference_from_the_platform_is_new_and_of_days_that_were_told_of(
    conn: Connection, small_campaign: Campaign
) -> None:
    """Found on the morning after, as most are: it had not been open before."""
    save(conn, small_campaign, *(event(small_campaign, "luzhou", Kind.CLAIM, n) for n in range(3)))
    night = business_day_start(OPENING) + timedelta(days=1)
    first = compose(conn, small_campaign, (), COUNTY, as_of=night)
    paper = Paper(
        scope=COUNTY.code, day=night - timedelta(days=1), title=first.title, grade=first.grade, as_of=night,
        known_by=night, freeze_id=first.freeze_id,
    )  # fmt: skip
    publish(conn, paper, {"json": b"{}"}, by="duty", now=night + timedelta(hours=8))
    found = night + timedelta(hours=9)
    conn.execute(insert(discrepancies), {**_difference(small_campaign, "claimed", found), "opened_at": found})
    later = compose(conn, small_campaign, (), COUNTY, as_of=night + timedelta(days=1))
    (said,) = (s for x in later.sections if x.heading == "更正" for s in x.sentences if "不一致" in s)
    assert said == "与平台汇总数不一致新增1项，涉及此前已发布专报的日期。"


def test_a_correction_is_a_numbered_paper_of_its_own(
    conn: Connection, small_campaign: Campaign, first: Briefing
) -> None:
    noon = DAY + ONE + timedelta(hours=12)
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 3), now=noon)
    made = release(conn, small_campaign, DAY + ONE, out=noon)
    assert made.title.endswith("日报（更正第1号）")
    assert ("10月28日24:00", "累计主要指标·领取·张（笔）", "2", "3", "迟到1笔") in listed(made)
    assert sum(f.figures.claimed_count for f in made.facts) == 3
    assert paper(conn, small_campaign, DAY + ONE, known_by=noon) == made
    assert paper(conn, small_campaign, DAY + ONE) == first
    assert listed(paper(conn, small_campaign, DAY + 2 * ONE)) == [], "its readers were told"
    again = paper(conn, small_campaign, DAY + ONE, known_by=noon + ONE)
    assert again.title.endswith("日报（更正第2号）")
    assert listed(again) == []


def test_every_earlier_paper_is_listed_a_page_shows_the_newest_and_the_workbook_all(
    conn: Connection, small_campaign: Campaign, first: Briefing, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = 9
    for n in range(2, papers + 1):
        release(conn, small_campaign, DAY + n * ONE)
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 3), now=DAY + papers * ONE + OUT)
    monkeypatch.setattr("briefing.corrections.MOST_LINES", 20)
    made = paper(conn, small_campaign, DAY + (papers + 1) * ONE)
    rows = listed(made)
    assert {row[0] for row in rows} == {moment_words(DAY + n * ONE) for n in range(1, papers + 1)}
    claims = [row[2:4] for row in rows if row[1] == "累计主要指标·领取·张（笔）"]
    assert claims == [("2", "3")] * papers
    said = [x for s in made.sections for x in s.sentences]
    assert (
        f"此前已发布的{papers}期专报中有数字变化，共{len(rows)}处，见附件“更正事项表”；原专报不改动。" in said
    )
    assert "附件列出较近的20处，其余见Excel“更正事项”表。" in said
    bodies = {form: render(made) for form, render in FORMATS.items()}
    with_check = check(conn, small_campaign, made, bodies)
    assert with_check.troubles == ()
    grids = docx.Document(io.BytesIO(bodies["docx"])).tables
    (grid,) = [g for g in grids if g.rows[0].cells[0].text == "专报"]
    assert [tuple(c.text for c in row.cells) for row in grid.rows[1:]] == rows[:20]
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    sheet = [tuple(cell.value for cell in row) for row in book["更正事项"].iter_rows(min_row=2)]
    assert sheet == rows


@pytest.fixture(scope="module")
def corrected(filled: Engine, small_campaign: Campaign) -> Iterator[Briefing]:
    with write(filled) as conn:
        release(conn, small_campaign, DAY + ONE)
        late = event(small_campaign, "luzhou", Kind.CLAIM, 39)
        save(conn, small_campaign, late, now=DAY + ONE + timedelta(hours=12))
    with read(filled) as conn:
        yield paper(conn, small_campaign, DAY + 2 * ONE)


def test_corrections_stand_in_every_format(corrected: Briefing) -> None:
    rows = listed(corrected)
    assert rows
    bodies = {form: render(corrected) for form, render in FORMATS.items()}
    said = read_back(bodies["pdf"])
    grids = docx.Document(io.BytesIO(bodies["docx"])).tables
    words = {tuple(cell.text for cell in row.cells) for grid in grids for row in grid.rows}
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    sheet = {tuple(cell.value for cell in row) for row in book["更正事项"].iter_rows()}
    page = bodies["html"].decode()
    told = {
        tuple(row["cells"])
        for s in json.loads(bodies["json"])["sections"]
        for t in s["tables"]
        for row in t["rows"]
    }
    for row in rows:
        assert row in words
        assert row in sheet
        assert row in told
        assert all(str(cell) in page and bare(str(cell)) in said for cell in row)
