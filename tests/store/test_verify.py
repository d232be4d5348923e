"""What `verify` says of accounts and of discrepancies: nothing of a clean store, and each fault by name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, update

from domain.campaign import Campaign
from domain.records import Kind
from domain.statements import Cause, Metric
from store.queries.difference import Difference
from store.queries.discrepancies import open_discrepancies
from store.queries.verify import verify
from store.schema import discrepancies, events
from store.writes.discrepancies import close_discrepancy
from store.writes.intake import RunRecord, record_run
from store.writes.rebuild import rebuild_rollups
from tests.store.events import OPENING, event, step
from tests.store.stated_day import CLAIMS, FACE, MIDNIGHT, MORNING, feed, run, save, state

LATER = MORNING + timedelta(minutes=1)


@pytest.fixture
def played(conn: Connection, small_campaign: Campaign) -> Connection:
    save(conn, small_campaign, *(event(small_campaign, "city", Kind.CLAIM, n) for n in range(1, CLAIMS + 1)))
    feed(conn, MORNING)
    return conn


def found(conn: Connection, campaign: Campaign, *, at: datetime = MORNING) -> list[Difference]:
    return verify(conn, campaign, now=LATER, reconciled_at=at)


def one_short(conn: Connection, campaign: Campaign) -> None:
    """The platform states one claim more than the ledger has, and that was compared."""
    state(conn, campaign, Metric.CLAIMED, CLAIMS + 1, (CLAIMS + 1) * FACE)
    run(conn, campaign)
    assert found(conn, campaign) == []


# ---------------------------------------------------------------- accounts


@pytest.mark.parametrize("cars", [100, 101])
def test_more_promised_than_the_tranche_has_is_named(conn: Connection, audited: Campaign, cars: int) -> None:
    """A hundred cars of 1,000 yuan are all the money there is."""
    kinds = (Kind.APPLICATION, Kind.APPROVAL)
    told = [step(audited, "shangdang", kind, n) for n in range(cars) for kind in kinds]
    save(conn, audited, *told, now=LATER)
    over = Difference(check="pool >= 0", where="T1", stored=-100_000, expected=0)
    assert verify(conn, audited, now=LATER) == ([] if cars == 100 else [over])
    paid = [step(audited, "shangdang", Kind.PAYMENT, n) for n in range(cars)]
    save(conn, audited, *paid, now=LATER)
    spent = Difference(check="spent <= allocation", where="T1", stored=10_100_000, expected=10_000_000)
    assert verify(conn, audited, now=LATER) == ([] if cars == 100 else [over, spent])


def test_an_event_in_another_tranche_than_its_programmes_is_named(
    played: Connection, small_campaign: Campaign
) -> None:
    played.execute(update(events).where(events.c.event_no == "C000001").values(tranche="T2"))
    rebuild_rollups(played)
    checks = {(d.check, d.where) for d in verify(played, small_campaign, now=LATER)}
    assert ("tranche of events", "city/T2") in checks


# ---------------------------------------------------------------- discrepancies (I12)


def test_what_was_never_compared_is_not_judged(played: Connection, small_campaign: Campaign) -> None:
    state(played, small_campaign, Metric.CLAIMED, CLAIMS + 1, None)
    assert verify(played, small_campaign, now=LATER) == []
    assert len(found(played, small_campaign)) == 1


def test_a_difference_that_is_not_open_is_named(played: Connection, small_campaign: Campaign) -> None:
    one_short(played, small_campaign)
    played.execute(delete(discrepancies))
    (difference,) = found(played, small_campaign)
    assert difference.check == "open discrepancies"
    assert difference.where == "city/city-pay/T1/claimed/2022-10-28"
    assert (difference.stored, difference.expected) == (None, f"1 vouchers, {FACE} fen")


def test_an_open_row_of_another_difference_is_named(played: Connection, small_campaign: Campaign) -> None:
    one_short(played, small_campaign)
    played.execute(update(discrepancies).values(theirs_count=CLAIMS + 2))
    (difference,) = found(played, small_campaign)
    assert (difference.stored, difference.expected) == (f"2 vouchers, {FACE} fen", f"1 vouchers, {FACE} fen")


def test_an_open_row_where_nothing_differs_is_named(played: Connection, small_campaign: Campaign) -> None:
    one_short(played, small_campaign)
    state(played, small_campaign, Metric.CLAIMED, CLAIMS, CLAIMS * FACE, stated_at=MORNING, sha256="b" * 64)
    assert run(played, small_campaign).closed == 1
    assert found(played, small_campaign) == []
    played.execute(update(discrepancies).values(closed_at=None, cause=None))
    (difference,) = found(played, small_campaign)
    assert (difference.stored, difference.expected) == (f"1 vouchers, {FACE} fen", None)


def test_what_a_person_accepted_is_not_open_and_not_missed(
    played: Connection, small_campaign: Campaign
) -> None:
    one_short(played, small_campaign)
    (row,) = open_discrepancies(played)
    cause = Cause.GAP_ACCEPTED
    close_discrepancy(played, row.discrepancy_id, cause=cause, note="", closed_by="w", now=MORNING)
    assert found(played, small_campaign) == []


@pytest.mark.parametrize("what", ["event", "correction", "statement"])
def test_what_came_after_the_last_run_is_the_next_ones(
    played: Connection, small_campaign: Campaign, what: str
) -> None:
    one_short(played, small_campaign)
    if what == "event":
        save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 90), now=LATER)
    elif what == "correction":
        gone = event(small_campaign, "city", Kind.CLAIM, 1, revision=1, cancelled=True)
        save(played, small_campaign, gone, now=LATER)
    else:
        state(played, small_campaign, Metric.CLAIMED, CLAIMS, None, stated_at=LATER, sha256="b" * 64)
    assert found(played, small_campaign) == []
    assert found(played, small_campaign, at=LATER) != []
    run(played, small_campaign, LATER)
    assert found(played, small_campaign, at=LATER) == []


def test_an_event_of_another_day_excuses_nothing(played: Connection, small_campaign: Campaign) -> None:
    one_short(played, small_campaign)
    played.execute(delete(discrepancies))
    at = OPENING + timedelta(days=1)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 90, occurred_at=at), now=LATER)
    assert len(found(played, small_campaign)) == 1


def test_a_feed_that_became_whole_after_the_last_run_is_the_next_ones(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
    feed(conn, MIDNIGHT - timedelta(seconds=1))
    state(conn, small_campaign, Metric.CLAIMED, 2, None)
    run(conn, small_campaign)
    feed(conn, MORNING)
    record = RunRecord(source="pay", started_at=LATER, finished_at=LATER, outcome="ok", data_time=MORNING)
    record_run(conn, record)
    assert found(conn, small_campaign) == []
    assert len(found(conn, small_campaign, at=LATER)) == 1
