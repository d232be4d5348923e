"""What stands behind a figure nobody knows: not a zero, but whose data are waited for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from briefing.draft import Question
from briefing.evidence import Readings
from briefing.evidence_week import week_parts
from briefing.week import DIFFERENCE, Week, Weeks
from domain.campaign import Campaign
from domain.measures import Figures
from domain.papers import PaperKind
from domain.records import Kind
from tests.briefing.test_doubt import CITY
from tests.store.events import OPENING, event
from tests.store.judged import save

AS_OF = OPENING + timedelta(days=9)


@pytest.fixture
def readings(conn: Connection, small_campaign: Campaign) -> Readings:
    """The city told all, 潞州区 its claims alone, 上党区 nothing, though its vouchers are out."""
    used = [event(small_campaign, "city", kind, 1) for kind in (Kind.CLAIM, Kind.REDEMPTION)]
    save(conn, small_campaign, *used, event(small_campaign, "luzhou", Kind.CLAIM, 1))
    asked = Question(
        conn=conn, campaign=small_campaign, configured=(), scope=CITY, as_of=AS_OF, known_by=AS_OF
    )
    return Readings(asked, PaperKind.DAILY)


@pytest.mark.parametrize(
    "key",
    [
        "counties/上党区/领取（张）",
        "counties/潞州区/净核销（万元）",
        "counties/潞州区/使用率",
        "funds/上党区/结余（万元）",
    ],
)
def test_an_unknown_figure_is_made_of_nothing_known(key: str, readings: Readings) -> None:
    found = readings.evidence(key)
    assert found is not None
    assert (found.figure.cell, found.terms) == (None, None)
    assert [part.above.cell for part in found.parts] == [None]


def test_of_a_sum_the_parts_that_nobody_told_are_unknown(readings: Readings) -> None:
    parts = {}
    for column in ("领取（张）", "净核销（张）", "分配（万元）"):
        found = readings.evidence(f"counties/合计/{column}")
        assert found is not None
        parts[column] = {part.programme: part.above.cell for part in found.parts}
    assert parts["领取（张）"] == {"长治市本级": 1, "潞州区": 1, "上党区": None}
    assert parts["净核销（张）"] == {"长治市本级": 1, "潞州区": None, "上党区": None}
    assert None not in parts["分配（万元）"].values()


def test_a_difference_of_two_weeks_is_no_sum_of_unknown_parts(
    now: datetime, small_campaign: Campaign
) -> None:
    week = Week(monday=now, days=(Figures(claimed_count=3),))
    by = {"city": week}
    weeks = Weeks(this=week, last=week, this_by=by, last_by=by, number=2, full_days=1, in_both=(week, week))
    assert week_parts(("weeks", DIFFERENCE, "领取（张）"), weeks, small_campaign) == ()
    (part,) = week_parts(("weeks", "上周前1日", "领取（张）"), weeks, small_campaign)
    assert part.above.cell == 3
