"""Claims that only a platform's own counter tells: counted until events tell them, and never twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from domain.campaign import Campaign, Programme
from domain.measures import Figures
from domain.records import Counter, CounterEntry, Entry, Grade, Kind
from store.engine import open_store, read, write
from store.migrations import downgrade, migrate
from store.queries.counted import counted_claims
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


def test_each_day_has_what_its_count_rose_by(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0]
    for value, at in ((3, OPENING), (7, NOON), (9, NEXT_DAY)):
        save_counters(conn, [count(small_campaign, owner, value, at)], now=at)
    by_day = [
        row.figures.claimed_count for row in rows(conn, small_campaign, "day") if row.figures.claimed_count
    ]
    assert by_day == [7, 2]


def test_figures_as_of_earlier_know_the_count_of_then(conn: Connection, small_campaign: Campaign) -> None:
    owner = small_campaign.programme[0]
    save_counters(conn, [count(small_campaign, owner, 7, NOON)], now=NOON)
    before = figures(conn, small_campaign, known_by=NOON)
    save_counters(conn, [count(small_campaign, owner, 6, OPENING + timedelta(hours=2))], now=NEXT_DAY)
    save_counters(conn, [count(small_campaign, owner, 9, NEXT_DAY)], now=NEXT_DAY)
    assert before.claimed_count == 7
    assert figures(conn, small_campaign, known_by=NOON) == before
    assert figures(conn, small_campaign).claimed_count == 9


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
