"""A day's grade: flash, daily, final; held back by what is open, and final no more when a late event changes it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.records import Grade, Kind
from domain.statements import Cause, Metric
from domain.terms import business_day_start
from store.queries.counted import Lot
from store.queries.totals import totals
from store.writes.intake import RunRecord, record_run
from tests.store.events import OPENING, event
from tests.store.stated_day import (
    DAY,
    EVENING,
    MIDNIGHT,
    MORNING,
    NIGHT,
    USES,
    close,
    feed,
    poll,
    run,
    save,
    state,
    state_all,
)


def grades(
    conn: Connection, campaign: Campaign, now: datetime, **as_of: datetime
) -> dict[datetime, Grade | None]:
    rows = totals(conn, campaign, by=("programme", "day"), now=now, **as_of)
    return {row.key[1]: row.grade for row in rows if row.key[0] == "city"}


def undated(conn: Connection, campaign: Campaign, now: datetime) -> Grade | None:
    rows = totals(conn, campaign, by=("programme",), now=now)
    return next(row.grade for row in rows if row.key == ("city",))


def test_a_day_is_flash_then_daily_then_final(played: Connection, small_campaign: Campaign) -> None:
    seen = []
    for now, prepare in (
        (OPENING + timedelta(hours=3), lambda: None),
        (MORNING, lambda: None),
        (MORNING + timedelta(hours=1), lambda: feed(played, MORNING, daily=MIDNIGHT)),
        (MORNING + timedelta(hours=2), lambda: state_all(played, small_campaign)),
        (MIDNIGHT + small_campaign.final_after, lambda: None),
    ):
        prepare()
        run(played, small_campaign, now)
        seen.append(grades(played, small_campaign, now)[DAY])
    assert seen == [Grade.FLASH, Grade.FLASH, Grade.DAILY, Grade.DAILY, Grade.FINAL]


def test_what_spans_days_is_as_weak_as_the_weakest_and_today_is_flash(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign)
    settled = MIDNIGHT + small_campaign.final_after
    run(played, small_campaign, settled)
    assert grades(played, small_campaign, settled)[DAY] is Grade.FINAL
    assert undated(played, small_campaign, settled) is Grade.FLASH


def test_after_the_last_day_of_use_everything_can_be_final(
    played: Connection, small_campaign: Campaign
) -> None:
    end = small_campaign.last_use("city") + timedelta(days=5)
    day = DAY
    feed(played, end)
    while day < end:
        if day != DAY:
            for metric in Metric:
                state(played, small_campaign, metric, 0, 0, day=day, stated_at=day + timedelta(days=1))
        day += timedelta(days=1)
    run(played, small_campaign, end)
    assert undated(played, small_campaign, end) is Grade.FLASH  # the first day is still without a word
    state_all(played, small_campaign)
    run(played, small_campaign, end + timedelta(minutes=1))
    assert undated(played, small_campaign, end + timedelta(minutes=1)) is Grade.FINAL


def test_an_open_difference_holds_a_day_back_until_a_person_explains_it(
    played: Connection, small_campaign: Campaign
) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign, settled)
    assert grades(played, small_campaign, settled)[DAY] is Grade.DAILY
    close(played, Cause.GAP_ACCEPTED)
    run(played, small_campaign, settled + timedelta(minutes=1))
    assert grades(played, small_campaign, settled + timedelta(minutes=1))[DAY] is Grade.FINAL


def test_a_final_day_that_a_late_event_changes_is_final_no_more_but_was_as_of_then(
    played: Connection, small_campaign: Campaign
) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    state_all(played, small_campaign)
    read_at = {"started_at": MORNING, "finished_at": MORNING, "data_time": MORNING, "grade": Grade.FLASH}
    record_run(played, RunRecord(source="pay", outcome="ok", **read_at))
    run(played, small_campaign, settled)
    later = settled + timedelta(hours=1)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 9), now=later)
    run(played, small_campaign, later)
    assert grades(played, small_campaign, later)[DAY] is Grade.DAILY
    assert grades(played, small_campaign, later, known_by=settled)[DAY] is Grade.FINAL


def test_a_day_that_still_waits_for_its_feed_is_not_final(conn: Connection, small_campaign: Campaign) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    feed(conn, OPENING)
    state(conn, small_campaign, Metric.CLAIMED, 0, 0)
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    run(conn, small_campaign, settled)
    assert grades(conn, small_campaign, settled)[DAY] is Grade.DAILY


def test_days_without_a_word_from_the_platform_are_never_final(
    played: Connection, small_campaign: Campaign
) -> None:
    late = MIDNIGHT + timedelta(days=20)
    feed(played, late, daily=late)
    run(played, small_campaign, late)
    assert grades(played, small_campaign, late)[DAY] is Grade.DAILY


def test_counters_of_every_lot_can_make_a_day_final(played: Connection, small_campaign: Campaign) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    feed(played, settled, daily=settled)
    first, *others = [Lot("city", line.template, r.no) for r, line in small_campaign.issued("city", MIDNIGHT)]
    for lot in others:
        polled(played, small_campaign, lot, 0)
    run(played, small_campaign, settled)
    assert grades(played, small_campaign, settled)[DAY] is Grade.DAILY
    polled(played, small_campaign, first, USES)
    run(played, small_campaign, settled + timedelta(minutes=1))
    assert grades(played, small_campaign, settled + timedelta(minutes=1))[DAY] is Grade.FINAL


def test_a_day_stays_final_when_the_polls_end(played: Connection, small_campaign: Campaign) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    for r, line in small_campaign.issued("city", MIDNIGHT):
        first = (line.template, r.no) == (small_campaign.rounds["city", 1].lines[0].template, 1)
        polled(played, small_campaign, Lot("city", line.template, r.no), USES if first else 0)
    for now in (settled, settled + timedelta(days=10)):
        feed(played, now, daily=now)
        run(played, small_campaign, now)
        assert grades(played, small_campaign, now)[DAY] is Grade.FINAL


@pytest.mark.parametrize(("last_day", "grade"), [(6, Grade.FINAL), (5, Grade.DAILY)])
def test_a_round_that_is_over_need_not_be_counted_any_more(
    conn: Connection, small_campaign: Campaign, last_day: int, grade: Grade
) -> None:
    """The first one is good up to 6 November, the second opens on the 7th; up to then the first one must be counted."""
    second = small_campaign.rounds["city", 2]
    today = business_day_start(second.opens_at)
    ended, settled = (
        today - timedelta(days=6 - last_day),
        today + timedelta(days=1) + small_campaign.final_after,
    )
    for r in (small_campaign.rounds["city", 1], second):
        midnight = ended if r.no == 1 else today + timedelta(days=1)
        for line in r.lines:
            for at in (midnight - timedelta(minutes=2), midnight + timedelta(minutes=2)):
                poll(conn, small_campaign, Kind.REDEMPTION, 0, at, Lot("city", line.template, r.no))
    feed(conn, settled, daily=settled)
    run(conn, small_campaign, settled)
    assert grades(conn, small_campaign, settled)[today] is grade


@pytest.mark.parametrize("before", [None, OPENING])
def test_polls_far_from_the_midnight_make_no_day_final(
    conn: Connection, small_campaign: Campaign, before: datetime | None
) -> None:
    """One of five thousand redemptions is told: a first poll next morning, or an outage over night, agrees with it."""
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    settled = MIDNIGHT + small_campaign.final_after
    feed(conn, settled)
    for r, line in small_campaign.issued("city", MIDNIGHT):
        lot = Lot("city", line.template, r.no)
        if before is not None:
            poll(conn, small_campaign, Kind.REDEMPTION, 0, before, lot)
        poll(conn, small_campaign, Kind.REDEMPTION, 5000, MIDNIGHT + timedelta(hours=9), lot)
    run(conn, small_campaign, settled)
    assert grades(conn, small_campaign, settled)[DAY] is not Grade.FINAL


def polled(conn: Connection, campaign: Campaign, lot: Lot, value: int) -> None:
    for at in (EVENING, NIGHT, NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)):
        poll(conn, campaign, Kind.REDEMPTION, value, at, lot)
