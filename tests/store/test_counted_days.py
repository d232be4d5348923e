"""Platforms' counters against the ledger at midnight: to the voucher, and no nearer than their polls tell."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.records import Kind
from domain.statements import Cause, Metric
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.queries.unsettled import unsettled
from tests.store.events import event
from tests.store.stated_day import (
    DAY,
    EVENING,
    FACE,
    MIDNIGHT,
    MORNING,
    NIGHT,
    USES,
    feed,
    only,
    poll,
    run,
    save,
    state,
    state_all,
)


@pytest.mark.parametrize(("counted", "difference"), [(USES, None), (USES + 1, 1), (USES - 1, -1), (0, -USES)])
def test_a_counter_is_held_against_the_ledger_at_midnight_to_the_voucher(
    played: Connection, small_campaign: Campaign, counted: int, difference: int | None
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, counted, EVENING)
    poll(played, small_campaign, Kind.REDEMPTION, counted, NIGHT)
    poll(played, small_campaign, Kind.REDEMPTION, counted + 50, NIGHT + timedelta(minutes=30))
    run(played, small_campaign)
    assert [d.difference.count for d in open_discrepancies(played)] == (
        [] if difference is None else [difference]
    )


def test_what_happens_around_midnight_may_be_on_either_side(
    played: Connection, small_campaign: Campaign
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, USES - 1, EVENING)
    poll(played, small_campaign, Kind.REDEMPTION, USES + 1, NIGHT)
    assert run(played, small_campaign).opened == 0


@pytest.mark.parametrize(("seconds", "ahead"), [(-30, 1), (0, 1), (0, -1), (30, -1)])
def test_a_platform_whose_clock_is_a_little_off_at_midnight_is_no_difference(
    played: Connection, small_campaign: Campaign, seconds: int, ahead: int
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, min(USES, USES + ahead), EVENING)
    poll(played, small_campaign, Kind.REDEMPTION, USES + ahead, MIDNIGHT + timedelta(seconds=seconds))
    poll(played, small_campaign, Kind.REDEMPTION, max(USES, USES + ahead), NIGHT)
    assert run(played, small_campaign).opened == 0


def test_a_midnight_that_no_poll_has_followed_decides_nothing(
    played: Connection, small_campaign: Campaign
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, USES + 9, EVENING)
    assert run(played, small_campaign).opened == 0


@pytest.mark.parametrize(
    ("before", "after", "opened"),
    [
        (EVENING - timedelta(hours=9), NIGHT, 0),
        (EVENING, NIGHT + timedelta(hours=9), 0),
        (MIDNIGHT - timedelta(seconds=300), MIDNIGHT + timedelta(seconds=300), 1),
        (MIDNIGHT - timedelta(seconds=301), MIDNIGHT + timedelta(seconds=300), 0),
        (MIDNIGHT - timedelta(seconds=300), MIDNIGHT + timedelta(seconds=301), 0),
    ],
)
def test_polls_that_are_not_near_a_midnight_decide_nothing_of_it(
    played: Connection,
    small_campaign: Campaign,
    before: datetime,
    after: datetime,
    opened: int,
) -> None:
    """Near: no further than the platform's feed may be late. Beyond that, anything lies between the two."""
    poll(played, small_campaign, Kind.REDEMPTION, USES + 1, before)
    poll(played, small_campaign, Kind.REDEMPTION, USES + 5, after)
    run(played, small_campaign, MORNING + timedelta(hours=12))
    assert len(open_discrepancies(played)) == opened


def test_a_counter_that_stood_still_all_day_tells_of_the_midnight_between(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING - timedelta(hours=9), NIGHT + timedelta(hours=9)):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    assert run(played, small_campaign, MORNING + timedelta(hours=12)).opened == 1


def test_a_difference_closes_when_the_missing_event_comes_long_after_the_last_poll(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    run(played, small_campaign)
    later = MORNING + timedelta(days=3)
    save(played, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, USES + 1), now=later)
    feed(played, later)
    assert run(played, small_campaign, later).closed == 1
    (closed,) = closed_discrepancies(played, since=DAY)
    assert closed.cause is Cause.ARRIVED_LATE


def test_a_night_without_polls_leaves_the_last_one_that_had_them(
    played: Connection, small_campaign: Campaign
) -> None:
    """Two counters of a lot: the outage of one, over two nights, decides which midnight is compared for both."""
    outage = MIDNIGHT + timedelta(days=2, hours=9)
    for at in (EVENING, NIGHT, outage):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1 + 50 * (at == outage), at)
    for at in (EVENING, outage):
        poll(played, small_campaign, Kind.REDEMPTION, 0, at, sub_project="SP-CITY-C")
    feed(played, outage)
    run(played, small_campaign, outage)
    assert only(played).theirs.count == USES + 1


def test_counters_give_way_to_what_is_stated_of_the_day(played: Connection, small_campaign: Campaign) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    state_all(played, small_campaign, redeemed_gross_count=1, redeemed_gross_fen=FACE)
    assert run(played, small_campaign).opened == 1


def test_a_counters_difference_is_none_once_the_platform_states_that_total(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    run(played, small_campaign)
    assert only(played).subject.template is not None
    state_all(played, small_campaign)
    assert run(played, small_campaign).closed == 1
    (closed,) = closed_discrepancies(played, since=DAY)
    assert (closed.cause, closed.closed_by) == (Cause.RESTATED, None)
    assert not run(played, small_campaign).visible


def test_a_counters_difference_stays_until_every_day_of_it_is_stated(
    played: Connection, small_campaign: Campaign
) -> None:
    """Three days of it; the platform states them from the last on, the first one last."""
    days = [DAY + timedelta(days=n) for n in range(3)]
    for at in (EVENING, *(NIGHT + timedelta(days=n) for n in range(3))):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    now = MORNING + timedelta(days=2)
    feed(played, now)
    run(played, small_campaign, now)
    before = only(played)
    for day in reversed(days):
        assert only(played) == before
        uses = USES if day == DAY else 0
        state(played, small_campaign, Metric.REDEEMED_GROSS, uses, uses * FACE, day=day, stated_at=now)
        run(played, small_campaign, now)
        assert list(unsettled(played, small_campaign, reconciled_at=now)) == []
    assert open_discrepancies(played) == ()
    (closed,) = closed_discrepancies(played, since=DAY)
    assert closed.cause is Cause.RESTATED


def test_a_counters_difference_is_none_once_its_lot_is_stated_and_no_other(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    run(played, small_campaign)
    own, other = (
        {"template": line.template, "round_no": r.no}
        for r, line in list(small_campaign.issued("city", MIDNIGHT))[:2]
    )
    state(played, small_campaign, Metric.REDEEMED_GROSS, 0, 0, day=None, **other)
    run(played, small_campaign)
    assert only(played).subject.template == own["template"]
    state(played, small_campaign, Metric.REDEEMED_GROSS, USES, USES * FACE, day=None, **own)
    run(played, small_campaign)
    assert open_discrepancies(played) == ()


def test_a_counter_that_was_not_polled_at_its_midnight_yet_closes_nothing(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    run(played, small_campaign)
    before = only(played)
    feed(played, MORNING + timedelta(days=1))
    run(played, small_campaign, MORNING + timedelta(days=1))
    assert only(played) == before


def test_claims_that_no_event_ever_tells_are_no_difference(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    feed(conn, MORNING)
    for at in (EVENING, NIGHT):
        poll(conn, small_campaign, Kind.CLAIM, 40, at)
    assert run(conn, small_campaign).opened == 0
    feed(conn, MORNING, daily=MIDNIGHT)  # a platform that sends files of the day tells its claims in them
    run(conn, small_campaign)
    assert only(conn).difference.count == 40
