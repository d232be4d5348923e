"""The city's minutes: whatever comes, and however it comes, they are the programmes' minutes added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from domain.campaign import Campaign
from domain.readings import MinuteCurve, Scope
from domain.records import Entry, Event, Grade, Kind
from domain.terms import business_day_start
from store.queries.progress import Money
from store.queries.verify import verify
from store.schema import tranche_days, tranche_minutes
from store.writes.intake import report_feed
from store.writes.ledger import save_batch
from store.writes.rebuild import rebuild_rollups
from store.writes.tranche_minutes import MOST_MINUTES
from tests.store.events import OPENING, entries, event

CITY = Scope(code="140400", name="city", is_city=True)
OWN = ("city", "luzhou", "shangdang")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TOMORROW = OPENING + DAY + timedelta(hours=2)


def save(conn: Connection, batch: tuple[Entry, ...], no: int = 0) -> None:
    save_batch(conn, batch, source="test", grade=Grade.FLASH, raw_sha256=f"{no:064}", now=OPENING)


def happened(campaign: Campaign) -> list[Event]:
    """Of three programmes on two days: claims, redemptions, refunds, corrected and taken back."""
    told = [event(campaign, OWN[n % 3], Kind.CLAIM, n) for n in range(40)]
    told += [event(campaign, OWN[n % 3], Kind.REDEMPTION, n) for n in range(0, 40, 2)]
    told += [event(campaign, OWN[n % 3], Kind.REFUND, n) for n in range(0, 40, 8)]
    told += [replace(e, event_no=f"{e.event_no}-2", occurred_at=e.occurred_at + DAY) for e in told[30:60]]
    told += [
        replace(told[1], revision=1, occurred_at=OPENING + 70 * MINUTE),
        replace(told[50], revision=1, cancelled=True),
    ]
    return told


def is_kept(conn: Connection) -> list[bool]:
    return list(
        conn.scalars(select(tranche_days.c.is_kept).order_by(tranche_days.c.tranche, tranche_days.c.day))
    )


def drawn(conn: Connection, campaign: Campaign, scope: Scope = CITY) -> tuple[MinuteCurve, int, int | None]:
    report_feed(conn, programmes=set(OWN), source="test", data_time=TOMORROW, grade=Grade.FLASH)
    money = Money(conn, campaign, scope, now=TOMORROW, late={})
    headline = money.headline()
    return money.curve(), headline.redeemed_today_fen, headline.redeemed_yesterday_fen


def by_programme(conn: Connection, campaign: Campaign) -> tuple[MinuteCurve, int, int | None]:
    """The same read from the programmes' minutes."""
    conn.execute(update(tranche_days).values(is_kept=False))
    conn.execute(delete(tranche_minutes))
    return drawn(conn, campaign)


@pytest.mark.parametrize("seed", [1, 2])
def test_in_any_order_and_in_any_parts_the_city_sees_the_sum_of_its_programmes(
    conn: Connection, small_campaign: Campaign, seed: int
) -> None:
    rng, told = Random(seed), happened(small_campaign)
    rng.shuffle(told)
    told += rng.sample(told, 10)  # redelivered
    for no, start in enumerate(range(0, len(told), 17)):
        save(conn, entries(small_campaign, *told[start : start + 17]), no)
    assert is_kept(conn) == [True, True]
    assert verify(conn, small_campaign) == []
    city = drawn(conn, small_campaign)
    assert city[1] > 0
    assert city[2]
    assert city == by_programme(conn, small_campaign)


def test_another_tranche_moves_none_of_its_figures(conn: Connection, small_campaign: Campaign) -> None:
    ours = entries(small_campaign, *happened(small_campaign))
    save(conn, ours)
    alone = drawn(conn, small_campaign)
    theirs = tuple(
        replace(e, tranche="T2", event=replace(e.event, sub_project="T2-" + e.event.sub_project))
        for e in ours
    )
    save(conn, theirs)
    assert is_kept(conn) == [True] * 4
    assert drawn(conn, small_campaign) == alone


def test_what_is_stored_of_a_programme_the_city_does_not_have_is_no_figure_of_the_city(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, entries(small_campaign, *happened(small_campaign)))
    alone = drawn(conn, small_campaign)
    gone = entries(
        small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 90, occurred_at=TOMORROW - MINUTE)
    )
    save(conn, tuple(replace(e, programme="gone", event=replace(e.event, sub_project="gone")) for e in gone))
    assert drawn(conn, small_campaign) == alone


def test_a_back_fill_puts_its_days_aside_and_a_rebuild_brings_them_back(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, entries(small_campaign, *happened(small_campaign)))
    scattered = [
        event(small_campaign, OWN[n % 3], Kind.CLAIM, 1000 + n, occurred_at=OPENING + n * MINUTE)
        for n in range(MOST_MINUTES + 1)
    ]
    save(conn, entries(small_campaign, *scattered), 1)
    assert is_kept(conn) == [False, False]
    assert conn.scalar(select(tranche_minutes.c.minute).limit(1)) is None
    later = event(small_campaign, "city", Kind.REDEMPTION, 90, occurred_at=TOMORROW - MINUTE)
    another_day = replace(later, event_no="R1", occurred_at=TOMORROW + 2 * DAY)
    save(conn, entries(small_campaign, later, another_day), 2)
    assert is_kept(conn) == [False, False, True]
    before = drawn(conn, small_campaign)
    assert verify(conn, small_campaign) == []
    rebuild_rollups(conn)
    assert is_kept(conn) == [True, True, True]
    assert verify(conn, small_campaign) == []
    assert drawn(conn, small_campaign) == before


def test_verify_names_a_minute_that_is_wrong_and_one_of_a_day_that_was_put_aside(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, entries(small_campaign, *happened(small_campaign)))
    conn.execute(
        update(tranche_minutes)
        .where(tranche_minutes.c.minute == OPENING + 3 * MINUTE)
        .values(claimed_count=9)
    )
    conn.execute(insert(tranche_minutes).values(tranche="T1", minute=OPENING - DAY, redeemed_net_fen=5))
    conn.execute(
        insert(tranche_days).values(tranche="T1", day=business_day_start(OPENING - DAY), is_kept=False)
    )
    found = {(d.check, d.stored, d.expected) for d in verify(conn, small_campaign)}
    assert found == {("tranche_minutes.claimed_count", 9, 1), ("tranche_minutes.redeemed_net_fen", 5, 0)}
