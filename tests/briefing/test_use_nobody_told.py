"""A platform that counts claims and has told of no use: that is unknown, and no paper says nothing was used."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from briefing.compose import compose
from briefing.draft import Question
from briefing.evidence import Readings
from briefing.kinds import compose_paper
from briefing.money import read_ledger
from briefing.paper import Briefing, Table
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Level, Scope
from domain.records import Counter, Kind
from ingest.admit import admit
from store.queries.progress import Money
from store.writes.alerts import Alarm, settle
from store.writes.counters import save_counters
from tests.briefing.test_doubt import CITY
from tests.store.events import OPENING, event
from tests.store.judged import save

COUNTY = Scope(code="140403", name="潞州区", is_city=False)
AS_OF, ENDED = OPENING + timedelta(hours=9), OPENING + timedelta(days=40)


@pytest.fixture
def ledger(conn: Connection, small_campaign: Campaign) -> Connection:
    """潞州区 counts 1,200 claims; of the city's own 40, 20 were used."""
    c = event(small_campaign, "luzhou", Kind.CLAIM, 1)
    told = Counter(
        platform=c.platform, sub_project=c.sub_project, counted_at=AS_OF - timedelta(hours=1), template=c.template,
        round_no=1, kind=Kind.CLAIM, value_count=1_200,
    )  # fmt: skip
    save_counters(conn, admit(small_campaign, (told,)).counters, now=told.counted_at)
    made = [
        event(small_campaign, "city", kind, n, **({} if kind is Kind.CLAIM else {"county": "140404"}))
        for kind, most in ((Kind.CLAIM, 40), (Kind.REDEMPTION, 20))
        for n in range(most)
    ]
    save(conn, small_campaign, *made)
    return conn


def words(paper: Briefing, heading: str) -> str:
    return "".join(s for x in paper.sections if x.heading == heading for s in x.sentences)


def table(paper: Briefing, name: str) -> Table:
    return next(t for s in paper.sections for t in s.tables if t.id == name)


def test_the_daily_paper_of_a_county_says_no_zero(ledger: Connection, small_campaign: Campaign) -> None:
    paper = compose(ledger, small_campaign, (), COUNTY, as_of=AS_OF)
    own, whole = table(paper, "counties").rows
    assert own[2:] == whole[2:] == (1_200, *[None] * 5)
    rows = {row[0]: row[1:] for row in table(paper, "headline").rows}
    assert rows["领取"] == (1_200, 2_400_000)
    assert {rows[name] for name in ("核销（毛）", "退券", "净核销", "在途", "直接带动消费")} == {(None, None)}
    assert {cell for row in table(paper, "sectors").rows for cell in row[1:]} == {None}
    said = words(paper, "总体情况")
    assert "领取1,200张、2.40万元；净核销—、—，核销率—（领取口径，按张），资金使用率—；直接带动消费—" in said


def test_the_final_one_neither(ledger: Connection, small_campaign: Campaign) -> None:
    paper = compose_paper(ledger, small_campaign, (), COUNTY, as_of=ENDED, kind=PaperKind.FINAL)
    assert "均已全额退回" not in words(paper, "退货退券情况")
    assert "核销率0.0%" not in words(paper, "存在问题")
    assert "潞州区的支付平台未报送核销数据" in words(paper, "存在问题")
    for row in table(paper, "redeemed").rows:
        assert row[1] == 1_200
        assert row[3:] == (None,) * 5
    for name in ("refunds", "leverage"):
        assert {row[1:4] for row in table(paper, name).rows} == {(None,) * 3}
    assert {row[3] for row in table(paper, "reach").rows} == {None}


def test_a_county_whose_use_nobody_told_is_not_one_without_any(
    ledger: Connection, small_campaign: Campaign
) -> None:
    said = words(compose_paper(ledger, small_campaign, (), CITY, as_of=ENDED, kind=PaperKind.FINAL), "覆盖率")
    assert "尚无核销的" not in said
    assert "核销不明的：潞州区" in said


@pytest.mark.parametrize(
    ("kind", "at", "key"),
    [(PaperKind.DAILY, AS_OF, "总体情况/核销率"), (PaperKind.FINAL, ENDED, "redeemed/合计/核销率")],
)
def test_claims_whose_use_nobody_told_are_no_base_of_the_rate(
    ledger: Connection, small_campaign: Campaign, kind: PaperKind, at: datetime, key: str
) -> None:
    asked = Question(conn=ledger, campaign=small_campaign, configured=(), scope=CITY, as_of=at, known_by=at)
    found = Readings(asked, kind).evidence(key)
    assert found is not None
    assert found.terms is not None
    assert found.terms.below is not None
    assert (found.figure.cell, found.terms.above.cell, found.terms.below.cell) == (0.5, 20, 40)
    assert [p.below and p.below.cell for p in found.parts] == [40, None, None]


def test_they_are_no_base_of_the_rate_of_rounds_past_their_last_day(
    ledger: Connection, small_campaign: Campaign
) -> None:
    paper = compose_paper(ledger, small_campaign, (), CITY, as_of=ENDED, kind=PaperKind.FINAL)
    said = words(paper, "核销情况")
    assert "已过使用截止日的轮次领取40张、核销20张，到期核销率50.0%。" in said
    assert "潞州区未报送核销，其领取不计入各项核销率、过期未用和在途。" in said
    cells = {f.name: f.cell for s in paper.sections for f in s.figures}
    assert (cells["到期轮次领取（张）"], cells["到期轮次核销（张）"], cells["到期核销率"]) == (40, 20, 0.5)
    (*_, expired, _, _) = next(row for row in table(paper, "redeemed").rows if row[0] == "合计")
    assert expired == 20, "the city's own: of 潞州区's 1,200 nobody knows"
    own = compose_paper(ledger, small_campaign, (), COUNTY, as_of=ENDED, kind=PaperKind.FINAL)
    assert "到期核销率暂无数据。" in words(own, "核销情况")
    assert {f.cell for s in own.sections for f in s.figures if f.name.startswith("到期")} == {None}


def test_nor_are_they_on_their_way_or_projected_to_be_left(
    ledger: Connection, small_campaign: Campaign
) -> None:
    paper = compose(ledger, small_campaign, (), CITY, as_of=AS_OF)
    rows = {row[0]: row[1:] for row in table(paper, "headline").rows}
    assert rows["在途"] == (20, 40_000)
    assert "潞州区未报送核销，其领取不计入各项核销率、过期未用和在途。" in words(paper, "总体情况")
    assert [row[2:] for row in table(paper, "funds").rows if row[0] == "潞州区"] == [(None, None, None)]


def test_the_wall_has_the_rate_of_the_paper(ledger: Connection, small_campaign: Campaign) -> None:
    head = Money(ledger, small_campaign, CITY, now=AS_OF, late={}).headline()
    told = read_ledger(ledger, small_campaign, CITY, as_of=AS_OF, known_by=AS_OF)
    assert head.redemption_rate_by_count == told.redemption_rate == 0.5
    assert (head.rated.claimed_count, head.figures.claimed_count) == (40, 1_240)
    own = Money(ledger, small_campaign, COUNTY, now=AS_OF, late={}).headline()
    assert own.redemption_rate_by_count is None


def test_of_a_balance_nobody_knows_the_spending_of_there_is_no_figure(
    ledger: Connection, small_campaign: Campaign
) -> None:
    paper = compose(ledger, small_campaign, (), COUNTY, as_of=AS_OF)
    assert "资金结余暂无数据。" in words(paper, "资金与预计未核销")
    (left,) = (f.cell for s in paper.sections for f in s.figures if f.name == "资金结余")
    assert left is None
    whole = compose(ledger, small_campaign, (), CITY, as_of=AS_OF)
    assert "资金结余9.96万元，其中核销未报的按未核销计。" in words(whole, "资金与预计未核销")


def test_the_paper_of_one_matter_says_no_zero_either(ledger: Connection, small_campaign: Campaign) -> None:
    alarm = Alarm(
        subject="140403/overclaim", level=Level.RED, title="潞州区", reasons=(), evidence=(), evidence_count=1,
        county="140403",
    )  # fmt: skip
    settle(ledger, "money_fault", [alarm], now=AS_OF - timedelta(minutes=30))
    paper = compose_paper(ledger, small_campaign, (), COUNTY, as_of=AS_OF, kind=PaperKind.EVENT, alert_id=1)
    assert words(paper, "有关数字") == "涉及潞州区：分配额度3.00万元，资金结余—。"
    assert [row[1:] for row in table(paper, "matter").rows] == [(1_500, 1_200, *[None] * 5)] * 2
