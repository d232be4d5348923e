"""Merchant leads: each at its threshold and below it, yellow at most, the heaviest first, nobody accused or named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.finding import Finding, Rule, Window
from alerts.leads import reach
from alerts.parameters import Parameters
from alerts.rules import (
    RULES,
    concentration,
    exact_threshold,
    night_trade,
    quick_refund,
    redemption_velocity,
    repeated_pair,
    sudden_jump,
)
from domain.campaign import Campaign
from domain.leads import MerchantBoard, MerchantCourse, MerchantWeek, ProgrammeWeek, Reach
from domain.money_watch import Heard, MoneyWatch
from domain.readings import Level
from domain.topics import LEADS, TOPICS
from tests.alerts.windows import window

DAY = timedelta(days=1)
NUMBER = "M-1234567890"
BY_ID = {rule.ID: rule for rule in RULES if rule.ID in LEADS}


def week(now: datetime, **changes: Any) -> MerchantWeek:
    found = MerchantWeek(
        programme="city", merchant=NUMBER, sector="retail", redeemed_count=200, redeemed_fen=400_000,
        ordered_count=200, exact_count=0, refunded_count=0, refunded_fen=0, quick_count=0, night_count=0,
        minute_most=1, minute_at=now, pair_most=1, pairs_count=0, first_day=now - DAY,
    )  # fmt: skip
    return replace(found, **changes)


def whole(**changes: Any) -> ProgrammeWeek:
    found = ProgrammeWeek(
        redeemed_count=2_000, net_fen=4_000_000, merchants_count=10, nights={"retail": (20, 2_000)}
    )
    return replace(found, **changes)


def watched(campaign: Campaign, now: datetime, *merchants: MerchantWeek, **changes: Any) -> Window:
    board = MerchantBoard(since=now - 7 * DAY, until=now, merchants=merchants, programmes={"city": whole()})
    heard = {"city": Heard(sources=("pay",), fresh=True, data_time=now)}
    return window(campaign, now, merchants=replace(board, **changes), money=MoneyWatch(heard=heard))


def found(rule: Rule, given: Window) -> list[Level]:
    every: list[Finding] = list(rule.findings(given))
    for one in every:
        assert one.facts is not None
        assert rule.level(one.facts, given.parameters) is one.level
        assert one.level in (Level.BLUE, Level.YELLOW)
        assert one.reasons[-1] == "线索待核实，不作结论"
        assert NUMBER not in one.title + "".join(one.reasons), "a wall may show them"
        assert (one.facts["merchant"], one.sources, one.county) == (NUMBER, ("pay",), "140400")
    return [one.level for one in every]


def of(campaign: Campaign, now: datetime, rule: Rule, **changes: Any) -> list[Level]:
    return found(rule, watched(campaign, now, week(now, **changes)))


def test_an_ordinary_merchant_is_no_lead(small_campaign: Campaign, now: datetime) -> None:
    given = watched(small_campaign, now, week(now))
    assert {rule: found(BY_ID[rule], given) for rule in LEADS} == {rule: [] for rule in LEADS}


@pytest.mark.parametrize(
    ("ordered", "exact", "levels"),
    [
        (29, 29, []),
        (30, 24, [Level.BLUE]),
        (30, 23, []),
        (125, 99, []),
        (124, 100, [Level.YELLOW]),
        (0, 0, []),
    ],
)
def test_k1_exactly_the_minimum_spend(
    small_campaign: Campaign, now: datetime, ordered: int, exact: int, levels: list[Level]
) -> None:
    assert of(small_campaign, now, exact_threshold, ordered_count=ordered, exact_count=exact) == levels


@pytest.mark.parametrize(
    ("n", "levels"), [(20, []), (21, [Level.BLUE]), (60, [Level.BLUE]), (61, [Level.YELLOW])]
)
def test_k2_too_many_in_a_minute(
    small_campaign: Campaign, now: datetime, n: int, levels: list[Level]
) -> None:
    assert of(small_campaign, now, redemption_velocity, minute_most=n) == levels


@pytest.mark.parametrize(
    ("most", "pairs", "levels"),
    [(2, 0, []), (3, 1, [Level.BLUE]), (9, 9, [Level.BLUE]), (3, 10, [Level.YELLOW])],
)
def test_k3_the_same_person_again_and_again(
    small_campaign: Campaign, now: datetime, most: int, pairs: int, levels: list[Level]
) -> None:
    assert of(small_campaign, now, repeated_pair, pair_most=most, pairs_count=pairs) == levels


@pytest.mark.parametrize(
    ("redeemed", "quick", "levels"),
    [(29, 29, []), (30, 2, [Level.BLUE]), (100, 5, []), (100, 6, [Level.BLUE]), (100, 20, [Level.BLUE]),
     (100, 21, [Level.YELLOW])],
)  # fmt: skip
def test_k4_refunded_at_once(
    small_campaign: Campaign, now: datetime, redeemed: int, quick: int, levels: list[Level]
) -> None:
    assert of(small_campaign, now, quick_refund, redeemed_count=redeemed, quick_count=quick) == levels


@pytest.mark.parametrize(
    ("fen", "refunded", "levels"),
    [(800_000, 0, []), (800_001, 0, [Level.BLUE]), (900_000, 100_000, []), (1_600_001, 0, [Level.YELLOW])],
)
def test_k5_a_fifth_of_the_money(
    small_campaign: Campaign, now: datetime, fen: int, refunded: int, levels: list[Level]
) -> None:
    assert of(small_campaign, now, concentration, redeemed_fen=fen, refunded_fen=refunded) == levels


@pytest.mark.parametrize(
    "changes", [{"redeemed_count": 299}, {"merchants_count": 9}, {"net_fen": 0}, {"net_fen": -5}]
)
def test_k5_says_nothing_of_a_programme_that_has_hardly_begun(
    small_campaign: Campaign, now: datetime, changes: dict[str, int]
) -> None:
    much = week(now, redeemed_fen=3_000_000)
    assert (
        found(concentration, watched(small_campaign, now, much, programmes={"city": whole(**changes)})) == []
    )
    assert found(concentration, watched(small_campaign, now, much, programmes={})) == []


def course(now: datetime, n: int, before: tuple[int, ...], **changes: Any) -> MerchantCourse:
    fields: dict[str, Any] = {
        "programme": "city", "merchant": NUMBER, "day": now, "count": n, "before": before,
        "programme_count": 900, "programme_before": (1_000,) * len(before),
    }  # fmt: skip
    return MerchantCourse(**(fields | changes))


@pytest.mark.parametrize(
    ("n", "before", "levels"),
    [(49, (1,) * 7, []), (50, (10,) * 7, []), (51, (10,) * 7, [Level.BLUE]), (101, (10,) * 7, [Level.YELLOW]),
     (51, (10, 10, 10), []), (51, (10,) * 4, [Level.BLUE]), (50, (0,) * 7, [Level.YELLOW]), (900, (), [])],
)  # fmt: skip
def test_k6_a_day_many_times_its_own_median(
    small_campaign: Campaign, now: datetime, n: int, before: tuple[int, ...], levels: list[Level]
) -> None:
    assert found(sudden_jump, watched(small_campaign, now, busy=(course(now, n, before),))) == levels


def test_k6_a_round_that_lifts_everybody_is_no_jump(small_campaign: Campaign, now: datetime) -> None:
    lifted = course(now, 200, (10,) * 7, programme_count=4_000)
    assert found(sudden_jump, watched(small_campaign, now, busy=(lifted,))) == []
    more = course(now, 201, (10,) * 7, programme_count=4_000)
    assert found(sudden_jump, watched(small_campaign, now, busy=(more,))) == [Level.BLUE]


def test_k6_two_days_of_one_merchant_are_one_lead(small_campaign: Campaign, now: datetime) -> None:
    days = (course(now, 60, (10,) * 7), course(now - DAY, 200, (10,) * 7))
    assert found(sudden_jump, watched(small_campaign, now, busy=days)) == [Level.YELLOW]


@pytest.mark.parametrize(
    ("redeemed", "night", "levels"),
    [(200, 9, []), (29, 29, []), (200, 10, [Level.BLUE]), (200, 100, [Level.YELLOW]), (1_000, 10, [])],
)
def test_k8_by_night_more_often_than_the_others_of_its_sector(
    small_campaign: Campaign, now: datetime, redeemed: int, night: int, levels: list[Level]
) -> None:
    """The others: 30 of 2,000 less its own."""
    nights = {"retail": (night + 20, 2_000 + redeemed)}
    given = watched(
        small_campaign, now, week(now, redeemed_count=redeemed, night_count=night),
        programmes={"city": whole(nights=nights)},
    )  # fmt: skip
    assert found(night_trade, given) == levels


def test_k8_without_anybody_to_compare_with_nothing_is_said(small_campaign: Campaign, now: datetime) -> None:
    alone = week(now, redeemed_count=200, night_count=150)
    given = {"city": whole(nights={"retail": (150, 200)})}
    assert found(night_trade, watched(small_campaign, now, alone, programmes=given)) == []


def test_where_no_day_was_ever_worked_out_nothing_is_known(small_campaign: Campaign, now: datetime) -> None:
    for rule in BY_ID.values():
        assert list(rule.findings(window(small_campaign, now, merchants=None))) == []


def test_a_storm_is_cut_to_the_heaviest_and_says_how_many_more_there_are(
    small_campaign: Campaign, now: datetime
) -> None:
    many = [week(now, merchant=f"M{n:04d}", minute_most=21 + n) for n in range(500)]
    leads = list(redemption_velocity.findings(watched(small_campaign, now, *many)))
    assert [lead.subject for lead in leads] == [f"city/M{n:04d}" for n in range(499, 479, -1)]
    assert all("另有 480 户达到同样条件，未逐一列出" in lead.reasons for lead in leads)


def test_who_can_reach_no_threshold_is_not_read() -> None:
    assert reach(Parameters()) == Reach(redeemed=30, minute=21, pair=3, busy_day=50)
    given = Parameters.model_validate({"night_trade": {"min_count": 5}, "sudden_jump": {"min_count": 7}})
    assert reach(given) == Reach(redeemed=5, minute=21, pair=3, busy_day=7)


def test_every_rule_is_somebodys_business(campaign: Campaign) -> None:
    assert set(TOPICS) == {rule.ID for rule in RULES}
    told = {topic for office in campaign.office for topic in office.alerts}
    assert {topic.value for topics in TOPICS.values() for topic in topics} <= told
