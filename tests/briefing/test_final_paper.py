"""数据统计与分析报告: five blocks equal to the totals, problems and advice from figures, annex tables read back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from briefing.checks import check
from briefing.formats import FORMATS
from briefing.kinds import compose_paper
from briefing.paper import Briefing, Section, Table
from domain.campaign import Campaign
from domain.measures import ratio
from domain.papers import PaperKind
from domain.readings import Level, Scope
from domain.records import Kind
from domain.terms import count, wan
from store.queries.totals import total_of, totals
from store.writes.alerts import Alarm, settle
from tests.store.events import OPENING, event
from tests.store.judged import save

CITY = Scope(code="140400", name="长治市", is_city=True)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)
AS_OF = (OPENING + timedelta(days=34)).replace(hour=0)
BLOCKS = ("发放范围", "覆盖率", "退货退券情况", "核销情况", "直接带动比")


@pytest.fixture
def ended(conn: Connection, small_campaign: Campaign) -> Connection:
    """Forty claims each, twenty used, four back of which one short; one county's platform never told anything."""
    for programme in ("city", "luzhou"):
        made = [
            event(
                small_campaign, programme, kind, n,
                **({"user_ref": f"u{n % 25}"} if kind is not Kind.REFUND else {"returned_fen": 500} if n == 1 else {}),
            )
            for kind, many in ((Kind.CLAIM, 40), (Kind.REDEMPTION, 20), (Kind.REFUND, 4))
            for n in range(1, many + 1)
        ]  # fmt: skip
        save(conn, small_campaign, *made, now=OPENING + timedelta(hours=2))
    return conn


def paper(conn: Connection, campaign: Campaign, scope: Scope = CITY, *, as_of=AS_OF) -> Briefing:
    return compose_paper(conn, campaign, (), scope, as_of=as_of, kind=PaperKind.FINAL)


def section(briefing: Briefing, heading: str) -> Section:
    return next(s for s in briefing.sections if s.heading == heading)


def annex(briefing: Briefing) -> dict[str, Table]:
    return {table.id: table for table in section(briefing, "附表").tables}


def test_the_blocks_stand_in_the_plans_order_and_equal_the_totals(
    ended: Connection, small_campaign: Campaign
):
    briefing = paper(ended, small_campaign)
    assert tuple(s.heading for s in briefing.sections[:5]) == BLOCKS
    assert [s.heading for s in briefing.sections[5:]] == ["实施效果", "存在问题", "建议", "附表", "口径说明"]
    f = total_of(
        totals(ended, small_campaign, by=("programme",), now=AS_OF, known_by=AS_OF, until=AS_OF, tranche="T1")
    )
    tables = annex(briefing)
    used, refunds = tables["redeemed"].rows[-1], tables["refunds"].rows[-1]
    assert used[1:7] == (
        f.claimed_count, ratio(f.claimed_count, f.issued_count), f.redeemed_gross_count,
        ratio(f.redeemed_gross_count, f.claimed_count), f.expired_count, f.redeemed_net_fen,
    )  # fmt: skip
    assert refunds[1:] == (
        f.redeemed_gross_count, f.refunded_count, 0.2, f.refunded_fen, f.pool_returned_fen,
        ratio(f.pool_returned_fen, f.refunded_fen),
    )  # fmt: skip
    assert tables["leverage"].rows[-1][1:4] == (f.redeemed_net_fen, f.direct_spend_fen, f.direct_leverage)
    assert tables["issued"].rows[-1][4:] == (f.issued_count, f.issued_fen)
    assert f"核销{count(f.redeemed_gross_count)}张" in section(briefing, "核销情况").sentences[0]
    assert "各发放主体情况见附表4。" in section(briefing, "核销情况").sentences


def test_people_and_merchants_are_counted_once_and_the_silent_are_unknown(
    ended: Connection, small_campaign: Campaign
):
    rows = {row[0]: row[1:] for row in annex(paper(ended, small_campaign))["reach"].rows}
    assert rows["潞州区"] == (930000, 25, 20, 40 * 1000 / 930000, 3, None)
    assert rows["上党区"] == (340000, None, None, None, None, None)
    said = section(paper(ended, small_campaign), "覆盖率").sentences[0]
    assert said == "2个县区中1个有核销，县区覆盖率50.0%；尚未报送、核销不明的：上党区。"


def test_problems_and_advice_follow_from_figures_one_to_one(ended: Connection, small_campaign: Campaign):
    briefing = paper(ended, small_campaign)
    wrong, then = section(briefing, "存在问题").sentences, section(briefing, "建议").sentences
    missing = 2 * (2000 - 500)
    assert wrong[0] == "1. 核销率50.0%，低于已公布同类活动60%的下限。"
    assert any(s.endswith("退券率20.0%，高于5%。") for s in wrong)
    assert any(s.endswith(f"退货退券尚有{wan(missing)}万元未退回资金池。") for s in wrong)
    assert any("上党区的支付平台未报送数据" in s for s in wrong)
    assert [s.partition(".")[0] for s in wrong] == [s.partition(".")[0] for s in then[: len(wrong)]]
    assert "抽查数据记录不低于10%" in then[-1]


def test_before_the_end_it_is_of_a_stage(ended: Connection, small_campaign: Campaign):
    assert paper(ended, small_campaign, COUNTY).number == ""
    early = paper(ended, small_campaign, COUNTY, as_of=OPENING + timedelta(days=3))
    assert early.number == "阶段性"
    assert paper(ended, small_campaign).number == "阶段性", "one county's end is not known"


def test_all_formats_read_back_and_are_the_same_again(ended: Connection, small_campaign: Campaign):
    for scope in (CITY, COUNTY):
        briefing = paper(ended, small_campaign, scope)
        bodies = {ending: render(briefing) for ending, render in FORMATS.items()}
        assert check(ended, small_campaign, briefing, bodies).troubles == ()
        again = paper(ended, small_campaign, scope)
        assert all(FORMATS[ending](again) == bodies[ending] for ending in ("pdf", "xlsx", "json"))
    assert "长治市" not in repr(briefing.sections)


def test_a_ledger_without_reports_says_so(conn: Connection, small_campaign: Campaign):
    briefing = paper(conn, small_campaign)
    assert section(briefing, "实施效果").sentences[0] == "各支付平台未报送数据，实施效果暂无数据。"
    assert all(cell is None for cell in annex(briefing)["redeemed"].rows[-1][1:])


def test_merchant_leads_are_no_open_alerts_here_either(ended: Connection, small_campaign: Campaign):
    for rule in ("night_trade", "opinion_burst"):
        alarm = Alarm(
            subject="luzhou/M1", level=Level.YELLOW, title="t", reasons=(), evidence=(), evidence_count=1,
            county="140403",
        )  # fmt: skip
        settle(ended, rule, [alarm], now=AS_OF - timedelta(hours=1))
    wrong = section(paper(ended, small_campaign), "存在问题")
    assert any(s.endswith("仍有未关闭预警1项。") for s in wrong.sentences)
    assert {f.name: f.cell for f in wrong.figures}["未关闭预警（项）"] == 1
