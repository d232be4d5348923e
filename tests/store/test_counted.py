"""Claims that only a platform's own counter tells: counted until events tell them, and never twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Connection, insert

from domain.campaign import Campaign, Programme
from domain.measures import Figures
from domain.records import Counter, CounterEntry, Entry, Grade, Kind
from domain.terms import business_day_start
from store.engine import open_store, read, write
from store.migrations import downgrade, migrate
from store.queries.counted import counted_claims, counted_claims_by_day
from store.queries.totals import TotalsRow, total_of, totals
from store.queries.verify import verify
from store.schema import counters
from store.writes.counters import save_counters
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event

NOON, NEXT_DAY = OPENING + timedelta(hours=3), OPENING + timedelta(days=1)


def count(campaign: Campaign, owner: Programme, value: int, at: datetime) -> CounterEntry:
    template = campaign.rounds[owner.id, 1].lines[0].template
    counter = Counter(
        platform=owner.platform,
        sub_project=owner.sub_projects.redeem,
        template=template,
        round_no=1,
        kind=Kind.CLAIM,
        value_count=value,
        counted_at=at,
    )
    return CounterEntry(counter=counter, programme=owner.id)


def save(conn: Connection, batch: tuple[Entry, ...], now: datetime = NOON) -> None:
    save_batch(conn, batch, source="test", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def rows(conn: Connection, campaign: Campaign, *by: str, known_by: datetime | None = None) -> list[TotalsRow]:
    return totals(conn, campaign, by=by, now=NEXT_DAY, known_by=known_by)


def figures(conn: Connection, campaign: Campaign, known_by: datetime | None = None) -> Figures:
    return total_of(rows(conn, campaign, "programme", known_by=known_by))


def test_claims_that_no_event_tells_are_counted(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0]
    face = small_campaign.templates[small_campaign.rounds[owner.id, 1].lines[0].template].face_fen
    assert save_counters(conn, [count(small_campaign, owner, 40, NOON)], now=NOON) == 1
    save(conn, entries(small_campaign, event(small_campaign, owner.id, Kind.REDEMPTION, 1)))
    found = figures(conn, small_campaign)
    assert (found.claimed_count, found.claimed_fen, found.outstanding_count) == (40, 40 * face, 39)
    assert verify(conn, small_campaign) == []


def test_events_take_the_place_of_the_count(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0].id
    save_counters(conn, [count(small_campaign, small_campaign.programme[0], 5, NOON)], now=NOON)
    told = [event(small_campaign, owner, Kind.CLAIM, n) for n in range(8)]
    for upto, claimed in ((3, 5), (5, 5), (8, 8)):
        save(conn, entries(small_campaign, *told[:upto]))
        assert figures(conn, small_campaign).claimed_count == claimed


def test_an_older_count_that_comes_late_changes_nothing(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0]
    save_counters(conn, [count(small_campaign, owner, 9, NOON)], now=NOON)
    save_counters(conn, [count(small_campaign, owner, 4, OPENING)], now=NEXT_DAY)
    assert save_counters(conn, [count(small_campaign, owner, 9, NOON)], now=NEXT_DAY) == 0
    assert figures(conn, small_campaign).claimed_count == 9


def test_of_two_counts_within_one_second_the_later_stands(conn: Connection, small_campaign: Campaign) -> None:
    """Sources tell whole seconds. What was known after the first stays, and neither told again changes anything."""
    owner = small_campaign.programme[0]
    first, later, again = NOON, NOON + timedelta(milliseconds=500), NEXT_DAY
    assert save_counters(conn, [count(small_campaign, owner, 7, NOON)], now=first) == 1
    before = figures(conn, small_campaign, known_by=first)
    assert save_counters(conn, [count(small_campaign, owner, 9, NOON)], now=later) == 1
    for value in (7, 9):
        assert save_counters(conn, [count(small_campaign, owner, value, NOON)], now=again) == 0
    for known_by in (None, later, again):
        assert figures(conn, small_campaign, known_by).claimed_count == 9
        assert list(counted_claims_by_day(conn, known_by=known_by).values()) == [9]
    assert figures(conn, small_campaign, known_by=first) == before
    assert before.claimed_count == 7


def test_of_two_counts_of_one_second_in_one_answer_the_later_stands(
    conn: Connection, small_campaign: Campaign
) -> None:
    owner = small_campaign.programme[0]
    told = [count(small_campaign, owner, value, NOON) for value in (9, 8)]
    for stored in (2, 0):
        assert save_counters(conn, told, now=NOON) == stored
        for known_by in (None, NOON + timedelta(seconds=1)):
            assert figures(conn, small_campaign, known_by).claimed_count == 8


def test_a_correction_of_a_second_gives_way_to_the_next_poll(
    conn: Connection, small_campaign: Campaign
) -> None:
    owner, next_second = small_campaign.programme[0], NOON + timedelta(seconds=1)
    save_counters(conn, [count(small_campaign, owner, 9, next_second)], now=next_second)
    for value in (7, 6):
        save_counters(conn, [count(small_campaign, owner, value, NOON)], now=NEXT_DAY)
    for known_by in (None, NEXT_DAY):
        assert figures(conn, small_campaign, known_by).claimed_count == 9


def test_each_day_has_what_its_count_rose_by(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0]
    for value, at in ((3, OPENING), (7, NOON), (9, NEXT_DAY)):
        save_counters(conn, [count(small_campaign, owner, value, at)], now=at)
    by_day = [
        row.figures.claimed_count for row in rows(conn, small_campaign, "day") if row.figures.claimed_count
    ]
    assert by_day == [7, 2]


@pytest.mark.parametrize("events_told", [40, 35, 30, 0])
def test_days_add_up_to_the_total_when_claims_fall_between_the_last_poll_and_midnight(
    conn: Connection, small_campaign: Campaign, events_told: int
) -> None:
    """30 before midnight, 24 of them polled; the six between and the ten after it are the next day's rise."""
    owner, midnight = small_campaign.programme[0], business_day_start(NEXT_DAY)
    at = [midnight + timedelta(seconds=10 * n - 295) for n in range(40)]
    told = [event(small_campaign, owner.id, Kind.CLAIM, n, occurred_at=at[n]) for n in range(events_told)]
    save(conn, entries(small_campaign, *told), now=NEXT_DAY)
    for poll in (midnight - timedelta(seconds=60), midnight + timedelta(minutes=10)):
        save_counters(conn, [count(small_campaign, owner, sum(a <= poll for a in at), poll)], now=poll)
    for known_by in (None, NEXT_DAY):
        by_day = [row.figures.claimed_count for row in rows(conn, small_campaign, "day", known_by=known_by)]
        assert sum(by_day) == figures(conn, small_campaign, known_by).claimed_count == 40
        assert min(by_day) >= 0
        assert by_day[0] == (30 if events_told else 24), "the first day has its own events and no more"


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(microseconds=1)])
def test_a_count_at_midnight_tells_of_the_day_that_ends_and_of_no_other(
    conn: Connection, small_campaign: Campaign, offset: timedelta
) -> None:
    """As of midnight it is known in full; so the day it ends has all of it, and the next one only what came after."""
    owner, midnight = small_campaign.programme[0], business_day_start(NEXT_DAY)
    evening, told = midnight - timedelta(hours=1), midnight + offset
    for value, at in ((10, evening), (14, told), (20, NEXT_DAY)):
        save_counters(conn, [count(small_campaign, owner, value, at)], now=at)
    first = 14 if told == midnight else 10
    for known_by in (None, NEXT_DAY):
        by_day = [row.figures.claimed_count for row in rows(conn, small_campaign, "day", known_by=known_by)]
        assert by_day == [first, 20 - first]
        assert figures(conn, small_campaign, known_by).claimed_count == 20
    of_then = {"now": NEXT_DAY, "known_by": NEXT_DAY, "until": midnight}
    days = totals(conn, small_campaign, by=("day",), **of_then)
    whole = totals(conn, small_campaign, by=("programme",), **of_then)
    assert [row.figures.claimed_count for row in days] == [first]
    assert total_of(whole).claimed_count == first


def test_figures_as_of_earlier_know_the_count_of_then(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0]
    save_counters(conn, [count(small_campaign, owner, 7, NOON)], now=NOON)
    before = figures(conn, small_campaign, known_by=NOON)
    save_counters(conn, [count(small_campaign, owner, 6, OPENING + timedelta(hours=2))], now=NEXT_DAY)
    save_counters(conn, [count(small_campaign, owner, 9, NEXT_DAY)], now=NEXT_DAY)
    assert before.claimed_count == 7
    assert figures(conn, small_campaign, known_by=NOON) == before
    assert figures(conn, small_campaign).claimed_count == 9


def test_a_counter_that_is_polled_no_more_stands_at_what_it_said_last(
    conn: Connection, small_campaign: Campaign
) -> None:
    """Two counters of one lot, the second from the next day on: live, by day and as of now it is the sum of both."""
    owner = small_campaign.programme[0]
    first, second = owner.sub_projects.redeem, owner.sub_projects.configure
    later = NEXT_DAY + timedelta(hours=1)
    for sub_project, value, at in ((first, 100, OPENING), (second, 30, NEXT_DAY), (second, 50, later)):
        entry = count(small_campaign, owner, value, at)
        entry = replace(entry, counter=replace(entry.counter, sub_project=sub_project))
        save_counters(conn, [entry], now=at)
    for known_by in (None, later):
        assert list(counted_claims(conn, known_by=known_by).values()) == [150]
        assert list(counted_claims_by_day(conn, known_by=known_by).values()) == [100, 50]
        assert figures(conn, small_campaign, known_by=known_by).claimed_count == 150


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_polls_in_any_order_come_to_what_reading_them_all_does(
    conn: Connection, small_campaign: Campaign, seed: int
) -> None:
    """Two counters of one lot and one of another, polled over five days, told late now and then."""
    dice, owner = Random(seed), small_campaign.programme[0]
    whose = [
        (owner.sub_projects.redeem, 1),
        (owner.sub_projects.configure, 1),
        (owner.sub_projects.redeem, 2),
    ]
    polls = []
    midnights = range(900, 7_200, 1_440)
    for n, minute in enumerate({*midnights, *dice.sample(range(7_200), 120)}):
        (sub_project, round_no), at = dice.choice(whose), OPENING + timedelta(minutes=minute)
        told = at + timedelta(minutes=dice.choice((0, 0, 1, 2_000)))
        polls.append((sub_project, round_no, at, told, n if dice.random() < 0.5 else 7))
    for sub_project, round_no, at, told, value in polls:
        entry = count(small_campaign, owner, value, at)
        counter = replace(entry.counter, sub_project=sub_project, round_no=round_no)
        save_counters(conn, [replace(entry, counter=counter)], now=told)
    for day in range(6):
        until = OPENING + timedelta(days=day, minutes=dice.randrange(600))
        for known_by in (until, until + timedelta(days=1)):
            rose: dict[tuple[datetime, int], int] = defaultdict(int)
            stood: dict[tuple[str, int], int] = defaultdict(int)
            came_to: dict[int, int] = defaultdict(int)
            for sub_project, round_no, at, told, value in sorted(polls, key=lambda poll: poll[2]):
                if told <= known_by and at <= until:
                    more = value - stood[sub_project, round_no]
                    rose[business_day_start(at - timedelta(microseconds=1)), round_no] += more
                    came_to[round_no] += more
                    stood[sub_project, round_no] = value
            by_day = counted_claims_by_day(conn, known_by=known_by, until=until)
            assert {(at, lot.round_no): n for (lot, at), n in by_day.items()} == rose
            as_of = counted_claims(conn, known_by=known_by, until=until)
            assert {lot.round_no: n for lot, n in as_of.items()} == came_to
    assert rose, "the last look sees polls"


def test_a_clock_that_was_years_off_once_costs_one_day_more(
    conn: Connection, small_campaign: Campaign
) -> None:
    owner, years = small_campaign.programme[0], timedelta(days=365 * 70)
    for value, at in ((3, OPENING), (7, NEXT_DAY), (9, OPENING + years)):
        save_counters(conn, [count(small_campaign, owner, value, at)], now=NEXT_DAY)
    assert list(counted_claims_by_day(conn, known_by=None).values()) == [3, 4, 2]


def test_counts_stored_before_the_newest_were_kept_are_found(
    empty_url: str, small_campaign: Campaign
) -> None:
    engine = open_store(empty_url)
    migrate(engine)
    downgrade(engine, "0002")
    owner = small_campaign.programme[0]
    old = [c for c in counters.columns if c.name != "received_at"]
    with write(engine) as conn:
        for value, at in ((3, OPENING), (7, NOON)):
            counter = count(small_campaign, owner, value, at).counter
            row = {"programme": owner.id} | {n: getattr(counter, n) for n in counter.__slots__}
            conn.execute(insert(counters).values({c: row[c.name] for c in old}))
    migrate(engine)
    with read(engine) as conn:
        assert list(counted_claims(conn, known_by=None).values()) == [7]
        assert list(counted_claims(conn, known_by=NOON).values()) == [7]
    engine.dispose()
