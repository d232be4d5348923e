"""The scenes beyond the overview: releases, pace, sectors, talk, trust."""

import json
from dataclasses import replace

import pytest

from domain.measures import Figures, Unredeemed
from domain.readings import Health, Pace
from domain.readings_scenes import (
    CountyPace,
    Discrepancies,
    HeldFigure,
    IssueCount,
    PaceBoard,
    RoundState,
    TrustBoard,
)
from domain.sanity import Doubt, Kept
from layouts.parts import clauses
from layouts.sparks import line, picture
from layouts.wall import (
    county_pace,
    county_ranks,
    launch_now,
    launch_rounds,
    opinion_events,
    opinion_issues,
    opinion_sources,
    opinion_volume,
    scene_plan,
    sector_table,
    trust_checks,
    trust_sources,
)
from layouts.wall_words import HEALTH, LEVEL_SHAPE, age
from tests.layouts import pictures
from tests.layouts.readings import NOW, STALE, city_map, county, feed, sectors, sectors_with_cars, text

FULL = pictures.reading("full", is_city=True)


def outlook(unredeemed: Unredeemed | None, **changed: object) -> str:
    row = CountyPace(
        progress=replace(county(0), **changed), end_at=pictures.END, at=(), used_fen=(), unredeemed=unredeemed
    )
    board = PaceBoard(as_of=NOW, start=pictures.START, end=pictures.END, rows=(row, row))
    return text(county_pace.update(board)["county-pace-rows"]["children"][0])


@pytest.mark.parametrize(
    ("unredeemed", "words"),
    [
        (Unredeemed(low_fen=1_200_000_00, high_fen=3_400_000_00), "预计剩 120–340 万"),
        (Unredeemed(low_fen=12_345_00, high_fen=98_765_00), "预计剩 1.2–9.9 万"),
        (Unredeemed(low_fen=None, high_fen=3_400_000_00), "剩余至多 340 万"),
        (Unredeemed(low_fen=500_000_00, high_fen=500_000_00), "预计剩 50 万"),
        (Unredeemed(low_fen=570_100_00, high_fen=574_900_00), "预计剩 57 万"),
        (None, "预计剩余 样本不足"),
    ],
)
def test_what_will_be_left_is_a_band_or_a_limit_or_not_said(unredeemed: Unredeemed | None, words: str):
    assert outlook(unredeemed).endswith(words)


def test_a_held_county_has_a_state_and_no_number():
    shown = outlook(Unredeemed(low_fen=1, high_fen=2), held=frozenset({Kept.REFUNDED}))
    assert "核查中" in shown
    assert not [ch for ch in shown if ch.isdigit()]


def test_behind_late_and_waiting_are_told_by_shape_and_word():
    assert "▼ 落后" in outlook(None, pace=Pace.BEHIND)
    assert "▲ 迟到" in outlook(None, stamp=STALE)
    assert "○ 未启动" in outlook(None, pace=Pace.NOT_LAUNCHED)
    assert "▲ 逾期" in outlook(None, pace=Pace.OVERDUE)


def test_the_map_of_places_says_what_the_league_says():
    words = [w for t in county_ranks.figure(city_map())["data"] if t["mode"] == "text" for w in t["text"]]
    assert {"<b>1</b>", "<b>10</b>", "<b>○</b>", "<b>▲</b>"} <= set(words)
    assert len(words) == 12


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(52, "领完 52秒"), (60, "领完 1分"), (3_599, "领完 59分"), (9_300, "领完 2.6时"), (200_000, "领完 2天")],
)
def test_a_sold_out_round_says_how_long_it_took(seconds: float, words: str):
    row = replace(FULL.launch.rounds[0], state=RoundState.SOLD_OUT, sold_out_s=seconds)
    rows = launch_rounds.update(replace(FULL.launch, rounds=(row,)))["launch-rounds-rows"]["children"]
    assert text(rows).endswith(words)


def test_claims_under_check_show_no_count_and_no_rate():
    held = frozenset({Kept.CLAIMED})
    row = replace(FULL.launch.rounds[0], claimed_count=None, state=None, held=held, qty=98_000)
    shown = text(launch_rounds.update(replace(FULL.launch, rounds=(row,)))["launch-rounds-rows"]["children"])
    assert shown == "市级 09:00 —  / 98,000 — ▲ 核查中"


def test_the_speed_is_that_of_the_last_whole_minute():
    curve = replace(FULL.curve, claimed=(*FULL.curve.claimed[:-2], 90, 7))
    assert launch_now.update(replace(FULL.launch, curve=curve))["launch-now-value"]["children"] == "1.5"
    held = replace(curve, held=frozenset({Kept.CLAIMED}))
    assert launch_now.update(replace(FULL.launch, curve=held))["launch-now-value"]["children"] == "核查中"


def test_sectors_end_with_a_total_worked_out_from_sums_and_small_ones_are_grey():
    rows = (
        replace(FULL.sectors[0], figures=Figures(redeemed_gross_count=29, redeemed_gross_fen=29_00)),
        *FULL.sectors[1:],
    )
    lines = sector_table.update(rows)["sector-table-rows"]["children"]
    assert text(lines[-1]).startswith("合计")
    assert [("small" in line.className) for line in lines] == [False] * (len(lines) - 2) + [True, False]


@pytest.mark.parametrize(
    ("count", "before", "words"),
    [
        (10, None, "—"),
        (10, 10, "＝"),
        (33, 29, "▲4"),
        (25, 29, "▼4"),
        (33, 30, "▲10%"),
        (15, 30, "▼50%"),
        (330, 30, "▲超10倍"),
    ],
)
def test_growth_on_a_small_base_is_a_difference_not_a_share(count: int, before: int | None, words: str):
    assert opinion_issues.growth(IssueCount(name="x", count=count, before=before)) == words


def test_without_three_days_there_is_no_usual_and_that_is_said():
    young = replace(FULL.opinion, usual=(None,) * 24)
    assert "基线不足 3 天" in text(opinion_volume.update(young)["opinion-volume-body"]["children"])
    assert "基线不足" not in text(opinion_volume.update(FULL.opinion)["opinion-volume-body"]["children"])


def test_an_event_says_level_first_seen_running_time_and_spread():
    rows = opinion_events.update(FULL.opinion)["opinion-events-rows"]["children"]
    assert [text(row) for row in rows[:2]] == [
        "▲ 红色 14:32 起 已 1 分内 3 条 潞州区“先涨价后用券”一小时 146 条",
        "◆ 橙色 14:02 起 已回落 3 条 全市(县区不明)“系统崩溃卡顿”1 小时 1,204 条",
    ]


def test_dead_sources_are_named_the_worst_first_and_silence_is_no_calm():
    feeds = (
        feed("甲", side="opinion"),
        feed("乙", Health.LATE, side="opinion"),
        feed("丙", Health.DOWN, side="opinion"),
    )
    values = opinion_sources.update(replace(FULL.opinion, feeds=feeds))
    assert text(values["opinion-sources-count"]["children"]) == "1/3 正常"
    assert text(values["opinion-sources-rows"]["children"]).startswith("▼ 丙 中断")


def trust(**changed: object) -> str:
    board: TrustBoard = replace(FULL.trust, **changed)
    return text(trust_checks.update(board)["trust-checks-rows"]["children"])


def test_what_is_held_is_named_with_its_reason():
    held = (HeldFigure(name="黎城县", kept=Kept.REDEEMED, doubt=Doubt.BEYOND_CLAIMED),)
    assert "▲ 1 项 黎城县·核销 核销超过领取" in trust(held=held)
    assert "● 无" in trust(held=())


def test_every_doubt_and_every_figure_has_a_word():
    assert set(trust_checks.DOUBT) == set(Doubt)
    assert set(trust_checks.KEPT) == set(Kept)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "○ 尚未对账"),
        (Discrepancies(open_count=0, open_fen=0), "● 0.00 元"),
        (Discrepancies(open_count=2, open_fen=1), "▲ 2 项 0.01 元"),
        (Discrepancies(open_count=3, open_fen=123_456_789), "▲ 3 项 123.46 万元"),
    ],
)
def test_differences_stand_to_the_fen_and_no_reconciliation_is_not_none(
    found: Discrepancies | None, words: str
):
    assert words in trust(discrepancies=found)


def test_a_source_stands_against_its_own_cadence():
    rows = trust_sources.update(pictures.reading("stale", is_city=True).trust)["trust-sources-rows"][
        "children"
    ]
    assert text(rows[0]).startswith("支付宝 ▼ 中断 2 时")


def test_every_health_and_level_has_a_shape_of_its_own():
    assert {h: HEALTH[h][0] for h in Health}.keys() == set(Health)
    assert len({shape for shape, _, _ in HEALTH.values()}) == len(Health)
    assert len(set(LEVEL_SHAPE.values())) == len(LEVEL_SHAPE)


@pytest.mark.parametrize(
    ("gone_s", "words"), [(12, "1 分内"), (60, "1 分"), (9_400, "2 时"), (180_000, "2 天")]
)
def test_an_age_is_coarse(gone_s: int, words: str):
    seen = feed("甲", gone_s=gone_s).data_time
    assert seen
    assert age(seen, NOW) == words


@pytest.mark.parametrize(
    ("width", "words"),
    [(12.0, "甲乙丙，丁戊己，庚辛"), (7.0, "甲乙丙，丁戊己"), (6.0, "甲乙丙"), (2.0, "甲…")],
)
def test_a_sentence_too_long_loses_whole_clauses_first(width: float, words: str):
    assert clauses("甲乙丙，丁戊己，庚辛", width=width) == words


def test_a_picture_keeps_within_its_frame_and_says_what_it_shows():
    img = picture([line([(-1.0, 2.0), (0.5, 0.5)], colour="#fff")], alt="上升")
    assert "points=%220.0,0.0 200.0,50.0%22" in img.src
    assert "%23fff" in img.src, "a # would end the address"
    assert img.alt == "上升"


def test_the_plan_names_every_scene_and_the_pin():
    plan = json.loads(
        scene_plan.update(pictures.reading("huge", is_city=True).rotation)["scene-plan"]["data-plan"]
    )
    assert [s["id"] for s in plan["scenes"]] == [
        "overview",
        "launch",
        "counties",
        "sectors",
        "opinion",
        "trust",
    ]
    assert plan["pin"] == {"scene": "opinion", "why": "红色预警"}
    county_plan = json.loads(
        scene_plan.update(pictures.reading("full", is_city=False).rotation)["scene-plan"]["data-plan"]
    )
    assert "counties" not in [s["id"] for s in county_plan["scenes"]]


def test_audited_subsidies_stand_below_the_total_of_the_sectors():
    lines = [text(row) for row in sector_table.update(sectors_with_cars())["sector-table-rows"]["children"]]
    assert lines[-1] == "审核补贴 已付 231.46万元 待审 1,332 笔 通过率 92.0%"
    assert lines[-2].startswith("合计")
    plain = [text(row) for row in sector_table.update(sectors())["sector-table-rows"]["children"]]
    assert lines[:-1] == plain, "no share and no total knows of them"


def test_the_counties_grid_holds_as_many_as_there_are_and_the_legend_beside_them():
    for cells in range(2, 23):
        grid = county_pace._grid(cells)
        places = grid["--columns"] * grid["--rows"]
        assert places - cells >= grid["--legend"] >= county_pace._legend(grid["--columns"]), cells
        assert grid["--legend"] <= grid["--columns"], "the last row at most"
