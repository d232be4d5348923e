"""Six figures, each with unit and comparison."""

from dataclasses import replace

import pytest

from domain.measures import Figures
from domain.readings import AlertBoard, Level
from domain.sanity import Kept
from domain.terms import CHECKING
from layouts.wall import headline
from tests.layouts.readings import (
    FIGURES,
    NOW,
    STAMP,
    alert,
    classes,
    overview,
    pulse,
    text,
)
from tests.layouts.readings import (
    headline as head,
)


def shown(reading: object = None) -> dict[str, str]:
    values = headline.update(reading or overview())
    return {key: text(props.get("children")) for key, props in values.items()}


def test_each_figure_stands_with_its_unit():
    found = shown()
    pairs = {slot: (found[f"{slot}-value"], found[f"{slot}-unit"]) for slot in headline.TILES}
    assert pairs == {
        "headline-claimed": ("2,846.50", "万元"),
        "headline-redeemed": ("2,018.30", "万元"),
        "headline-rate": ("71.9", "%"),
        "headline-leverage": ("5.80", "倍"),
        "headline-spend": ("1.17", "亿元"),
        "headline-alerts": ("3", "条未结"),
    }


def test_a_rate_stands_with_its_base():
    assert shown()["headline-rate-more"] == "512,345 / 712,345 张"


def test_claims_whose_use_nobody_told_are_no_base_of_the_rate():
    some = replace(head(), rated=replace(FIGURES, claimed_count=612_345))
    found = shown(replace(overview(), headline=some))
    assert found["headline-rate-value"] == "83.7"
    assert found["headline-rate-more"] == "512,345 / 612,345 张 部分未报"


def test_redeemed_money_stands_against_the_fund_and_yesterday():
    assert shown()["headline-redeemed-more"] == "资金使用 63.5% 较昨日 ▲12.4%"


@pytest.mark.parametrize(
    ("before", "words"),
    [(None, "今日 48.20 万元"), (0, "较昨日 —"), (96_400_000, "较昨日 ▼50.0%"), (1_000, "较昨日 ▲超10倍")],
)
def test_yesterday_may_be_missing_or_too_small_to_compare(before: int | None, words: str):
    reading = replace(overview(), headline=replace(head(), redeemed_yesterday_fen=before))
    assert shown(reading)["headline-redeemed-more"] == f"资金使用 63.5% {words}"


@pytest.mark.parametrize("before", [None, 42_900_000])
def test_a_day_nobody_has_told_of_is_unknown_and_no_fall(before: int | None):
    untold = replace(head(), redeemed_today_fen=None, told_today_fen=None, redeemed_yesterday_fen=before)
    assert shown(replace(overview(), headline=untold))["headline-redeemed-more"] == "资金使用 63.5% 今日 —"


def test_claims_that_are_only_counted_are_shown_and_no_rate_of_them():
    counted = Figures(claimed_count=1_200, claimed_fen=2_400_000)
    found = shown(replace(overview(), headline=head(replace(STAMP, data_time=None), counted)))
    assert (found["headline-claimed-value"], found["headline-claimed-more"]) == (
        "2.40",
        "占资金 3,180.00 万元 0.1%",
    )
    assert (found["headline-rate-value"], found["headline-rate-more"]) == ("—", "暂无数据")


@pytest.mark.parametrize(("used", "words"), [(29, "今日 48.20 万元"), (30, "较昨日 ▲12.4%")])
def test_few_vouchers_are_no_base_as_in_the_papers(used: int, words: str):
    few = replace(head(), redeemed_yesterday_count=used)
    assert shown(replace(overview(), headline=few))["headline-redeemed-more"] == f"资金使用 63.5% {words}"


def test_leverage_below_the_floor_is_said_in_word_shape_and_colour():
    low = replace(FIGURES, direct_spend_fen=9_000_000_000)
    values = headline.update(replace(overview(), headline=head(STAMP, low)))
    more = values["headline-leverage-more"]["children"]
    assert text(more) == "▼ 低于 5 倍底线"
    assert {"bad", "red"} <= set(classes(more))
    assert text(headline.update(overview())["headline-leverage-more"]["children"]) == "● 高于 5 倍底线"


def test_while_orders_have_no_amount_the_plans_ratio_is_shown_as_the_plans():
    """WeChat tells amounts in files alone, after a stock's end (domain paper 3.1)."""
    unpriced = replace(FIGURES, orders_count=FIGURES.redeemed_net_count - 1_219)
    found = shown(replace(overview(), headline=head(STAMP, unpriced)))
    assert (found["headline-leverage-value"], found["headline-leverage-unit"]) == ("—", "")
    assert found["headline-leverage-more"] == "未报 1,219 笔 设计 5.43"
    unknown = shown(replace(overview(), headline=head(STAMP, unpriced), design_leverage=None))
    assert unknown["headline-leverage-more"] == "暂无数据"


@pytest.mark.parametrize("on", [Kept.REDEEMED, Kept.REFUNDED, Kept.SPEND])
def test_spending_is_under_check_with_the_redemptions_it_is_the_sum_of(on: Kept):
    """As in the papers."""
    found = shown(replace(overview(), headline=replace(head(), held=frozenset({on}))))
    assert found["headline-spend-value"] == CHECKING


def test_spending_without_one_known_order_is_unknown():
    found = shown(replace(overview(), headline=head(STAMP, Figures(claimed_count=9, claimed_fen=900_000))))
    assert (found["headline-spend-value"], found["headline-spend-more"]) == ("—", "暂无数据")
    assert (found["headline-leverage-value"], found["headline-leverage-unit"]) == ("—", "")
    assert found["headline-redeemed-value"] == "0.00"


def test_alerts_are_counted_by_level_the_gravest_first():
    open_ones = (alert(1, Level.YELLOW), alert(2, Level.RED), alert(3, Level.YELLOW))
    reading = replace(overview(), opinion_alerts=AlertBoard(as_of=NOW, alerts=open_ones))
    assert shown(reading)["headline-alerts-more"] == "▲红 1 ■黄 2 负面 17.6% 共 609 条"


def test_no_open_alert_is_a_finding_once_the_rules_have_run():
    found = shown(replace(overview(), opinion_alerts=AlertBoard(as_of=NOW, alerts=())))
    assert found["headline-alerts-value"] == "0"
    assert found["headline-alerts-more"].startswith("当前无未结预警")


def test_a_dead_opinion_source_is_named_a_gap_beside_the_alerts():
    reading = replace(overview(), pulse=pulse(dead=("微博搜索",)))
    assert shown(reading)["headline-alerts-stamp"] == "研判 14:32 ▲1 路缺口"
