"""The ledger: whatever comes twice, in any order, in any batches, the figures are the same and right to the fen."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DataError, IntegrityError

from domain.campaign import Campaign
from domain.measures import Figures
from domain.records import SUBSIDY_KINDS, Entry, Event, Grade, Kind
from store import schema
from store.engine import open_store, read, write
from store.queries.totals import totals
from store.queries.verify import GRAINS, orphan_refunds, verify
from store.writes import ledger
from store.writes.ledger import Saved, save_batch
from store.writes.rebuild import rebuild_rollups
from tests.store.events import OPENING, entries, event, step

pytestmark = pytest.mark.every_form

NOON = OPENING + timedelta(hours=3)


def save(conn: Connection, batch: tuple[Entry, ...]) -> Saved:
    return save_batch(conn, batch, source="test", grade=Grade.FLASH, raw_sha256="0" * 64, now=NOON)


def figures(conn: Connection, campaign: Campaign, now: datetime = NOON) -> dict[str, Figures]:
    return {row.key[0]: row.figures for row in totals(conn, campaign, by=("programme",), now=now)}


def some_events(campaign: Campaign, programme: str, claims: int = 12) -> list[Event]:
    """Claims; half of them redeemed; a third of those refunded, one of them twice."""
    found = [event(campaign, programme, Kind.CLAIM, n) for n in range(claims)]
    used = range(0, claims, 2)
    found += [
        event(campaign, programme, Kind.REDEMPTION, n, occurred_at=OPENING + timedelta(hours=1, minutes=n))
        for n in used
    ]
    back = list(used)[::3]
    found += [
        event(campaign, programme, Kind.REFUND, n, occurred_at=OPENING + timedelta(hours=2, minutes=n))
        for n in back
    ]
    again = event(campaign, programme, Kind.REFUND, back[0], event_no="B-again", returned_fen=0)
    return [*found, again]


def test_claims_redemptions_and_refunds_add_up(conn: Connection, small_campaign: Campaign) -> None:
    county = next(p for p in small_campaign.programme if p.level == "county")
    template = small_campaign.templates[small_campaign.rounds[county.id, 1].lines[0].template]
    saved = save(conn, entries(small_campaign, *some_events(small_campaign, county.id)))
    assert (saved.accepted, saved.duplicate, saved.conflicting) == (12 + 6 + 2 + 1, 0, ())
    row = figures(conn, small_campaign, now=OPENING + timedelta(days=4))[county.id]
    assert (row.claimed_count, row.claimed_fen) == (12, 12 * template.face_fen)
    assert (row.redeemed_gross_count, row.refunded_count, row.redeemed_net_count) == (6, 2, 4)
    assert row.redeemed_net_fen == 4 * template.face_fen
    kept = [n for n in (0, 2, 4, 6, 8, 10) if n not in (0, 6)]
    assert row.direct_spend_fen == sum(template.min_spend_fen + n for n in kept)
    assert row.orders_count == 4
    assert row.outstanding_count == 6


def test_a_refunded_order_leaves_the_total(conn: Connection, small_campaign: Campaign) -> None:
    city = small_campaign.city.id
    save(conn, entries(small_campaign, event(small_campaign, city, Kind.CLAIM, 1)))
    save(conn, entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1)))
    before = figures(conn, small_campaign)[city]
    save(conn, entries(small_campaign, event(small_campaign, city, Kind.REFUND, 1)))
    after = figures(conn, small_campaign)[city]
    assert before.direct_spend_fen > 0
    assert (after.direct_spend_fen, after.orders_count, after.redeemed_net_fen) == (0, 0, 0)
    assert after.redeemed_gross_fen == before.redeemed_gross_fen


def test_a_second_notice_of_one_refund_gives_nothing_more_to_the_pool(
    conn: Connection, small_campaign: Campaign
) -> None:
    city = small_campaign.city.id
    save(
        conn,
        entries(
            small_campaign,
            event(small_campaign, city, Kind.REDEMPTION, 1),
            event(small_campaign, city, Kind.REFUND, 1),
        ),
    )
    once = figures(conn, small_campaign)[city]
    late = event(
        small_campaign, city, Kind.REFUND, 1, event_no="B2", occurred_at=OPENING + timedelta(hours=2)
    )
    assert save(conn, entries(small_campaign, late)).accepted == 1
    assert figures(conn, small_campaign)[city] == once


def test_a_refund_before_its_redemption_is_an_orphan_until_it_comes(
    conn: Connection, small_campaign: Campaign
) -> None:
    city = small_campaign.city.id
    face = event(small_campaign, city, Kind.CLAIM, 1).face_fen
    save(conn, entries(small_campaign, event(small_campaign, city, Kind.REFUND, 1)))
    assert orphan_refunds(conn) == (1, face)
    save(conn, entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1)))
    assert orphan_refunds(conn) == (0, 0)
    row = figures(conn, small_campaign)[city]
    assert (row.redeemed_net_fen, row.direct_spend_fen) == (0, 0)


def test_the_same_batch_again_is_all_duplicates(conn: Connection, small_campaign: Campaign) -> None:
    batch = entries(small_campaign, *some_events(small_campaign, small_campaign.city.id))
    save(conn, batch)
    before = figures(conn, small_campaign)
    again = save(conn, batch)
    assert (again.accepted, again.duplicate) == (0, len(batch))
    assert figures(conn, small_campaign) == before


def test_a_known_number_with_other_content_is_a_conflict_and_the_first_stands(
    conn: Connection, small_campaign: Campaign
) -> None:
    city = small_campaign.city.id
    save(conn, entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1)))
    before = figures(conn, small_campaign)
    changed = entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1, order_fen=999_999))
    saved = save(conn, changed)
    assert (saved.accepted, saved.duplicate, saved.conflicting) == (0, 0, changed)
    assert figures(conn, small_campaign) == before


def test_the_same_number_in_two_programmes_is_two_events(conn: Connection, small_campaign: Campaign) -> None:
    ids = [p.id for p in small_campaign.programme]
    batch = entries(small_campaign, *(event(small_campaign, p, Kind.CLAIM, 1) for p in ids))
    assert save(conn, batch).accepted == len(ids)


def test_figures_close_along_every_dimension(conn: Connection, small_campaign: Campaign) -> None:
    for programme in small_campaign.programme:
        save(conn, entries(small_campaign, *some_events(small_campaign, programme.id)))
    whole = {
        by: sum((row.figures for row in totals(conn, small_campaign, by=(by,), now=NOON)), Figures())
        for by in ("programme", "tranche", "county", "sector", "template", "round")
    }
    assert len(set(whole.values())) == 1
    assert whole["programme"].claimed_count == 12 * len(small_campaign.programme)


def test_unused_vouchers_expire_with_their_round(conn: Connection, small_campaign: Campaign) -> None:
    city = small_campaign.city.id
    save(conn, entries(small_campaign, *some_events(small_campaign, city)))
    use_until = small_campaign.rounds[city, 1].use_until
    before, after = (
        figures(conn, small_campaign, now=use_until + timedelta(seconds=s))[city] for s in (0, 1)
    )
    assert (before.expired_count, before.outstanding_count) == (0, 6)
    assert (after.expired_count, after.outstanding_count) == (6, 0)


def test_the_events_alone_give_the_same_figures(conn: Connection, small_campaign: Campaign) -> None:
    for programme in small_campaign.programme:
        save(conn, entries(small_campaign, *some_events(small_campaign, programme.id)))
    stored = totals(conn, small_campaign, by=("programme", "county", "sector"), now=NOON)
    from_events = totals(conn, small_campaign, by=("programme", "county", "sector"), now=NOON, known_by=NOON)
    assert [(r.key, r.figures) for r in stored] == [(r.key, r.figures) for r in from_events]
    earlier = totals(conn, small_campaign, by=("programme",), now=NOON, known_by=NOON - timedelta(seconds=1))
    assert all(row.figures.claimed_count == 0 for row in earlier)


def test_verify_names_a_cell_that_was_tampered_with_and_rebuild_mends_it(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, entries(small_campaign, *some_events(small_campaign, small_campaign.city.id)))
    assert verify(conn, small_campaign) == []
    conn.execute(text("UPDATE rollup_day SET claimed_fen = claimed_fen + 1"))
    conn.execute(text("DELETE FROM merchants_seen"))
    checks = {difference.check for difference in verify(conn, small_campaign)}
    assert checks == {"rollup_day.claimed_fen", "merchants_seen"}
    rebuild_rollups(conn)
    assert verify(conn, small_campaign) == []


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_order_any_split_any_repetition_gives_the_same_state(
    data: st.DataObject, small_campaign: Campaign, tmp_path_factory: pytest.TempPathFactory
) -> None:
    events = [e for p in small_campaign.programme for e in some_events(small_campaign, p.id, claims=6)]
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=10))
    shuffled = data.draw(st.permutations(repeated))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=5)))
    parts = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    assert state(small_campaign, parts) == state(small_campaign, [events])


def state(campaign: Campaign, parts: list[list[Event]]) -> object:
    engine = open_store("sqlite://")
    schema.metadata.create_all(engine)
    with write(engine) as conn:
        for part in parts:
            save(conn, entries(campaign, *part))
    with read(engine) as conn:
        assert verify(conn, campaign) == []
        shops = conn.execute(
            select(schema.merchants_seen).where(schema.merchants_seen.c.redeemed_net_count > 0)
        )
        counted = sorted(map(tuple, shops))
        events = conn.execute(select(func.count()).select_from(schema.events)).scalar_one()
        rows = totals(conn, campaign, by=("programme", "county", "sector", "template", "round"), now=NOON)
        return counted, events, [(row.key, row.figures) for row in rows]


def test_a_large_batch_is_saved_in_slices_as_it_would_be_at_once(
    conn: Connection, small_campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of one number twice stays together, however the slices fall; and a hash stays with its entry."""
    told = [event(small_campaign, "city", Kind.REDEMPTION, n) for n in range(7)]
    told += [event(small_campaign, "city", Kind.REFUND, n) for n in range(3)]
    told += [replace(told[n], revision=1, paid_fen=0) for n in range(7)]
    told += [replace(told[2], revision=1, paid_fen=1)]
    delivered = entries(small_campaign, *told)
    hashes = [f"{n:064}" for n in range(len(told))]
    usual = {"source": "a", "grade": Grade.DAILY, "raw_sha256": hashes, "now": OPENING}
    found = []
    for most in (50_000, 3):
        monkeypatch.setattr(ledger, "SLICE", most)
        with conn.begin_nested() as tried:
            saved = save_batch(conn, delivered, **usual)
            rows = [sorted(conn.execute(select(t)), key=str) for t in (schema.events, schema.rollup_day)]
            found.append((saved, rows, sorted(conn.execute(select(schema.superseded)), key=str)))
            tried.rollback()
    assert found[0] == found[1]
    assert found[0][0].accepted == 10
    assert len(found[0][0].conflicting) == 1


def test_deleting_one_tranches_events_leaves_the_others_figures(
    engine: Engine, small_campaign: Campaign
) -> None:
    """The same vouchers in two tranches are two vouchers, and neither knows of the other."""
    ours = entries(small_campaign, *some_events(small_campaign, small_campaign.city.id))
    theirs = tuple(
        replace(e, tranche="T2", event=replace(e.event, sub_project="T2-" + e.event.sub_project))
        for e in ours
    )
    with write(engine) as conn:
        save(conn, ours)
        alone = _of_tranche(conn, small_campaign)
        assert save(conn, theirs).accepted == len(theirs)
        assert _of_tranche(conn, small_campaign) == alone
        for table in (schema.events, *(table for table, _, _ in GRAINS)):
            conn.execute(table.delete().where(table.c.tranche == "T2"))
        assert _of_tranche(conn, small_campaign) == alone


def _of_tranche(conn: Connection, campaign: Campaign) -> list[object]:
    return list(totals(conn, campaign, by=("programme", "sector"), now=NOON, tranche=campaign.in_scope.id))


def test_a_batch_costs_no_more_in_a_ledger_that_has_grown(audited: Campaign) -> None:
    """Counted in SQLite's own steps: every look-up goes through an index, however much is stored."""
    engine = open_store("sqlite://")
    schema.metadata.create_all(engine)
    steps = []
    with write(engine) as conn:
        for first in range(0, 4000, 200):
            made = [
                (step if kind in SUBSIDY_KINDS else event)(audited, audited.city.id, kind, n)
                for kind in Kind
                for n in range(first, first + 200)
            ]
            batch = entries(audited, *made)
            steps.append(_steps(conn, batch))
    assert steps[0] > 0
    assert steps[-1] < 2 * steps[1], steps


def test_a_statement_is_prepared_once_however_many_rows_it_is_run_for(small_campaign: Campaign) -> None:
    """SQLite prepares anew at each run what a value in some index's condition makes depend on the parameters."""
    engine = open_store("sqlite://")
    schema.metadata.create_all(engine)
    city, prepared = small_campaign.city.id, []
    with write(engine) as conn:
        for first, size in ((0, 10), (100, 10), (1_000, 300)):
            used = (event(small_campaign, city, Kind.REDEMPTION, n) for n in range(first, first + size))
            prepared.append(_prepared(conn, entries(small_campaign, *used)))
    assert prepared[1] > 0
    assert prepared[2] < 2 * prepared[1], prepared


def _prepared(conn: Connection, batch: tuple[Entry, ...]) -> int:
    """Save the batch; how often SQLite asked what a statement that it prepared may do."""
    asked = 0

    def allow(*_: object) -> int:
        nonlocal asked
        asked += 1
        return sqlite3.SQLITE_OK

    driver = conn.connection.dbapi_connection
    assert driver is not None
    driver.set_authorizer(allow)
    save(conn, batch)
    driver.set_authorizer(None)
    return asked


def _steps(conn: Connection, batch: tuple[Entry, ...]) -> int:
    """Save the batch; how many hundred instructions SQLite's machine ran for it."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1

    driver = conn.connection.dbapi_connection
    assert driver is not None
    driver.set_progress_handler(count, 100)
    save(conn, batch)
    driver.set_progress_handler(None, 0)
    return counted


@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_redemption_and_its_refund_saved_at_once_see_each_other(
    engine: Engine, small_campaign: Campaign
) -> None:
    city = small_campaign.city.id
    redemption = entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1))
    refund = entries(small_campaign, event(small_campaign, city, Kind.REFUND, 1))

    def save_refund() -> None:
        with write(engine) as other:
            save(other, refund)

    with ThreadPoolExecutor(1) as pool:
        with write(engine) as conn:
            save(conn, redemption)
            second = pool.submit(save_refund)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        second.result(timeout=10)
    with read(engine) as conn:
        assert verify(conn, small_campaign) == []
        assert figures(conn, small_campaign)[city].direct_spend_fen == 0


def test_what_the_database_refuses_is_raised_as_everywhere_else(
    conn: Connection, small_campaign: Campaign
) -> None:
    good = entries(small_campaign, event(small_campaign, small_campaign.city.id, Kind.CLAIM, 1))[0]
    with pytest.raises(IntegrityError):
        save(conn, (replace(good, event=replace(good.event, face_fen=0)),))


@pytest.mark.parametrize("words", ["", "\t", "\n", "\\N", "\\.", "NULL", "'; --", "消费券", "a\u2028b"])
def test_text_is_stored_as_it_came(conn: Connection, small_campaign: Campaign, words: str) -> None:
    made = event(small_campaign, small_campaign.city.id, Kind.REDEMPTION, 1, merchant=words, order_no=words)
    save(conn, entries(small_campaign, made))
    stored = conn.execute(select(schema.events.c.merchant, schema.events.c.order_no)).one()
    assert tuple(stored) == (words, words)
    assert save(conn, entries(small_campaign, made)).duplicate == 1


def test_of_two_in_one_batch_the_first_stands(conn: Connection, small_campaign: Campaign) -> None:
    city = small_campaign.city.id
    first, second = (
        entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1, order_fen=n))[0]
        for n in (20_000, 30_000)
    )
    saved = save(conn, (first, first, second))
    assert (saved.accepted, saved.duplicate, saved.conflicting) == (1, 1, (second,))
    assert figures(conn, small_campaign)[city].direct_spend_fen == 20_000


def test_a_number_with_a_nul_is_refused_before_it_hides_a_refund(
    conn: Connection, small_campaign: Campaign
) -> None:
    used = event(small_campaign, small_campaign.city.id, Kind.REDEMPTION, 1, event_no="A\0B")
    with pytest.raises((ValueError, DataError)):
        save(conn, entries(small_campaign, used))


@pytest.mark.parametrize("refund_first", [False, True])
@pytest.mark.parametrize(
    "number", ['"', "\\", "{a,b}", '","', "NULL", "\t\n", "消费券", "'; --", "\\u0000", "😀"]
)
def test_a_number_of_any_characters_is_known_again_and_found_by_its_refund(
    conn: Connection, small_campaign: Campaign, number: str, refund_first: bool
) -> None:
    city = small_campaign.city.id
    used = entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1, event_no=number))
    back = event(small_campaign, city, Kind.REFUND, 1, event_no="B" + number, origin_event_no=number)
    if refund_first:
        save(conn, entries(small_campaign, back))
    assert [save(conn, used).accepted, save(conn, used).duplicate] == [1, 1]
    save(conn, entries(small_campaign, back))
    assert orphan_refunds(conn) == (0, 0)
    assert verify(conn, small_campaign) == []
    assert figures(conn, small_campaign)[city].direct_spend_fen == 0
