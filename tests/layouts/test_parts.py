"""Stamps, widths and bars: what every panel is made of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.records import Grade
from layouts.parts import bar, data_clock, ems, fit, joined, stamp_line
from tests.layouts.readings import LATE, NOTHING, NOW, STALE, STAMP, text


def test_a_stamp_gives_data_time_and_grade():
    assert text(stamp_line(STAMP, room=12)) == "数据截至 14:31 快报"


def test_a_stamp_without_data_says_so():
    assert text(stamp_line(NOTHING, room=12)) == "暂无数据"


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (20, f"▲ {LATE}迟到 截至 12:32 快报"),
        (14, "▲ 1 路迟到 截至 12:32 快报"),
        (11, "▲ 1 路迟到 12:32 快报"),
        (6, "▲迟到 12:32 快报"),
    ],
)
def test_a_late_feed_is_named_where_there_is_room_for_it(room: float, words: str):
    assert text(stamp_line(STALE, room=room)) == words


@pytest.mark.parametrize(("hours", "words"), [(1, "13:32"), (15, "昨日 23:32"), (72, "10月29日")])
def test_a_data_time_of_another_day_says_which(hours: int, words: str):
    assert data_clock(replace(STAMP, data_time=NOW - timedelta(hours=hours))) == words


def test_the_stamp_of_many_rows_is_as_bad_as_the_worst_of_them():
    whole = joined([replace(STAMP, grade=Grade.FINAL), STALE, replace(NOTHING, late=("甲", LATE))])
    assert whole == replace(STALE, late=(LATE, "甲"))
    assert joined([]) is None


def test_text_is_cut_before_the_browser_has_to():
    assert fit("部分商户反映核销到账延迟", width=12) == "部分商户反映核销到账延迟"
    cut = fit("部分商户反映，核销到账延迟", width=7.5)
    assert cut == "部分商户反映…"
    assert ems(cut) <= 7.5


@pytest.mark.parametrize(("share", "width"), [(0.635, "63.5%"), (1.4, "100.0%"), (-0.2, "0.0%")])
def test_a_bar_stays_in_its_track(share: float, width: str):
    (fill,) = bar(share, tone="cyan").children
    assert fill.style == {"width": width}


def test_an_unknown_share_draws_no_bar():
    assert bar(None, tone="cyan").children == []
