"""Sectors, opinion, alerts, feeds and the masthead."""

from dataclasses import replace

import pytest

from domain.readings import AlertBoard, FeedBoard, Health, Level
from layouts import sector_parts
from layouts.parts import ems
from layouts.wall import alerts, foot, masthead, opinion_pulse, sector_mix
from tests.layouts.readings import (
    CARS,
    NOW,
    STALE,
    alert,
    board,
    classes,
    feed,
    feeds,
    pulse,
    sectors,
    sectors_with_cars,
    text,
)
from tests.layouts.readings import (
    masthead as head,
)


def test_sectors_stand_by_amount_with_share_and_leverage():
    lines = [text(row) for row in sector_mix.update(sectors())["sector-mix-rows"]["children"]]
    assert lines[0] == "汽车 19.6% 100.00 6.00"
    assert lines[5] == "住宿餐饮 10.8% 55.00 ▼4.00"


def test_sectors_that_do_not_fit_are_one_last_row_worked_out_from_sums():
    shown = sector_parts.folded(sectors(n=10))
    last = shown[-1]
    assert len(shown) == sector_parts.MOST
    assert (last.name, last.figures.redeemed_net_fen, last.direct_leverage) == ("其余 3 类", 84_000_000, 6.0)
    assert sum(row.share or 0 for row in shown) == pytest.approx(1)


def test_audited_subsidies_are_one_row_beside_the_sectors_and_in_no_share():
    values = sector_mix.update(sectors_with_cars(n=10))["sector-mix-rows"]["children"]
    lines = [text(row) for row in values]
    assert lines[-1] == "审核补贴 已付 231.46万元 待审 1,332 笔 通过率 92.0%"
    assert len(lines) == sector_parts.MOST
    assert lines[0] == text(sector_mix.update(sectors(n=10))["sector-mix-rows"]["children"][0])
    assert not any(
        "审核补贴" in text(row) for row in sector_mix.update(sectors())["sector-mix-rows"]["children"]
    )


def test_applications_are_shown_before_the_first_voucher_is_used():
    first, *_ = sectors_with_cars()
    waiting = replace(first, share=None, figures=CARS)
    lines = [text(row) for row in sector_mix.update([waiting])["sector-mix-rows"]["children"]]
    assert lines == ["汽车 — 0.00 —", "审核补贴 已付 231.46万元 待审 1,332 笔 通过率 92.0%"]


def test_negative_share_is_of_the_labelled_posts():
    counts = text(opinion_pulse.update(pulse())["opinion-pulse-counts"]["children"])
    assert counts == "107 负面 17.6% 640 未判定 31"


def test_a_dead_source_is_named_as_a_gap():
    gaps = opinion_pulse.update(pulse(dead=("微博搜索", "热榜")))["opinion-pulse-gaps"]["children"]
    assert text(gaps) == "▲ 数据缺口 微博搜索、热榜"
    assert opinion_pulse.update(pulse())["opinion-pulse-gaps"]["children"] == []


def test_an_hour_in_which_a_source_was_silent_is_hatched_and_says_which():
    columns, _ = opinion_pulse.update(pulse(dead=("微博搜索",)))["opinion-pulse-hours"]["children"]
    marked = [(n, column.title) for n, column in enumerate(columns.children) if column.className == "gap"]
    assert marked == [(7, "无应答:微博搜索"), (8, "无应答:微博搜索")]


def test_silence_is_calm_only_while_every_source_lives():
    zeros = (0,) * 24
    quiet = replace(pulse(), negative_by_hour=zeros, other_by_hour=zeros)
    assert text(opinion_pulse.update(quiet)["opinion-pulse-hours"]["children"]) == "本时段无相关帖文"
    deaf = replace(quiet, dead_sources=("微博搜索",))
    assert text(opinion_pulse.update(deaf)["opinion-pulse-hours"]["children"]) == "暂无数据"
    once = replace(quiet, silent_by_hour=(*((),) * 23, ("微博搜索",)))
    assert text(opinion_pulse.update(once)["opinion-pulse-hours"]["children"]) == "暂无数据"


def test_the_gravest_alerts_come_first_and_the_rest_are_counted():
    values = alerts.update(board(6))
    rows = [text(row) for row in values["alerts-rows"]["children"]]
    assert [row.split()[1] for row in rows] == ["红色", "橙色", "黄色"]
    assert rows[0].startswith("▲ ")
    assert text(values["alerts-stamp"]["children"]) == "另有 3 条 研判 14:32"


def test_of_equal_alerts_the_newest_comes_first():
    older, newer = alert(9, Level.RED), alert(1, Level.RED, "新")
    rows = alerts.update(AlertBoard(as_of=NOW, alerts=(older, newer)))["alerts-rows"]["children"]
    assert "新" in text(rows[0])


def test_what_has_receded_says_so_below_its_level_and_stands_after_what_has_not():
    whole = "全市(县区不明)“系统崩溃卡顿”1 小时 1,204 条"
    gone = replace(alert(1, Level.RED, f"最高时 {whole}，预期 130.0 条"), receded=True)
    still, lower = alert(9, Level.RED, "旧"), alert(0, Level.YELLOW, "轻")
    rows = alerts.update(AlertBoard(as_of=NOW, alerts=(gone, still, lower)))["alerts-rows"]["children"]
    assert [text(row.children[0]) for row in rows] == ["▲ 红色", "▲ 红色 已回落", "■ 黄色"]
    titles = [row.children[1].children.replace("\u00a0", " ") for row in rows]
    assert titles == ["旧", whole, "轻"], "the figure is in it"


def test_a_long_title_is_cut_after_a_clause_and_figures_keep_their_units():
    long = alert(1, Level.RED, "话题 2 小时内 146 条，" * 6)
    title = alerts.update(AlertBoard(as_of=NOW, alerts=(long,)))["alerts-rows"]["children"][0].children[1]
    assert title.children == "话题 2\u00a0小时内 146\u00a0条，话题 2\u00a0小时内 146\u00a0条"
    assert ems(title.children) <= 23
    assert "2\u00a0小时内" in title.children


def test_no_open_alert_is_said_only_when_the_rules_have_run():
    assert (
        text(alerts.update(AlertBoard(as_of=NOW, alerts=()))["alerts-rows"]["children"]) == "当前无未结预警"
    )
    assert text(alerts.update(AlertBoard(as_of=None, alerts=()))["alerts-rows"]["children"]) == "暂无数据"


def test_the_foot_counts_the_sources_and_names_trouble_by_shape():
    mixed = (feed("甲"), feed("乙", Health.LATE, gone_s=4000), feed("丁", Health.DOWN, side="opinion"))
    values = foot.update((head(), FeedBoard(as_of=NOW, feeds=mixed)))
    assert text(values["foot-feeds"]["children"]) == "来源  ▲1/3"
    assert text(foot.update((head(), feeds()))["foot-feeds"]["children"]) == "来源  ●5/5"


def test_the_foot_says_which_day_and_how_far_the_figures_reach():
    values = foot.update((head(STALE), feeds()))
    assert values["foot-day"]["children"] == "第 5 天"
    assert text(values["foot-stamp"]["children"]) == "▲1 路迟 12:32 快报"
    assert "late" in set(classes(values["foot-stamp"]["children"]))
    assert text(foot.update((head(), feeds()))["foot-stamp"]["children"]) == "截至 14:31 快报"


def test_the_days_are_counted_against_the_end_only_when_it_is_set():
    assert foot.update((replace(head(), day_count=49), feeds()))["foot-day"]["children"] == "第 5/49 天"
    assert foot.update((replace(head(), day_no=None), feeds()))["foot-day"]["children"] == "尚未启动"


def test_the_masthead_says_whose_money_it_is():
    values = masthead.update(head(STALE))
    assert values["masthead-city"]["children"] == "长治市"
    assert values["masthead-tranche"]["children"] == "第一批省级资金"


def test_illustrative_figures_carry_the_banner():
    assert masthead.update(head(banner="演示数据"))["masthead-banner"] == {
        "children": "演示数据",
        "hidden": False,
    }
    assert masthead.update(head())["masthead-banner"]["hidden"] is True
