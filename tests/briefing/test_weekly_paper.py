"""周报: a week's days side by side, equal to the totals; what has not come yet is unknown, not nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from briefing.checks import check
from briefing.formats import FORMATS
from briefing.kinds import compose_paper
from briefing.paper import Briefing, Section
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Level, Scope
from domain.records import Kind
from domain.terms import week_start
from store.queries.totals import total_of, totals
from store.writes.alerts import Alarm, settle
from store.writes.briefings import Paper, publish
from tests.briefing.test_same_time_yesterday import report
from tests.store.events import OPENING, event
from tests.store.judged import save

CITY = Scope(code="140400", name="长治市", is_city=True)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)
MONDAY = week_start(OPENING)
FIRST_END, SECOND_END = (MONDAY + timedelta(days=n) for n in (7, 14))


@pytest.fixture
def ledger(conn: Connection, small_campaign: Campaign) -> Connection:
    """Friday and Saturday of the first week, Monday of the second; only the city and one county report."""
    for day, claims, used in ((0, 40, 0), (1, 0, 33), (3, 0, 6)):
        at = OPENING + timedelta(days=day)
        for programme in ("city", "luzhou"):
            made = [
                event(small_campaign, programme, kind, n, occurred_at=at + timedelta(minutes=n))
                for kind, many in ((Kind.CLAIM, range(1, claims + 1)), (Kind.REDEMPTION, _used(day, used)))
                for n in many
            ]
            save(conn, small_campaign, *made, now=at + timedelta(hours=2))
    return conn


def _used(day: int, many: int) -> range:
    return range(1, many + 1) if day < 3 else range(34, 34 + many)


def paper(
    conn: Connection, campaign: Campaign, end=FIRST_END, scope: Scope = CITY, **known: object
) -> Briefing:
    return compose_paper(conn, campaign, (), scope, as_of=end, kind=PaperKind.WEEKLY, **known)


def section(briefing: Briefing, heading: str) -> Section:
    return next(s for s in briefing.sections if s.heading == heading)


def test_the_days_of_the_first_week_stand_side_by_side(ledger: Connection, small_campaign: Campaign):
    briefing = paper(ledger, small_campaign)
    assert (briefing.number, briefing.title) == ("第1期", "长治市数字消费券运行周报")
    overview = section(briefing, "本周概况")
    days = {row[0]: row[1:] for row in overview.tables[0].rows}
    assert list(days) == [
        *("10月24日（一）", "10月25日（二）", "10月26日（三）", "10月27日（四）", "10月28日（五）"),
        *("10月29日（六）", "10月30日（日）", "合计"),
    ]
    assert days["10月27日（四）"] == (None,) * 5, "not launched: unknown, not nothing"
    assert days["10月28日（五）"][:2] == (80, 0)
    assert days["10月29日（六）"][:2] == (0, 66)
    whole = total_of(
        totals(ledger, small_campaign, by=("day",), now=FIRST_END, known_by=FIRST_END, until=FIRST_END)
    )
    assert days["合计"] == (
        whole.claimed_count, whole.redeemed_gross_count, whole.refunded_count, whole.redeemed_net_fen,
        whole.direct_spend_fen,
    )  # fmt: skip
    assert overview.sentences[1] == "上周同期无数据，不作比较。"


def test_a_week_is_held_against_the_one_before(ledger: Connection, small_campaign: Campaign):
    briefing = paper(ledger, small_campaign, SECOND_END)
    assert briefing.number == "第2期"
    rows = {row[0]: row[1:] for row in section(briefing, "本周概况").tables[1].rows}
    assert rows["本周"][2] == 12
    assert rows["上周"][2] == 66
    assert rows["增减"] == (0, *(None,) * 5), "Monday against Friday and Saturday: no day is known of both"
    assert section(briefing, "本周概况").sentences[1] == "上周同期无数据，不作比较。"
    counties = {row[0]: row[1:] for row in section(briefing, "县区进展").tables[0].rows}
    assert counties["上党区"] == (None,) * 5, "its platform has never told anything"
    assert counties["潞州区"][1] == 6


def test_weeks_are_compared_over_the_days_that_are_known_of_both(conn: Connection, small_campaign: Campaign):
    """The campaign opens on a Friday: seven days against three would make an even pace look like a rise."""
    for day in range(10):
        first, used = 100 * day, 40 if day < 9 else 20
        at = OPENING + timedelta(days=day)
        for kind in (Kind.CLAIM, Kind.REDEMPTION):
            made = (
                event(small_campaign, "luzhou", kind, first + n, occurred_at=at + timedelta(minutes=n))
                for n in range(1, used + 1)
            )
            save(conn, small_campaign, *made, now=at + timedelta(hours=2))
    overview = section(paper(conn, small_campaign, SECOND_END), "本周概况")
    rows = {row[0]: row[1:] for row in overview.tables[1].rows}
    assert (rows["本周"][:3], rows["上周"][:3]) == ((7, 260, 260), (3, 120, 120))
    assert rows["增减"][:3] == (3, -20, -20)
    assert overview.sentences[1].startswith("净核销较上周同期3日下降0.04万元（16.7%）")


def test_a_week_that_runs_is_compared_over_whole_days_alone(ledger: Connection, small_campaign: Campaign):
    wednesday = FIRST_END + timedelta(days=2, hours=10)
    briefing = paper(ledger, small_campaign, wednesday)
    names = [row[0] for row in section(briefing, "本周概况").tables[1].rows]
    assert names == ["本周前2日", "上周前2日", "增减"]
    days = section(briefing, "本周概况").tables[0].rows
    assert days[3][1:] == (None,) * 5, "Thursday has not come"


def test_a_county_has_its_own_alone_and_all_formats_read_back(ledger: Connection, small_campaign: Campaign):
    for scope in (CITY, COUNTY):
        briefing = paper(ledger, small_campaign, scope=scope)
        bodies = {ending: render(briefing) for ending, render in FORMATS.items()}
        assert check(ledger, small_campaign, briefing, bodies).troubles == ()
        again = paper(ledger, small_campaign, scope=scope)
        assert all(FORMATS[ending](again) == bodies[ending] for ending in ("pdf", "xlsx", "json"))
    assert [fact.programme for fact in briefing.facts] == ["luzhou"]
    assert "长治市" not in repr(briefing.sections)


def test_late_data_make_a_numbered_correction_that_lists_what_changed(
    ledger: Connection, small_campaign: Campaign
):
    first = paper(ledger, small_campaign)
    row = Paper(
        scope=CITY.code, day=MONDAY, title=first.title, grade=first.grade, as_of=FIRST_END,
        known_by=FIRST_END, freeze_id=first.freeze_id, kind=PaperKind.WEEKLY,
    )  # fmt: skip
    later = FIRST_END + timedelta(hours=10)
    publish(ledger, row, {"json": FORMATS["json"](first)}, by="duty", now=FIRST_END + timedelta(hours=9))
    late = event(
        small_campaign, "luzhou", Kind.REDEMPTION, 40, occurred_at=OPENING + timedelta(days=1, hours=1)
    )
    save(ledger, small_campaign, late, now=FIRST_END + timedelta(hours=9, minutes=30))
    assert paper(ledger, small_campaign) == first, "as it was known then"
    second = paper(ledger, small_campaign, known_by=later)
    assert second.title.endswith("周报（更正第1号）")
    changed = {row[1]: row[2:4] for row in section(second, "更正").tables[0].rows}
    assert changed["本周逐日·10月29日（六）·核销（张）"] == ("66", "67")
    assert changed["本周逐日·合计·核销（张）"] == ("66", "67")
    assert not any("10月28日" in name for name in changed)


def test_merchant_leads_are_no_alerts_of_the_week(conn: Connection, small_campaign: Campaign):
    for rule, subject in (("night_trade", "luzhou/M1"), ("slow_claims", "luzhou/1")):
        alarm = Alarm(
            subject=subject,
            level=Level.YELLOW,
            title="t",
            reasons=(),
            evidence=(),
            evidence_count=1,
            county="140403",
        )
        settle(conn, rule, [alarm], now=OPENING + timedelta(hours=3))
    for scope in (CITY, COUNTY):
        assert "新发预警1项" in section(paper(conn, small_campaign, scope=scope), "预警与处置").sentences[0]


def test_a_day_told_in_part_or_by_some_is_no_fall(conn: Connection, small_campaign: Campaign):
    """Of the second Friday 潞州区 told until ten, of the Saturday nothing; the city told both weeks whole."""
    friday = OPENING.replace(hour=0)
    for programme, days in (("city", (0, 1, 7, 8)), ("luzhou", (0, 1, 7))):
        for day in days:
            made = [
                event(
                    small_campaign, programme, kind, 100 * day + n,
                    occurred_at=OPENING + timedelta(days=day, hours=10 if n > 20 and day < 7 else 0),
                )
                for kind in (Kind.CLAIM, Kind.REDEMPTION)
                for n in range(1, 21 if (programme, day) == ("luzhou", 7) else 41)
            ]  # fmt: skip
            save(conn, small_campaign, *made, now=OPENING + timedelta(days=day, hours=11))
    for programme, told in (("city", 10), ("luzhou", 7)):
        reach = friday + timedelta(days=told, hours=10 if programme == "luzhou" else 0)
        report(conn, programme, reach)
    overview = section(paper(conn, small_campaign, SECOND_END), "本周概况")
    rows = {row[0]: row[1:] for row in overview.tables[1].rows}
    assert rows["本周"][2] == 100, "what is known of it"
    assert rows["增减"][:3] == (3, 0, 0), "the city's own, from Friday to Sunday"
    assert overview.sentences[1].startswith("净核销较上周同期3日增加0.00万元（0.0%）")
