"""A day is 日结 by its own file: a missing one leaves a hole that no later file fills, until it comes after all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.records import Grade, Kind
from domain.statements import Metric
from store.queries.counted import Lot
from tests.store.events import OPENING, event
from tests.store.stated_day import DAY, MIDNIGHT, USES, feed, file, poll, run, save, state
from tests.store.test_day_grades import grades

ONE = timedelta(days=1)
HOUR = timedelta(hours=1)
DAYS = tuple(DAY + n * ONE for n in range(3))
END = DAYS[-1] + ONE
SETTLED = END + 2 * ONE


@pytest.fixture
def three_days(played: Connection, small_campaign: Campaign) -> Connection:
    """The first day, and a redemption of the second and the third; its feed says it is past all of them."""
    for n, day in enumerate(DAYS[1:]):
        at = day + 10 * HOUR
        save(
            played,
            small_campaign,
            event(small_campaign, "city", Kind.REDEMPTION, USES + 1 + n, occurred_at=at),
        )
    feed(played, END)
    return played


def of(conn: Connection, campaign: Campaign, now: datetime, **as_of: datetime) -> list[Grade | None]:
    """Of the three days."""
    found = grades(conn, campaign, now, **as_of)
    return [found[day] for day in DAYS]


def test_a_day_whose_file_is_missing_is_flash_until_it_comes_and_was_so_as_of_then(
    three_days: Connection, small_campaign: Campaign
) -> None:
    first, _, last = DAYS
    file(three_days, first, first + ONE)
    file(three_days, last, END)
    run(three_days, small_campaign, END)
    told = [Grade.DAILY, Grade.FLASH, Grade.DAILY]
    assert of(three_days, small_campaign, END) == told
    before = grades(three_days, small_campaign, END, known_by=END)
    file(three_days, first + ONE, last)
    run(three_days, small_campaign, END + HOUR)
    assert of(three_days, small_campaign, END + HOUR) == [Grade.DAILY] * 3
    assert grades(three_days, small_campaign, END + HOUR, known_by=END) == before


def test_files_of_hours_make_a_day_once_none_is_missing(
    three_days: Connection, small_campaign: Campaign
) -> None:
    hours = [DAYS[1] + n * HOUR for n in range(24)]
    for hour in hours[:13] + hours[14:]:
        file(three_days, hour, hour + HOUR)
    run(three_days, small_campaign, END)
    assert of(three_days, small_campaign, END)[1] is Grade.FLASH
    file(three_days, hours[13], hours[14], source="by hand")  # any feed may tell it
    run(three_days, small_campaign, END + HOUR)
    assert of(three_days, small_campaign, END + HOUR) == [Grade.FLASH, Grade.DAILY, Grade.FLASH]


def test_on_the_first_day_nobody_tells_of_the_hours_before_the_launch(
    three_days: Connection, small_campaign: Campaign
) -> None:
    file(three_days, OPENING + HOUR, MIDNIGHT)
    run(three_days, small_campaign, END)
    assert of(three_days, small_campaign, END)[0] is Grade.FLASH
    file(three_days, OPENING, OPENING + HOUR)
    run(three_days, small_campaign, END + HOUR)
    assert of(three_days, small_campaign, END + HOUR)[0] is Grade.DAILY


def test_a_day_whose_claims_alone_are_counted_is_final_only_with_its_file(
    three_days: Connection, small_campaign: Campaign
) -> None:
    """UnionPay's case: its counters know nothing of redemptions."""
    first, middle, last = DAYS
    file(three_days, first, middle)
    file(three_days, last, END)
    for lot, claimed, _ in lots(small_campaign):
        count(three_days, small_campaign, Kind.CLAIM, lot, claimed)
    run(three_days, small_campaign, SETTLED)
    assert of(three_days, small_campaign, SETTLED) == [Grade.FINAL, Grade.FLASH, Grade.FINAL]
    file(three_days, middle, last)
    run(three_days, small_campaign, SETTLED + HOUR)
    assert of(three_days, small_campaign, SETTLED + HOUR) == [Grade.FINAL] * 3


def test_a_stated_total_of_claims_makes_no_day_final(
    three_days: Connection, small_campaign: Campaign
) -> None:
    middle = DAYS[1]
    state(three_days, small_campaign, Metric.CLAIMED, 0, 0, day=middle, stated_at=END)
    run(three_days, small_campaign, SETTLED)
    assert of(three_days, small_campaign, SETTLED)[1] is Grade.DAILY
    state(three_days, small_campaign, Metric.REDEEMED_GROSS, 1, None, day=middle, stated_at=END)
    run(three_days, small_campaign, SETTLED + HOUR)
    assert of(three_days, small_campaign, SETTLED + HOUR)[1] is Grade.FINAL


def test_counters_that_agree_are_no_file(three_days: Connection, small_campaign: Campaign) -> None:
    """They reconcile, and so make a day final in its time; until then it is as it was heard."""
    for lot, _, used in lots(small_campaign):
        count(three_days, small_campaign, Kind.REDEMPTION, lot, used)
    run(three_days, small_campaign, END + 2 * HOUR)
    assert of(three_days, small_campaign, END + 2 * HOUR) == [Grade.FINAL, Grade.FINAL, Grade.FLASH]


def test_the_totals_of_all_lots_that_have_ended_stand_for_files(
    three_days: Connection, small_campaign: Campaign
) -> None:
    """WeChat Pay's case: one file of a stock, after its end."""
    (first, _, used), *others = lots(small_campaign)
    for lot, _, _ in others:
        ended(three_days, small_campaign, lot, 0)
    run(three_days, small_campaign, END)
    assert of(three_days, small_campaign, END) == [Grade.FLASH] * 3
    ended(three_days, small_campaign, first, used)
    run(three_days, small_campaign, END + HOUR)
    assert of(three_days, small_campaign, END + HOUR) == [Grade.FINAL, Grade.FINAL, Grade.DAILY]


def lots(campaign: Campaign) -> list[tuple[Lot, int, int]]:
    """Every lot on sale with what the ledger has of it: claims and redemptions. All are of the first one."""
    found = [Lot("city", line.template, r.no) for r, line in campaign.issued("city", END)]
    return [(lot, 0 if n else 5, 0 if n else USES + 2) for n, lot in enumerate(found)]


def count(conn: Connection, campaign: Campaign, kind: Kind, lot: Lot, value: int) -> None:
    """A counter that stands still around the midnight at which it is compared."""
    for at in (END - 2 * timedelta(minutes=1), END + 2 * timedelta(minutes=1)):
        poll(conn, campaign, kind, value, at, lot)


def ended(conn: Connection, campaign: Campaign, lot: Lot, used: int) -> None:
    named = {"template": lot.template, "round_no": lot.round_no}
    state(conn, campaign, Metric.REDEEMED_GROSS, used, None, day=None, stated_at=END, **named)
