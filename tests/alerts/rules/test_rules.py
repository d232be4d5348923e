"""Each rule on both sides of each of its thresholds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alerts.rules import RULES, ineligible_use, money_fault, opinion_burst, stale_feed
from domain.campaign import Campaign
from domain.flags import REASON, FlagBoard, FlagCount, Reason
from domain.measures import Figures
from domain.money_watch import MoneyWatch
from domain.readings import Health, Level
from domain.register import ListKind, ListVersion, RegisterVersion
from domain.terms import wan
from tests.alerts.windows import feed, mention, progress, window

MINUTE = timedelta(minutes=1)


def burst(campaign: Campaign, now: datetime, n: int, **changes: object) -> list[tuple[str, Level]]:
    mentions = tuple(mention(i, now - MINUTE * (11 + i % 45), **changes) for i in range(n))  # none of late
    found = opinion_burst.findings(window(campaign, now, mentions=mentions))
    return [(f.subject, f.level) for f in found]


def test_seven_complaints_are_no_burst_and_eight_are(campaign: Campaign, now: datetime) -> None:
    assert burst(campaign, now, 7) == []
    assert burst(campaign, now, 8) == [("140403/system_crash", Level.YELLOW)]


@pytest.mark.parametrize(
    ("n", "level"), [(15, Level.YELLOW), (16, Level.ORANGE), (39, Level.ORANGE), (40, Level.RED)]
)
def test_the_level_grows_with_the_count(campaign: Campaign, now: datetime, n: int, level: Level) -> None:
    assert burst(campaign, now, n) == [("140403/system_crash", level)]


def test_one_author_counts_once_however_often(campaign: Campaign, now: datetime) -> None:
    assert burst(campaign, now, 500, author_ref="the same") == []


def test_much_talk_that_is_not_negative_is_no_burst(campaign: Campaign, now: datetime) -> None:
    assert burst(campaign, now, 60, negative=False) == []


@pytest.mark.parametrize("issue", ["consult", "praise"])
def test_questions_and_praise_are_no_burst(campaign: Campaign, now: datetime, issue: str) -> None:
    assert burst(campaign, now, 60, issues=(issue,)) == []


def test_what_is_usual_is_no_burst(campaign: Campaign, now: datetime) -> None:
    usual = tuple(mention(i, now - timedelta(hours=1) - MINUTE * (i * 6 % 1370)) for i in range(23 * 10))
    hour = tuple(mention(1000 + i, now - MINUTE * i) for i in range(12))
    assert list(opinion_burst.findings(window(campaign, now, mentions=usual + hour))) == []
    assert list(opinion_burst.findings(window(campaign, now, mentions=hour)))


def test_a_burst_without_a_county_says_that_the_county_is_unknown(campaign: Campaign, now: datetime) -> None:
    mentions = tuple(mention(i, now, county=None) for i in range(10))
    (found,) = opinion_burst.findings(window(campaign, now, mentions=mentions))
    assert (found.subject, found.county) == ("unknown/system_crash", None)
    assert "县区不明" in found.title
    assert len(found.evidence) == found.evidence_count == 10


def test_a_fresh_feed_is_no_alert_and_a_late_one_is(campaign: Campaign, now: datetime) -> None:
    late = feed(now, source="late", health=Health.LATE, data_time=now - timedelta(minutes=11))
    found = list(stale_feed.findings(window(campaign, now, feeds=(feed(now), late))))
    assert [(f.subject, f.level) for f in found] == [("late", Level.YELLOW)]


@pytest.mark.parametrize(("minutes", "level"), [(30, Level.YELLOW), (31, Level.ORANGE)])
def test_a_long_silence_of_money_is_orange(
    campaign: Campaign, now: datetime, minutes: int, level: Level
) -> None:
    late = feed(now, health=Health.LATE, data_time=now - timedelta(minutes=minutes))
    (found,) = stale_feed.findings(window(campaign, now, feeds=(late,)))
    assert found.level is level


def test_a_source_that_is_down_says_why(campaign: Campaign, now: datetime) -> None:
    down = feed(now, health=Health.DOWN, trouble="connection refused")
    (found,) = stale_feed.findings(window(campaign, now, feeds=(down,)))
    assert "中断" in found.title
    assert any("connection refused" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("platform", "county"),
    [
        ("bank-a", "140404"),
        ("city-pay", None),  # the city's vouchers, too
        ("bank-z", None),
        (None, None),  # of posts
    ],
)
def test_a_source_of_one_countys_money_alone_is_that_countys(
    small_campaign: Campaign, now: datetime, platform: str | None, county: str | None
) -> None:
    late = feed(now, health=Health.LATE, platform=platform)
    (found,) = stale_feed.findings(window(small_campaign, now, feeds=(late,)))
    assert found.county == county


def test_a_source_of_two_counties_is_neithers(campaign: Campaign, now: datetime) -> None:
    """Their offices see their own county only, and nobody else's feed."""
    assert len({p.division for p in campaign.programme if p.platform == "bank-a"}) > 1
    (found,) = stale_feed.findings(
        window(campaign, now, feeds=(feed(now, health=Health.DOWN, platform="bank-a"),))
    )
    assert found.county is None


@pytest.mark.parametrize(("fen", "subjects"), [(1_000_000, []), (1_000_001, ["140403/overrun"])])
def test_money_beyond_the_allocation_is_red(
    campaign: Campaign, now: datetime, fen: int, subjects: list[str]
) -> None:
    figures = Figures(issued_count=10, claimed_count=5, redeemed_gross_count=5, redeemed_gross_fen=fen)
    found = list(money_fault.findings(window(campaign, now, counties=(progress(now, figures),))))
    assert [f.subject for f in found] == subjects
    assert all(f.level is Level.RED for f in found)


@pytest.mark.parametrize("step", ["approved", "paid"])
@pytest.mark.parametrize(("fen", "subjects"), [(400_000, []), (400_001, ["140403/overrun"])])
def test_a_subsidy_that_is_approved_or_paid_without_is_money_that_is_gone(
    campaign: Campaign, now: datetime, step: str, fen: int, subjects: list[str]
) -> None:
    figures = Figures(redeemed_gross_fen=600_000, subsidy_approved_count=2, **{f"subsidy_{step}_fen": fen})
    found = list(money_fault.findings(window(campaign, now, counties=(progress(now, figures),))))
    assert [f.subject for f in found] == subjects
    assert all("审核补贴" in f.title and f.evidence_count == 2 for f in found)


@pytest.mark.parametrize(("fen", "subjects"), [(1_000_000, []), (1_000_001, ["140403/overpromise"])])
def test_more_promised_than_there_is_is_said_before_it_is_spent(
    campaign: Campaign, now: datetime, fen: int, subjects: list[str]
) -> None:
    figures = Figures(
        issued_count=10,
        claimed_count=9,
        claimed_fen=fen - 400_000 + 70_000,
        expired_fen=70_000,
        subsidy_approved_count=2,
        subsidy_approved_fen=400_000,
        redeemed_gross_fen=100_000,
    )
    found = list(money_fault.findings(window(campaign, now, counties=(progress(now, figures),))))
    assert [f.subject for f in found] == subjects
    assert all(f.level is Level.ORANGE for f in found)


@pytest.mark.parametrize("what", ["overrun", "overpromise"])
@pytest.mark.parametrize(("back", "is_beyond"), [(49_999, True), (50_000, False)])
def test_what_sanctioned_merchants_paid_back_is_in_the_pool(
    campaign: Campaign, now: datetime, what: str, back: int, is_beyond: bool
) -> None:
    """As in the balance of every paper: of 10,500 元 spent or promised 500 came back."""
    spent = {"redeemed_gross_fen": 1_050_000} if what == "overrun" else {}
    figures = Figures(issued_count=10, claimed_count=9, claimed_fen=1_050_000, **spent)
    owner = campaign.county_programme("140403")
    assert owner is not None
    money = MoneyWatch(recovered_fen={owner.id: back})
    found = list(money_fault.findings(window(campaign, now, counties=(progress(now, figures),), money=money)))
    assert [f.subject for f in found] == ([f"140403/{what}"] if is_beyond else [])
    assert all("已追回 0.05 万元" in f.reasons for f in found)


def test_money_beyond_the_allocation_on_figures_that_cannot_be_is_told_without_them(
    campaign: Campaign, now: datetime
) -> None:
    """As red as ever, and no figure that the wall and the papers keep back goes out in a title."""
    face = campaign.templates["luzhou.ret20"].face_fen
    sound = Figures(issued_count=900, claimed_count=900, claimed_fen=900 * face, redeemed_gross_count=800,
                    redeemed_gross_fen=800 * face)  # fmt: skip
    impossible = replace(sound, claimed_count=700, claimed_fen=700 * face)
    told = [
        one
        for figures in (sound, impossible)
        for one in money_fault.findings(window(campaign, now, counties=(progress(now, figures),)))
    ]
    assert [(one.subject, one.level) for one in told] == [("140403/overrun", Level.RED)] * 2
    amount = f"{wan(800 * face - 1_000_000)} 万元"
    assert told[0].title == f"潞州区净核销超出分配额度 {amount}"
    assert told[1].title == "潞州区净核销（核查中）超出分配额度"
    assert "未通过合理性检查" in told[1].reasons[0]
    assert not any("核查中" in reason for reason in told[0].reasons)


@pytest.mark.parametrize(("claimed", "subjects"), [(10, []), (11, ["140403/overclaim"])])
def test_more_claims_than_vouchers_is_a_fault_of_the_feed(
    campaign: Campaign, now: datetime, claimed: int, subjects: list[str]
) -> None:
    figures = Figures(issued_count=10, claimed_count=claimed)
    found = list(money_fault.findings(window(campaign, now, counties=(progress(now, figures),))))
    assert [f.subject for f in found] == subjects


def board(now: datetime, counts: dict[tuple[Reason, str], int], *, loaded: bool = True) -> FlagBoard:
    lists = [
        ListVersion(kind=kind, version=kind.value * 6, rows_count=1, loaded_at=now) if loaded else None
        for kind in ListKind
    ]
    return FlagBoard(
        as_of=now,
        register=RegisterVersion(merchants=lists[0], sanctions=lists[1]),
        counts=tuple(
            FlagCount(
                reason=reason,
                programme=programme,
                tranche="T1",
                count=n,
                fen=n * 2_000,
                evidence=tuple(f"R{i}" for i in range(min(n, 200))),
            )
            for (reason, programme), n in counts.items()
        ),
    )


def test_redemptions_below_the_minimum_spend_are_counted_by_programme(
    campaign: Campaign, now: datetime
) -> None:
    city = campaign.city.id
    flags = board(now, {(Reason.BELOW_MINIMUM, city): 3})
    (found,) = money_fault.findings(window(campaign, now, flags=flags))
    assert (found.subject, found.evidence, found.evidence_count) == (
        f"{city}/below-minimum",
        ("R0", "R1", "R2"),
        3,
    )


def test_one_programme_under_two_tranches_is_one_lead_of_all_its_events(
    campaign: Campaign, now: datetime
) -> None:
    county = campaign.programme[1]
    first = board(now, {(Reason.SANCTIONED, county.id): 3, (Reason.BELOW_MINIMUM, county.id): 2})
    second = tuple(replace(c, tranche="T2", evidence=("S0",), count=1, fen=100_00) for c in first.counts)
    both = window(campaign, now, flags=replace(first, counts=first.counts + second))
    (use,), (low,) = ineligible_use.findings(both), money_fault.findings(both)
    assert (use.evidence, use.evidence_count) == (("R0", "R1", "R2", "S0"), 4)
    assert (low.evidence, low.evidence_count) == (("R0", "R1", "S0"), 3)
    assert "有 4 笔" in use.title
    assert "面额 0.02 万元" in use.title  # 60 yuan of the one and 100 of the other


def test_what_is_below_the_minimum_is_told_once(campaign: Campaign, now: datetime) -> None:
    flags = board(now, {(Reason.BELOW_MINIMUM, campaign.city.id): 3})
    assert list(ineligible_use.findings(window(campaign, now, flags=flags))) == []


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.BELOW_MINIMUM])
def test_an_ineligible_use_is_a_lead_with_its_count_its_lists_and_no_verdict(
    campaign: Campaign, now: datetime, reason: Reason
) -> None:
    county = campaign.programme[1]
    flags = board(now, {(reason, county.id): 1_201})
    (found,) = ineligible_use.findings(window(campaign, now, flags=flags))
    assert found.subject == f"{county.id}/{reason.value.replace('_', '-')}"
    assert found.level in (Level.BLUE, Level.YELLOW, Level.ORANGE)
    assert f"{county.name}有 1,201 笔" in found.title
    assert "面额 2.40 万元" in found.title
    assert (found.evidence_count, len(found.evidence), found.county) == (1_201, 200, county.division)
    assert found.reasons[0] == f"{REASON[reason]}；已计入各项统计，未作剔除"
    assert found.reasons[1:3] == ("商户名册版本 merchantsmer", "受限名单版本 sanctionssan")
    assert found.reasons[-1] == "线索待核实，不作结论"


def test_a_redemption_at_a_sanctioned_merchant_is_the_gravest_of_them(
    campaign: Campaign, now: datetime
) -> None:
    flags = board(now, {(reason, campaign.city.id): 1 for reason in Reason})
    levels = {f.subject: f.level for f in ineligible_use.findings(window(campaign, now, flags=flags))}
    assert [s for s, level in levels.items() if level is Level.ORANGE] == [f"{campaign.city.id}/sanctioned"]


def test_without_lists_no_version_is_named(campaign: Campaign, now: datetime) -> None:
    flags = board(now, {(Reason.OUTSIDE_WINDOW, campaign.city.id): 1}, loaded=False)
    (found,) = ineligible_use.findings(window(campaign, now, flags=flags))
    assert not any("版本" in reason for reason in found.reasons)


def test_every_rule_is_silent_on_an_empty_window(campaign: Campaign, now: datetime) -> None:
    assert [list(rule.findings(window(campaign, now))) for rule in RULES] == [[] for _ in RULES]
    assert len({rule.ID for rule in RULES}) == len(RULES)
