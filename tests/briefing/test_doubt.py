"""What is not known, and what cannot be, is said to be so: neither a zero nor a figure the wall would hold back."""

from __future__ import annotations

import io
from datetime import timedelta

import docx
import openpyxl
from sqlalchemy import Connection

from briefing.compose import compose
from briefing.formats import FORMATS
from briefing.kinds import compose_paper
from briefing.paper import Briefing, Table
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Scope
from domain.records import Counter, Grade, Kind, Label
from domain.terms import week_start
from ingest.admit import admit
from store.writes.counters import save_counters
from store.writes.intake import RunRecord, record_run, report_feed
from tests.store.events import OPENING, event
from tests.store.judged import save
from tests.store.posts import post, say, score

LATER = OPENING + timedelta(hours=9)
CITY = Scope(code="140400", name="长治市", is_city=True)


def table(briefing: Briefing, name: str) -> Table:
    return next(t for s in briefing.sections for t in s.tables if t.id == name)


def test_before_anything_came_nothing_is_a_figure(conn: Connection, small_campaign: Campaign) -> None:
    paper = compose(conn, small_campaign, (), CITY, as_of=LATER)
    assert paper.sections[0].sentences == ("截至10月28日18:00，各支付平台尚未报送数据，运行情况暂无数据。",)
    assert [row[2:] for row in table(paper, "counties").rows] == [(None,) * 6] * 4
    assert {cell for row in table(paper, "sectors").rows for cell in row[1:]} == {None}
    assert {cell for row in table(paper, "funds").rows for cell in row[2:]} == {None}
    for ending, render in FORMATS.items():
        assert render(paper), ending


def test_a_silent_county_is_unknown_beside_one_that_reports(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 1))
    rows = {row[0]: row[2:] for row in table(_paper(conn, small_campaign), "counties").rows}
    assert rows["潞州区"] == (1, *[None] * 5), (
        "claims are told, what was redeemed is not: unknown, as on the wall"
    )
    assert rows["上党区"] == (None,) * 6
    report_feed(conn, programmes=["luzhou"], source="pay", data_time=LATER, grade=Grade.FLASH)
    read_at = {"started_at": LATER, "finished_at": LATER, "data_time": LATER}
    record_run(conn, RunRecord(source="pay", outcome="ok", grade=Grade.FLASH, **read_at))
    rows = {row[0]: row[2:] for row in table(_paper(conn, small_campaign), "counties").rows}
    assert rows["潞州区"][:3] == (1, 0, 0)
    assert rows["上党区"] == (None,) * 6


def test_a_figure_that_cannot_be_is_under_check_in_every_format(
    conn: Connection, small_campaign: Campaign
) -> None:
    used = [event(small_campaign, "luzhou", Kind.REDEMPTION, no) for no in range(1, 4)]
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 1), *used)
    paper = _paper(conn, small_campaign)
    assert "净核销（核查中）、（核查中）" in paper.sections[0].sentences[0]
    row = {row[0]: row for row in table(paper, "counties").rows}["潞州区"]
    assert (row[2], *row[3:]) == (1, *["核查中"] * 5)
    grids = docx.Document(io.BytesIO(FORMATS["docx"](paper))).tables
    assert "核查中" in {cell.text for cell in grids[0].rows[1].cells}
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](paper)))
    assert "核查中" in {cell.value for cell in book.worksheets[1][2]}
    assert all(render(paper) for render in FORMATS.values())


def _paper(conn: Connection, campaign: Campaign) -> Briefing:
    return compose(conn, campaign, (), CITY, as_of=LATER)


def test_claims_a_platform_only_counts_are_in_the_days_too(
    conn: Connection, small_campaign: Campaign
) -> None:
    claim = event(small_campaign, "luzhou", Kind.CLAIM, 1)
    save(conn, small_campaign, claim)
    counted = {"template": claim.template, "round_no": 1, "kind": Kind.CLAIM, "value_count": 7}
    told = Counter(platform=claim.platform, sub_project=claim.sub_project, counted_at=LATER, **counted)
    save_counters(conn, admit(small_campaign, (told,)).counters, now=LATER)
    general = _paper(conn, small_campaign).sections[0].sentences
    assert "领取7张" in general[0]
    assert general[1].startswith("当日领取7张，")


def test_opinion_is_told_before_during_and_after_the_days_first_opening(
    conn: Connection, small_campaign: Campaign
) -> None:
    minutes = (-30, 5, 20, 90)  # of the opening at nine
    said = [
        (
            post(n, f"第{n}条说抢不到", published_at=OPENING + timedelta(minutes=m)),
            score(Label.NEGATIVE if m > 0 else Label.POSITIVE),
        )
        for n, m in enumerate(minutes, start=1)
    ]
    say(conn, *said, now=OPENING + timedelta(hours=2))
    rows = table(_paper(conn, small_campaign), "phases").rows
    assert [row[0] for row in rows] == ["发放前", "发放中（首个开放时刻起1小时）", "发放后"]
    assert [row[1] for row in rows] == [1, 2, 1]
    assert [row[3] for row in rows] == [1 / 9, 2.0, 1 / 8]
    assert [row[4] for row in rows] == [0.0, 1.0, 1.0]
    nothing = compose(
        conn, small_campaign, (), Scope(code="140404", name="上党区", is_city=False), as_of=LATER
    )
    assert [t.id for s in nothing.sections if s.heading == "舆情情况" for t in s.tables] == ["opinion"]
    quiet = compose(conn, small_campaign, (), CITY, as_of=LATER + timedelta(days=1))
    assert not [t for s in quiet.sections for t in s.tables if t.id == "phases"]


def test_nobody_is_called_behind_on_figures_that_are_unknown_or_under_check(
    conn: Connection, small_campaign: Campaign
) -> None:
    """Claims are told of one, and not what was redeemed; of the other more was redeemed than claimed."""
    later = OPENING + timedelta(days=9)
    used = [event(small_campaign, "city", Kind.REDEMPTION, no) for no in range(1, 4)]
    claims = [event(small_campaign, programme, Kind.CLAIM, 1) for programme in ("luzhou", "city")]
    save(conn, small_campaign, *claims, *used)
    paper = compose(conn, small_campaign, (), CITY, as_of=later)
    rows = {row[0]: row[5] for row in table(paper, "counties").rows}
    assert (rows["潞州区"], rows["长治市本级"]) == (None, "核查中")
    said = [s for section in paper.sections for s in section.sentences]
    assert not [s for s in said if "落后" in s]
    behind = [f for section in paper.sections for f in section.figures if f.name == "进度落后（个）"]
    assert [f.cell for f in behind] == [0]


def test_of_a_silent_platform_nobody_says_that_nothing_was_claimed(
    conn: Connection, small_campaign: Campaign
) -> None:
    later = OPENING + timedelta(days=9)
    for told, words in (
        (None, "支付平台尚未报送的发放主体2个：潞州区、上党区"),
        (later, "已过启动时间一日尚无领取"),
    ):
        if told is not None:
            report_feed(conn, programmes=["luzhou"], source="pay", data_time=told, grade=Grade.FLASH)
            ran = {"started_at": told, "finished_at": told, "data_time": told}
            record_run(conn, RunRecord(source="pay", outcome="ok", grade=Grade.FLASH, **ran))
        save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
        paper = compose(conn, small_campaign, (), CITY, as_of=later)
        said = " ".join(s for section in paper.sections for s in section.sentences)
        assert words in said
        assert ("尚无领取" in said) is (told is not None)


def test_a_week_of_figures_that_cannot_be_is_under_check_day_by_day(
    conn: Connection, small_campaign: Campaign
) -> None:
    """Of what went wrong in a sum nobody knows the day; the other county's rows are its own."""
    used = [event(small_campaign, "luzhou", Kind.REDEMPTION, no) for no in range(1, 4)]
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 1), *used)
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 2))
    end = week_start(OPENING) + timedelta(days=14)
    after = compose_paper(conn, small_campaign, (), CITY, as_of=end, kind=PaperKind.WEEKLY)
    before = compose_paper(conn, small_campaign, (), CITY, as_of=LATER, kind=PaperKind.WEEKLY)
    (less,) = (row for table in after.sections[0].tables for row in table.rows if row[0] == "增减")
    assert less[1:] == (0, *(None,) * 5)  # of the week after nothing is known
    checking = ("核查中", 0, "核查中", "核查中")  # refunds hold together
    for briefing, row in ((before, "10月28日（五）"), (before, "合计"), (after, "上周")):
        (told,) = (r for t in briefing.sections[0].tables for r in t.rows if r[0] == row)
        assert told[-5:] == (2, *checking), row
    overview = before.sections[0]
    assert (
        "共领取2张，核销（核查中），退券0张，净核销（核查中），直接带动消费（核查中）。"
        in overview.sentences[0]
    )
    assert overview.sentences[1] == "净核销核查中，不作比较。"
    rows = {row[0]: row[1:] for row in table(before, "counties").rows}
    assert rows["潞州区"] == (1, "核查中", "核查中", None, "核查中")
    assert rows["长治市本级"][0] == 1
    assert all(render(before) for render in FORMATS.values())


def test_the_final_report_says_no_figure_that_its_own_table_holds_back(
    conn: Connection, small_campaign: Campaign
) -> None:
    """More was used than claimed, in rounds that are over, and some of it was refunded."""
    county = Scope(code="140403", name="潞州区", is_city=False)
    made = [
        event(small_campaign, "luzhou", kind, no)
        for kind, many in ((Kind.CLAIM, 40), (Kind.REDEMPTION, 60), (Kind.REFUND, 2))
        for no in range(1, many + 1)
    ]
    save(conn, small_campaign, *made)
    ended = OPENING + timedelta(days=40)
    paper = compose_paper(conn, small_campaign, (), county, as_of=ended, kind=PaperKind.FINAL)
    sections = {section.heading: section for section in paper.sections}
    used = sections["核销情况"]
    assert used.sentences[1] == "已过使用截止日的轮次领取40张、核销（核查中），到期核销率（核查中）。"
    assert [f.cell for f in used.figures] == [40, "核查中", "核查中"]
    assert "发生退货退券2张、面额0.00万元，退券率（核查中），" in sections["退货退券情况"].sentences[0]
    assert table(paper, "refunds").rows[-1][2:4] == (2, "核查中")
    assert all(render(paper) for render in FORMATS.values())


def test_rounds_and_what_is_projected_of_a_programme_under_check_are_under_check_too(
    conn: Connection, small_campaign: Campaign
) -> None:
    for programme in ("city", "luzhou"):
        claims = [event(small_campaign, programme, Kind.CLAIM, no) for no in range(2)]
        used = [event(small_campaign, programme, Kind.REDEMPTION, no) for no in range(3)]
        save(conn, small_campaign, *claims, *used[: 1 if programme == "city" else 3])
    paper = _paper(conn, small_campaign)
    rows = {row[0]: row[-2:] for row in table(paper, "rounds").rows}
    assert rows == {"长治市本级": (2, 1), "潞州区": (2, "核查中")}
    funds = {row[0]: row[2:] for row in table(paper, "funds").rows}
    assert funds["潞州区"] == ("核查中",) * 3
    assert "核查中" not in funds["长治市本级"]
