"""What the wall's readings take from the minutes and from the merchants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.measures import Figures
from domain.readings import Pace, Scope
from domain.records import Event, Grade, Kind
from domain.terms import business_day_start
from store.queries.flows import minutes_of_today, read_flows
from store.queries.ledger_cells import ledger_cells
from store.queries.progress import Money, money_rows
from store.writes.counters import save_counters
from store.writes.intake import report_feed
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event
from tests.store.test_counted import count

HOUR = timedelta(hours=1)
NOON = OPENING + 3 * HOUR
CITY = Scope(code="140400", name="city", is_city=True)
OWN = ("city", "luzhou", "shangdang")


def save(conn: Connection, campaign: Campaign, *told: Event, tranche: str = "T1") -> None:
    batch = tuple(replace(entry, tranche=tranche) for entry in entries(campaign, *told))
    save_batch(conn, batch, source="test", grade=Grade.FLASH, raw_sha256="0" * 64, now=NOON)


def used(campaign: Campaign, programme: str, no: int, merchant: str, **changes: Any) -> Event:
    return event(campaign, programme, Kind.REDEMPTION, no, merchant=merchant, **changes)


def test_a_merchant_counts_once_in_each_programme_and_once_in_all(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(
        conn,
        small_campaign,
        used(small_campaign, "city", 1, "chain", county="140403"),
        used(small_campaign, "city", 2, "chain", county="140404"),
        used(small_campaign, "city", 3, "corner"),
        used(small_campaign, "luzhou", 4, "chain"),
        used(small_campaign, "shangdang", 5, "chain"),
        used(small_campaign, "shangdang", 6, "market"),
        used(small_campaign, "city", 7, "returned"),
        event(small_campaign, "city", Kind.REFUND, 7, merchant="returned"),
    )
    save(conn, small_campaign, used(small_campaign, "luzhou", 8, "of another tranche"), tranche="T2")
    flows = read_flows(conn, small_campaign)
    assert [flows.merchants_of([p]) for p in OWN] == [2, 1, 2]
    assert flows.merchants_of(OWN) == 3
    assert flows.merchants_of([]) == 0


def test_a_ledger_with_nothing_in_it_has_no_merchants_and_no_minutes(
    conn: Connection, small_campaign: Campaign
) -> None:
    flows = read_flows(conn, small_campaign)
    assert (flows.merchants_of(OWN), flows.merchants_of(["city"])) == (0, 0)
    assert minutes_of_today(conn, small_campaign, OWN, now=NOON, kept=frozenset()) == ((), (), (), ())
    headline = Money(conn, small_campaign, CITY, now=NOON, late={}).headline()
    assert headline.redeemed_today_fen is None, "nobody has told of today"


def test_a_day_nobody_has_told_of_is_not_compared(conn: Connection, small_campaign: Campaign) -> None:
    """Nor is a programme that has not told of it, with those that have."""
    save(conn, small_campaign, *(used(small_campaign, p, n, "corner") for n, p in enumerate(OWN)))
    today = business_day_start(NOON) + timedelta(days=1)
    city, luzhou, shangdang = (used(small_campaign, p, 0, "").face_fen for p in OWN)
    now = today + timedelta(hours=18)

    def shown() -> tuple[int | None, int | None]:
        head = Money(conn, small_campaign, CITY, now=now, late={}).headline()
        return head.redeemed_today_fen, head.redeemed_yesterday_fen

    report_feed(conn, programmes=set(OWN), source="files", data_time=today, grade=Grade.DAILY)
    assert shown() == (None, None)
    save(conn, small_campaign, used(small_campaign, "city", 9, "corner", occurred_at=today + HOUR))
    assert shown() == (city, city), "of the city's own, which alone has moved"
    report_feed(conn, programmes={"luzhou"}, source="files", data_time=today + 10 * HOUR, grade=Grade.DAILY)
    assert shown() == (city, city + luzhou)
    report_feed(conn, programmes=set(OWN), source="files", data_time=today + 10 * HOUR, grade=Grade.DAILY)
    assert shown() == (city, city + luzhou + shangdang)


def test_the_curve_has_every_minute_up_to_the_data_and_the_headline_none_that_has_only_begun(
    conn: Connection, small_campaign: Campaign
) -> None:
    told = [event(small_campaign, "city", Kind.CLAIM, n) for n in (1, 4)]
    told += [used(small_campaign, "luzhou", n, "corner") for n in (4, 6)]
    save(conn, small_campaign, *told)
    now = OPENING + timedelta(minutes=6)
    report_feed(conn, programmes=set(OWN), source="test", data_time=now, grade=Grade.FLASH)
    money = Money(conn, small_campaign, CITY, now=now, late={})
    curve = money.curve()
    assert curve.minutes == tuple(OPENING + timedelta(minutes=n) for n in range(1, 7))
    assert curve.claimed == (1, 0, 0, 1, 0, 0)
    assert curve.redeemed == (0, 0, 0, 1, 0, 1)
    assert money.headline().redeemed_today_fen == told[-1].face_fen


@pytest.mark.parametrize("counted", [0, 9])
def test_a_tranche_read_alone_has_the_figures_it_has_among_all(
    conn: Connection, small_campaign: Campaign, counted: int
) -> None:
    """Claims of its own programme under another tranche are no figure of it, and still stand in its count's place."""
    told = [event(small_campaign, "city", Kind.CLAIM, n) for n in range(6)]
    save(conn, small_campaign, *told[:4])
    save(conn, small_campaign, *told[4:], tranche="T2")
    if counted:
        owner = small_campaign.programme[0]
        save_counters(conn, [count(small_campaign, owner, counted, NOON)], now=NOON)
    every = ledger_cells(conn, with_day=False, known_by=None)
    alone = money_rows(conn, small_campaign, now=NOON)
    assert alone == money_rows(conn, small_campaign, now=NOON, cells=every)
    claimed = Figures.total(row.figures for row in alone).claimed_count
    assert claimed == (4 + counted - 6 if counted else 4)


def test_a_programme_whose_platform_tells_of_redemptions_alone_has_begun(
    conn: Connection, small_campaign: Campaign
) -> None:
    """As the alert of what has not begun has it (P1); by then it has hardly used a tenth of its time."""
    save(conn, small_campaign, used(small_campaign, "luzhou", 1, "corner"))
    money = Money(conn, small_campaign, CITY, now=OPENING + timedelta(days=3), late={})
    assert {p.name: p.pace for p in money.counties()} == {"潞州区": Pace.ON_PACE, "上党区": Pace.NOT_LAUNCHED}
    later = Money(conn, small_campaign, CITY, now=OPENING + timedelta(days=4), late={})
    assert {p.name: p.pace for p in later.counties()} == {"潞州区": Pace.BEHIND, "上党区": Pace.OVERDUE}
