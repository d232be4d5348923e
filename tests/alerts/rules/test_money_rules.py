"""Rules of funds, progress, data, deadlines: each at its threshold and below it, silent where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.finding import Finding, Rule, Window
from alerts.parameters import Parameters
from alerts.rules import (
    claim_out,
    clawback_risk,
    low_redemption,
    money_fault,
    not_launched,
    quarantined_rows,
    refund_shortfall,
    report_due,
    tranche_mixing,
    unanswered,
)
from domain.campaign import Campaign
from domain.measures import Figures, Unredeemed
from domain.money_watch import (
    Heard,
    LotWatch,
    Mixed,
    MoneyWatch,
    OpenTicket,
    PutAside,
    RoundWatch,
    ShortRefunds,
)
from domain.readings import Health, Level
from tests.alerts.windows import feed, progress, window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CITY = "city"


def heard(at: datetime | None, **changes: Any) -> dict[str, Heard]:
    return {CITY: replace(Heard(sources=("pay",), fresh=True, data_time=at), **changes)}


def round_watch(campaign: Campaign, claimed: int, redeemed: int = 0, **changes: Any) -> RoundWatch:
    r = campaign.rounds[CITY, 1]
    lots = (
        LotWatch(template="city.ret20", qty=800, claimed_count=claimed),
        LotWatch(template="city.cat10", qty=200, claimed_count=0),
    )
    found = RoundWatch(
        programme=CITY, no=1, opens_at=r.opens_at, claim_closes_at=r.claim_closes_at, use_until=r.use_until,
        lots=lots, redeemed_count=redeemed, sold_out_after=None,
    )  # fmt: skip
    return replace(found, **changes)


def found(rule: Rule, given: Window) -> list[tuple[str, Level]]:
    """Every finding's level comes again from its facts alone."""
    every: Sequence[Finding] = list(rule.findings(given))
    for one in every:
        assert one.facts is not None
        assert rule.level(one.facts, given.parameters) is one.level
        assert "None" not in one.title + "".join(one.reasons)
    return [(one.subject, one.level) for one in every]


# ---------------------------------------------------------------- F1 a lot beyond its quantity


@pytest.mark.parametrize(
    ("claimed", "subjects"), [(800, []), (801, [("city.ret20-r1/oversold", Level.ORANGE)])]
)
def test_a_lot_beyond_its_quantity_is_named_although_the_programme_is_not_over(
    small_campaign: Campaign, now: datetime, claimed: int, subjects: list[tuple[str, Level]]
) -> None:
    money = MoneyWatch(rounds=(round_watch(small_campaign, claimed),))
    assert found(money_fault, window(small_campaign, now, money=money)) == subjects


def test_a_programme_that_is_over_is_told_once(small_campaign: Campaign, now: datetime) -> None:
    city = progress(now, Figures(issued_count=1000, claimed_count=1001), code="140400")
    money = MoneyWatch(rounds=(round_watch(small_campaign, 1001),))
    given = window(small_campaign, now, money=money, city=city)
    assert found(money_fault, given) == [("140400/overclaim", Level.ORANGE)]


# ---------------------------------------------------------------- F2 tranches


def test_money_under_another_tranche_is_red_and_an_unmapped_row_yellow(
    small_campaign: Campaign, now: datetime
) -> None:
    aside = PutAside(
        source="pay", count=3, more=False, fields={"sub_project": 3}, evidence=("9",), first_at=now
    )
    money = MoneyWatch(mixed=(Mixed(programme=CITY, tranche="T2", fen=2_000),), unmapped=(aside,))
    given = window(small_campaign, now, money=money)
    assert found(tranche_mixing, given) == [("city/T2", Level.RED), ("source/pay", Level.YELLOW)]
    assert found(quarantined_rows, given) == [], "told once"


# ---------------------------------------------------------------- F4 refunds


@pytest.mark.parametrize(
    ("fen", "level"), [(1, Level.YELLOW), (999_999, Level.YELLOW), (1_000_000, Level.ORANGE)]
)
def test_a_refund_short_of_its_face_is_graded_by_what_is_missing(
    small_campaign: Campaign, now: datetime, fen: int, level: Level
) -> None:
    short = ShortRefunds(
        programme=CITY, count=1, fen=fen, evidence=("B1", "B2"), notices_count=2, first_at=now - 4 * DAY
    )
    given = window(small_campaign, now, money=MoneyWatch(short_refunds=(short,), heard=heard(now)))
    (one,) = refund_shortfall.findings(given)
    assert (one.level, one.evidence, one.evidence_count, one.sources) == (level, ("B1", "B2"), 2, ("pay",))


# ---------------------------------------------------------------- F5 clawback


def clawback(campaign: Campaign, *, days: float, low: int | None, **changes: Any) -> list[tuple[str, Level]]:
    end = campaign.city.end_at
    assert end is not None
    at = end - days * DAY
    left = {CITY: Unredeemed(low_fen=low, high_fen=2_000_000)}
    money = MoneyWatch(heard=heard(at, **changes), unredeemed=left)
    return found(clawback_risk, window(campaign, at, money=money))


@pytest.mark.parametrize(
    ("days", "levels"),
    [(14.1, []), (14, [Level.BLUE]), (7.1, [Level.BLUE]), (7, [Level.YELLOW]), (3, [Level.ORANGE]), (0, [Level.ORANGE]),
     (-0.1, [])],
)  # fmt: skip
def test_the_nearer_the_end_the_graver(small_campaign: Campaign, days: float, levels: list[Level]) -> None:
    assert [level for _, level in clawback(small_campaign, days=days, low=600_001)] == levels


def test_a_tenth_of_the_allocation_is_no_risk_and_what_is_not_known_is_none(small_campaign: Campaign) -> None:
    assert clawback(small_campaign, days=7, low=600_000) == []
    assert clawback(small_campaign, days=7, low=None) == [], "only the most is known"
    assert clawback(small_campaign, days=7, low=900_000, fresh=False) == []


def test_of_an_end_that_is_not_set_nothing_is_projected(small_campaign: Campaign, now: datetime) -> None:
    assert small_campaign.programmes["shangdang"].end_at is None
    left = {"shangdang": Unredeemed(low_fen=900_000, high_fen=900_000)}
    money = MoneyWatch(heard={"shangdang": heard(now)[CITY]}, unredeemed=left)
    assert found(clawback_risk, window(small_campaign, now, money=money)) == []


# ---------------------------------------------------------------- P1 not launched


def not_launched_at(
    campaign: Campaign, data_time: datetime | None, now: datetime, **changes: Any
) -> list[Any]:
    figures = changes.pop("figures", Figures(issued_count=10))
    money = MoneyWatch(heard=heard(data_time, **changes))
    city = progress(now, figures, code="140400", name="长治市本级")
    return found(not_launched, window(campaign, now, money=money, city=city))


def test_a_programme_without_a_claim_is_named_a_day_after_its_date(small_campaign: Campaign) -> None:
    late_from = small_campaign.city.launch_at + DAY
    assert not_launched_at(small_campaign, late_from, late_from + HOUR) == []
    after = late_from + timedelta(seconds=1)
    assert not_launched_at(small_campaign, after, after) == [(CITY, Level.YELLOW)]
    deadline = small_campaign.campaign.county_launch_deadline
    assert not_launched_at(small_campaign, deadline, deadline) == [(CITY, Level.YELLOW)]
    past = deadline + timedelta(seconds=1)
    assert not_launched_at(small_campaign, past, past) == [(CITY, Level.ORANGE)]


def test_one_claim_or_one_application_is_a_launch(small_campaign: Campaign) -> None:
    at = small_campaign.city.launch_at + 3 * DAY
    for figures in (
        Figures(claimed_count=1),
        Figures(subsidy_applied_count=1),
        Figures(redeemed_gross_count=1),
    ):
        assert not_launched_at(small_campaign, at, at, figures=figures) == []


def test_a_silent_platform_does_not_say_that_nothing_was_launched(small_campaign: Campaign) -> None:
    at = small_campaign.city.launch_at + 3 * DAY
    assert not_launched_at(small_campaign, at, at, fresh=False) == []
    assert not_launched_at(small_campaign, None, at) == []
    city = progress(at, Figures(), code="140400")
    assert found(not_launched, window(small_campaign, at, city=city, money=MoneyWatch())) == []


# ---------------------------------------------------------------- P2 claim-out


def claim_out_at(campaign: Campaign, hours: float, claimed: int, **changes: Any) -> list[tuple[str, Level]]:
    at = campaign.rounds[CITY, 1].opens_at + hours * HOUR
    given = round_watch(campaign, claimed, **changes)
    return found(claim_out, window(campaign, at, money=MoneyWatch(heard=heard(at), rounds=(given,))))


def test_sold_out_is_an_event_for_a_day_and_blue(small_campaign: Campaign) -> None:
    gone = timedelta(seconds=105)
    assert claim_out_at(small_campaign, 1, 999, sold_out_after=None) == []
    assert claim_out_at(small_campaign, 1, 1000, sold_out_after=gone) == [("city/r1/sold-out", Level.BLUE)]
    assert claim_out_at(small_campaign, 24, 1000, sold_out_after=gone) == [("city/r1/sold-out", Level.BLUE)]
    assert claim_out_at(small_campaign, 24.1, 1000, sold_out_after=gone) == []
    assert claim_out_at(small_campaign, 1, 1000, sold_out_after=None) == [], "nobody knows when"


def test_less_than_half_after_two_days_is_slow(small_campaign: Campaign) -> None:
    assert claim_out_at(small_campaign, 47.9, 499) == []
    assert claim_out_at(small_campaign, 48, 499) == [("city/r1/slow", Level.YELLOW)]
    assert claim_out_at(small_campaign, 48, 500) == []
    assert claim_out_at(small_campaign, 24 * 9, 10) == [], "claiming is over"


def test_a_late_source_says_sold_out_but_never_slow(small_campaign: Campaign) -> None:
    at = small_campaign.rounds[CITY, 1].opens_at + 50 * HOUR
    behind = MoneyWatch(heard=heard(at, fresh=False), rounds=(round_watch(small_campaign, 10),))
    assert found(claim_out, window(small_campaign, at, money=behind)) == []
    early = MoneyWatch(heard=heard(at - 3 * HOUR), rounds=(round_watch(small_campaign, 10),))
    assert found(claim_out, window(small_campaign, at, money=early)) == [], (
        "its data are of before the two days"
    )
    out = round_watch(small_campaign, 1000, sold_out_after=45 * HOUR)
    known = MoneyWatch(heard=heard(at, fresh=False), rounds=(out,))
    assert found(claim_out, window(small_campaign, at, money=known)) == [("city/r1/sold-out", Level.BLUE)]


# ---------------------------------------------------------------- P3 redemption


def low_at(campaign: Campaign, passed: float, claimed: int, redeemed: int, **changes: Any) -> list[Any]:
    r = campaign.rounds[CITY, 1]
    at = r.opens_at + (r.use_until - r.opens_at) * passed
    given = round_watch(campaign, claimed, redeemed)
    return found(
        low_redemption, window(campaign, at, money=MoneyWatch(heard=heard(at, **changes), rounds=(given,)))
    )


def test_three_quarters_of_the_time_and_under_sixty_percent_is_low(small_campaign: Campaign) -> None:
    assert low_at(small_campaign, 0.74, 100, 10) == []
    assert low_at(small_campaign, 0.75, 100, 60) == []
    assert low_at(small_campaign, 0.75, 100, 59) == [("city/r1", Level.YELLOW)]
    assert low_at(small_campaign, 0.75, 100, 40) == [("city/r1", Level.YELLOW)]
    assert low_at(small_campaign, 0.75, 100, 39) == [("city/r1", Level.ORANGE)]
    assert low_at(small_campaign, 1.01, 100, 39) == []


def test_few_claims_or_a_silent_source_say_nothing_of_redemption(small_campaign: Campaign) -> None:
    assert low_at(small_campaign, 0.8, 0, 0) == []
    assert low_at(small_campaign, 0.8, 29, 0) == []
    assert low_at(small_campaign, 0.8, 30, 0) == [("city/r1", Level.ORANGE)]
    assert low_at(small_campaign, 0.8, 30, 0, fresh=False) == []


def test_of_a_voucher_for_one_evening_nothing_is_said(small_campaign: Campaign, now: datetime) -> None:
    for days, levels in ((1.99, []), (2, [("city/r1", Level.ORANGE)])):
        given = round_watch(small_campaign, 100, 10, opens_at=now - days * DAY, use_until=now)
        money = MoneyWatch(heard=heard(now), rounds=(given,))
        assert found(low_redemption, window(small_campaign, now, money=money)) == levels


# ---------------------------------------------------------------- D3 quarantine


@pytest.mark.parametrize(("n", "level"), [(1, Level.BLUE), (99, Level.BLUE), (100, Level.YELLOW)])
def test_quarantined_rows_are_counted_by_source_and_field(
    small_campaign: Campaign, now: datetime, n: int, level: Level
) -> None:
    aside = PutAside(
        source="bank-a", count=n, more=n == 100, fields={"<script>": n}, evidence=("1",), first_at=now
    )
    given = window(small_campaign, now, money=MoneyWatch(put_aside=(aside,)))
    assert found(quarantined_rows, given) == [("bank-a", level)]
    (one,) = quarantined_rows.findings(given)
    assert ("至少" in one.title) is (n == 100)


# ---------------------------------------------------------------- T1 deadlines


@pytest.mark.parametrize(
    ("days", "levels"),
    [(7.01, []), (7, [Level.BLUE]), (3, [Level.YELLOW]), (1, [Level.ORANGE]), (-20, [Level.ORANGE])],
)
def test_a_report_is_asked_for_as_its_day_comes_near(
    small_campaign: Campaign, days: float, levels: list[Level]
) -> None:
    end = small_campaign.programmes["luzhou"].end_at
    assert end is not None
    given = window(small_campaign, end + 14 * DAY - days * DAY, money=MoneyWatch())
    assert found(report_due, given) == [("luzhou/county-report", level) for level in levels]


def test_the_campaign_files_first_reminder_comes_first(small_campaign: Campaign) -> None:
    (deadline,) = small_campaign.deadline
    early = deadline.model_copy(update={"remind_days_before": (14, 3)})
    given = small_campaign.model_copy(update={"deadline": (early,)})
    end = given.programmes["luzhou"].end_at
    assert end is not None
    for days, levels in ((14.01, []), (14, [Level.BLUE]), (3, [Level.YELLOW])):
        at = end + 14 * DAY - days * DAY
        assert found(report_due, window(given, at, money=MoneyWatch())) == [
            ("luzhou/county-report", level) for level in levels
        ]


def test_a_report_that_was_handed_in_is_not_asked_for_again(small_campaign: Campaign, now: datetime) -> None:
    money = MoneyWatch(handed_in=frozenset({"luzhou/county-report"}))
    assert found(report_due, window(small_campaign, now + 90 * DAY, money=money)) == []


# ---------------------------------------------------------------- tickets


@pytest.mark.parametrize(
    ("hours", "levels"), [(4.99, []), (5, [Level.BLUE]), (24, [Level.YELLOW]), (48, [Level.ORANGE])]
)
def test_an_unanswered_ticket_is_graded_by_how_long_it_waits(
    small_campaign: Campaign, now: datetime, hours: float, levels: list[Level]
) -> None:
    tickets = (
        OpenTicket(post_id=7, source="hotline", since=now - hours * HOUR, county="140403"),
        OpenTicket(post_id=8, source="hotline", since=now - HOUR, county="140403"),
        OpenTicket(post_id=9, source="hotline", since=now - HOUR, county=None),
    )
    given = window(small_campaign, now, tickets=tickets)
    assert found(unanswered, given) == [("140403", level) for level in levels]
    assert [(f.evidence, f.evidence_count, f.sources) for f in unanswered.findings(given)] == [
        (("7",), 1, ("hotline",)) for _ in levels
    ]


@pytest.mark.parametrize("health", [Health.LATE, Health.DOWN])
def test_while_its_list_is_silent_nobody_knows_whether_a_ticket_was_answered(
    small_campaign: Campaign, now: datetime, health: Health
) -> None:
    tickets = tuple(
        OpenTicket(post_id=n, source=source, since=now - hours * HOUR, county="140403")
        for n, source, hours in ((7, "hotline", 49), (8, "mayor", 6))
    )
    feeds = (
        feed(now, source="hotline", side="opinion", health=health),
        feed(now, source="mayor", side="opinion"),
    )
    (one,) = unanswered.findings(window(small_campaign, now, tickets=tickets, feeds=feeds))
    assert (one.level, one.evidence, one.sources) == (Level.BLUE, ("8",), ("mayor",))


def test_thresholds_come_from_the_parameters(small_campaign: Campaign, now: datetime) -> None:
    ticket = OpenTicket(post_id=7, source="hotline", since=now - 2 * HOUR, county=None)
    given = Parameters.model_validate({"unanswered": {"hours": (1, 2, 3)}})
    assert found(unanswered, window(small_campaign, now, tickets=(ticket,), parameters=given)) == [
        ("unknown", Level.YELLOW)
    ]
