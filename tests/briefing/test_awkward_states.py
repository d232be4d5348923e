"""What the papers say of states nobody likes: under check, told of subsidies alone, not begun, silent as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from briefing.compose import compose
from briefing.kinds import compose_paper
from briefing.paper import Briefing
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.records import Kind
from tests.audited import audited_campaign
from tests.briefing.test_doubt import CITY
from tests.briefing.test_same_time_yesterday import report
from tests.store.events import OPENING, event, step
from tests.store.judged import save

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AS_OF = OPENING + DAY + 9 * HOUR


def words(paper: Briefing, heading: str) -> str:
    return "".join(s for x in paper.sections if x.heading == heading for s in x.sentences)


def final(conn: Connection, campaign: Campaign, at: datetime = AS_OF) -> Briefing:
    return compose_paper(conn, campaign, (), CITY, as_of=at, kind=PaperKind.FINAL)


def test_the_day_s_claims_are_told_while_its_use_is_under_check(
    conn: Connection, small_campaign: Campaign
) -> None:
    """Of 潞州区 more was used than claimed: what was claimed is not in doubt."""
    for day in (0, 1):
        at = {"occurred_at": OPENING + day * DAY}
        made = [event(small_campaign, "luzhou", Kind.CLAIM, 100 * day + n, **at) for n in range(40)]
        save(conn, small_campaign, *made)
    save(conn, small_campaign, *(event(small_campaign, "luzhou", Kind.REDEMPTION, n) for n in range(90)))
    said = words(compose(conn, small_campaign, (), CITY, as_of=AS_OF), "总体情况")
    assert said.endswith("当日领取40张，较前日同时增加0张（0.0%）；净核销（核查中），不作比较。")
    assert words(final(conn, small_campaign), "实施效果").startswith("财政资金使用和带动情况核查中。")


def test_a_programme_that_has_not_begun_owes_no_report(conn: Connection, small_campaign: Campaign) -> None:
    """上党区 opens on the third day."""
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
    report(conn, "city")
    before, after = (words(final(conn, small_campaign, at), "存在问题") for at in (AS_OF, AS_OF + 3 * DAY))
    assert "潞州区的支付平台未报送数据" in before
    assert "潞州区、上党区的支付平台未报送数据" in after


def test_of_how_many_counties_had_any_use_nobody_knows_while_all_are_silent(
    conn: Connection, small_campaign: Campaign
) -> None:
    paper = final(conn, small_campaign)
    assert words(paper, "覆盖率").startswith("各支付平台未报送核销数据，县区覆盖情况暂无数据。")
    covered = {f.name: f.cell for s in paper.sections for f in s.figures if "县区" in f.name}
    assert covered == {"县区（个）": 2, "有核销县区（个）": None, "县区覆盖率": None}


def test_where_nothing_was_refunded_nothing_was_paid_back_in_full(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, *(event(small_campaign, "city", k, 1) for k in (Kind.CLAIM, Kind.REDEMPTION)))
    assert words(final(conn, small_campaign), "退货退券情况").startswith("发生退货退券0张。")


@pytest.mark.parametrize("kind", [PaperKind.DAILY, PaperKind.FINAL])
def test_a_subsidy_that_was_told_is_a_figure_though_no_use_was(
    conn: Connection, tmp_path: Path, kind: PaperKind
) -> None:
    """As on the wall, which has what was paid beside the sectors."""
    audited = audited_campaign(tmp_path)
    told = [step(audited, "city", k, 1) for k in (Kind.APPLICATION, Kind.APPROVAL, Kind.PAYMENT)]
    save(conn, audited, *told, now=OPENING + 5 * DAY)
    paper = compose_paper(conn, audited, (), CITY, as_of=OPENING + 6 * DAY, kind=kind)
    rows = {row[0]: row[1:] for s in paper.sections for t in s.tables if t.id == "headline" for row in t.rows}
    paid = {f.name: f.cell for s in paper.sections for f in s.figures}.get("已付审核补贴")
    assert (rows["审核补贴已付"], rows["净核销"]) == ((1, 100_000), (None, None)) if rows else paid == 100_000
