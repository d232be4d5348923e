"""The league and the map say the same of every county."""

from dataclasses import replace

from domain.measures import Figures
from domain.readings import CityMap, CountyProgress, Pace
from layouts.wall import county_map, county_progress
from tests.layouts.readings import STALE, STAMP, city_map, classes, counties, county, text

BESIDE = county(11)
"""A second county: one alone is shown without a rank."""


def rows(of: list[CountyProgress] | tuple[CountyProgress, ...]) -> list[str]:
    return [text(row) for row in county_progress.update(of)["county-progress-rows"]["children"]]


def row(of: CountyProgress) -> str:
    (found,) = [line for line in rows([of, BESIDE]) if of.name in line]
    return found


def test_counties_stand_by_fund_use_and_those_not_launched_last():
    names = [row.name for row in county_progress.ranked(counties())]
    assert names[0] == "沁源县"
    assert names[-2:] == ["潞城区", "平顺县"]  # overdue before not yet due


def test_equal_counties_keep_their_places():
    same = [replace(county(0), code=code) for code in ("140431", "140403", "140428")]
    assert [r.code for r in county_progress.ranked(same)] == ["140403", "140428", "140431"]


def test_a_row_gives_fund_use_net_amount_rate_and_leverage():
    assert rows(counties())[0] == "1 沁源县 67.5% 80.99 66.7% 6.00"


def test_a_county_behind_its_time_says_so_in_shape_and_colour():
    found = county_progress.update([county(8, pace=Pace.BEHIND), BESIDE])["county-progress-rows"]["children"]
    assert "▼52.5%" in text(found)
    assert {"amber", "behind"} <= set(classes(found))


def test_leverage_below_the_floor_is_marked():
    low = county(2)
    low = replace(low, figures=replace(low.figures, direct_spend_fen=low.figures.redeemed_net_fen * 4))
    assert row(low).endswith("▼4.00")


def test_a_county_not_launched_shows_its_date_and_no_figure():
    waiting, overdue = county(5, pace=Pace.NOT_LAUNCHED), county(3, pace=Pace.OVERDUE)
    assert row(waiting) == "— 平顺县 ○ 未启动 11月3日 09:00 启动"
    assert row(overdue) == "— 潞城区 ▲ 逾期 应于 11月3日 09:00 启动"
    assert rows([waiting]) == ["— 平顺县 ○ 未启动 11月3日 09:00 启动"], "alone, too"


def test_a_county_on_its_own_wall_shows_its_figures_in_full():
    assert rows([county(8, pace=Pace.BEHIND)]) == [
        "资金使用 ▼52.5%", "时序进度 50.0%", "净核销 125.45 万元", "核销率 66.7%", "带动比 6.00", "市级券 5.97 万元",
    ]  # fmt: skip


def test_one_late_county_greys_its_own_row_only():
    values = county_progress.update([county(0), county(1, stamp=STALE)])
    late, fresh = values["county-progress-rows"]["children"]
    assert "stale" in late.className.split()
    assert text(late).startswith("迟 上党区")
    assert "stale" not in fresh.className.split()
    assert values["county-progress"]["className"] == "card"


def test_a_county_with_claims_but_no_redemption_has_a_rate_and_no_leverage():
    started = replace(county(0), figures=Figures(claimed_count=40))
    assert row(started) == "2 潞州区 0.0% 0.00 0.0% —"


def test_claims_without_any_word_of_redemptions_are_no_zero():
    """A platform that counts claims and tells redemptions the next day."""
    counted = replace(county(0), figures=Figures(claimed_count=40), stamp=replace(STAMP, data_time=None))
    assert row(counted) == "— 潞州区 — — — —"
    assert [fact.split()[1] for fact in rows([counted])][:1] == ["—"]


def test_the_map_counts_the_citys_vouchers_per_resident():
    assert county_map.per_resident(county(0)) == 1.2
    assert county_map.per_resident(county(5, pace=Pace.NOT_LAUNCHED)) is None
    assert county_map.per_resident(replace(county(0), stamp=replace(STAMP, data_time=None))) is None


def test_the_scale_ends_at_a_round_figure_above_every_county():
    assert county_map.scale_top(counties()) == 6.0
    assert county_map.scale_top(()) == 1.0


def test_every_colour_on_the_map_is_doubled_by_text():
    figure = county_map.update(city_map())["county-map-figure"]["figure"]
    words = [w for trace in figure["data"] if trace["mode"] == "text" for w in trace["text"]]
    assert "<b>沁源县</b><br>5.60" in words
    assert "<b>平顺县</b><br>未启动" in words
    assert "<b>潞城区</b><br>▲逾期" in words
    assert len(words) == 13  # twelve counties and the note


def test_a_county_without_figures_is_hatched_not_coloured_as_zero():
    figure = county_map.figure(city_map(), 6.0)
    hatched = [trace for trace in figure["data"] if "fillpattern" in trace]
    assert len(hatched) == 2
    empty = county_map.figure(CityMap(city_code="140400", geo=None, counties=()), 1.0)
    assert len([trace for trace in empty["data"] if "fillpattern" in trace]) == 12
