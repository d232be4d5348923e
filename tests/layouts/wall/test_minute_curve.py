"""A rush does not flatten the day: the axis is cut and the peak written at the cut."""

from dataclasses import replace
from datetime import timedelta

import pytest

from layouts.axis import axis_cap, nice
from layouts.wall.minute_curve import figure
from tests.layouts.readings import NOW, curve


def words(of: object) -> list[str]:
    return [a["text"] for a in figure(of)["layout"]["annotations"]]


def test_a_rush_is_cut_and_its_peak_written():
    cut = figure(curve())
    assert cut["layout"]["yaxis"]["range"] == [0, 80]
    assert "▲ 领取峰值 <b>950</b> 张/分 09:00" in words(curve())


def test_a_calm_day_is_shown_whole():
    calm = curve(rush=40)
    assert figure(calm)["layout"]["yaxis"]["range"][1] >= 40
    assert not [w for w in words(calm) if "峰值" in w]


def test_rounds_that_open_together_are_one_mark():
    assert "09:00 发放 3 项" in words(curve())
    assert len(figure(curve())["layout"]["shapes"]) == 1


def test_a_release_outside_the_hours_shown_has_no_mark():
    early = replace(curve().releases[0], opens_at=NOW.replace(hour=3))
    assert figure(replace(curve(), releases=(early,)))["layout"]["shapes"] == []


def test_times_are_shanghais_whatever_the_screens_zone():
    axis = figure(curve())["layout"]["xaxis"]
    assert axis["range"][0] == "2022-11-01 07:00:00"
    assert axis["ticktext"][0] == "08:00"


def test_a_young_day_leaves_room_to_grow():
    young = curve()
    young = replace(young, minutes=young.minutes[:5], claimed=young.claimed[:5], redeemed=young.redeemed[:5])
    first, last = figure(young)["layout"]["xaxis"]["range"]
    assert (first, last) == ("2022-11-01 07:00:00", "2022-11-01 09:00:00")


def test_one_minute_is_enough_to_draw():
    one = curve()
    one = replace(one, minutes=one.minutes[:1], claimed=(0,), redeemed=(0,))
    assert figure(one)["layout"]["yaxis"]["range"] == [0, 10]


@pytest.mark.parametrize(("value", "top"), [(0, 10), (11, 12), (85, 100), (101, 120), (954, 1000)])
def test_the_axis_ends_at_a_round_figure(value: float, top: int):
    assert nice(value) == top


def test_the_cap_holds_every_minute_of_a_steady_day():
    assert axis_cap([30] * 100, [20] * 100) >= 30


def test_a_release_at_the_very_start_takes_the_place_of_the_unit():
    start = replace(curve().releases[0], opens_at=curve().minutes[0] + timedelta(minutes=1))
    assert "张/分" in words(curve())
    assert "张/分" not in words(replace(curve(), releases=(start,)))
