"""An event that lacked its order amount: filled in by a later delivery, once, and from then on only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.campaign import Campaign
from domain.measures import Figures
from domain.records import Event, Grade, Kind
from store.engine import open_store, write
from store.migrations import migrate
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.schema import merchants_seen, superseded
from store.writes.ledger import Saved, save_batch
from tests.store.events import OPENING, entries, event

pytestmark = pytest.mark.every_form

EVENING, NEXT_DAY = OPENING + timedelta(hours=10), OPENING + timedelta(days=1, hours=2)
CALLBACKS, FILE = "c" * 64, "f" * 64


def save(conn: Connection, campaign: Campaign, *told: Event, at: datetime, payload: str) -> Saved:
    batch = entries(campaign, *told)
    return save_batch(conn, batch, source="wechat", grade=Grade.FLASH, raw_sha256=payload, now=at)


def figures(conn: Connection, campaign: Campaign, *, known_by: datetime | None = None) -> Figures:
    return total_of(totals(conn, campaign, by=("programme",), now=NEXT_DAY, known_by=known_by))


@pytest.fixture
def used(small_campaign: Campaign) -> Event:
    """A redemption as the next day's file tells it."""
    return event(small_campaign, small_campaign.programme[0].id, Kind.REDEMPTION, 1)


def pushed(told: Event) -> Event:
    """The same as the callback told it."""
    return replace(told, order_fen=None, paid_fen=None, order_no=None)


def test_a_file_completes_what_a_callback_told(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    save(conn, small_campaign, pushed(used), at=EVENING, payload=CALLBACKS)
    assert (figures(conn, small_campaign).direct_spend_fen, figures(conn, small_campaign).orders_count) == (
        0,
        0,
    )
    saved = save(conn, small_campaign, used, at=NEXT_DAY, payload=FILE)
    assert (saved.accepted, saved.duplicate, saved.superseded, saved.conflicting) == (0, 0, 1, ())
    after = figures(conn, small_campaign)
    assert (after.direct_spend_fen, after.orders_count) == (used.order_fen, 1)
    assert after.redeemed_gross_count == 1
    assert verify(conn, small_campaign) == []
    kept = conn.execute(select(superseded)).one()
    assert (kept.event_no, kept.order_fen, kept.known_at, kept.superseded_at, kept.superseded_by) == (
        used.event_no, None, EVENING, NEXT_DAY, FILE,
    )  # fmt: skip


def test_a_callback_after_the_file_is_a_duplicate(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    save(conn, small_campaign, used, at=EVENING, payload=FILE)
    saved = save(conn, small_campaign, pushed(used), at=NEXT_DAY, payload=CALLBACKS)
    assert (saved.duplicate, saved.superseded, saved.conflicting) == (1, 0, ())
    assert figures(conn, small_campaign).direct_spend_fen == used.order_fen


def test_a_merchant_that_is_told_later_is_counted_from_then_on(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    save(conn, small_campaign, replace(used, merchant=None), at=EVENING, payload=CALLBACKS)
    assert _merchants(conn) == []
    assert save(conn, small_campaign, used, at=NEXT_DAY, payload=FILE).superseded == 1
    assert _merchants(conn) == [(used.merchant, 1)]
    assert verify(conn, small_campaign) == []


@pytest.mark.parametrize("change", [{"merchant": "another"}, {"paid_fen": 1}])
@pytest.mark.parametrize("turned", [False, True])
def test_another_merchant_or_payment_is_a_conflict_whichever_comes_first(
    conn: Connection, small_campaign: Campaign, used: Event, change: dict[str, object], turned: bool
) -> None:
    told = [used, replace(used, **change)]  # type: ignore[arg-type]
    first, second = reversed(told) if turned else told
    save(conn, small_campaign, first, at=EVENING, payload=CALLBACKS)
    saved = save(conn, small_campaign, second, at=NEXT_DAY, payload=FILE)
    assert (saved.duplicate, len(saved.conflicting)) == (0, 1)
    assert _merchants(conn) == [(first.merchant, 1)]


def _merchants(conn: Connection) -> list[tuple[str, int]]:
    table = merchants_seen.c
    seen = conn.execute(select(table.merchant, table.redeemed_net_count).where(table.redeemed_net_count != 0))
    return [tuple(row) for row in seen]


def test_another_amount_afterwards_is_a_conflict(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    save(conn, small_campaign, pushed(used), at=EVENING, payload=CALLBACKS)
    save(conn, small_campaign, used, at=NEXT_DAY, payload=FILE)
    other = replace(used, order_fen=(used.order_fen or 0) + 1)
    saved = save(conn, small_campaign, other, at=NEXT_DAY, payload="e" * 64)
    assert [entry.event for entry in saved.conflicting] == [other]
    assert figures(conn, small_campaign).direct_spend_fen == used.order_fen


def test_both_in_one_batch_are_one_event_with_its_amount(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    saved = save(conn, small_campaign, pushed(used), used, at=EVENING, payload=FILE)
    assert (saved.accepted, saved.duplicate, saved.superseded) == (1, 1, 0)
    assert figures(conn, small_campaign).direct_spend_fen == used.order_fen
    assert conn.execute(select(superseded)).all() == []


def test_completing_a_refunded_order_adds_no_spending(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    back = event(small_campaign, small_campaign.programme[0].id, Kind.REFUND, 1)
    save(conn, small_campaign, pushed(used), back, at=EVENING, payload=CALLBACKS)
    save(conn, small_campaign, used, at=NEXT_DAY, payload=FILE)
    after = figures(conn, small_campaign)
    assert (after.direct_spend_fen, after.orders_count, after.refunded_count) == (0, 0, 1)
    assert verify(conn, small_campaign) == []


def test_figures_as_of_earlier_do_not_know_the_amount(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    save(conn, small_campaign, pushed(used), at=EVENING, payload=CALLBACKS)
    before = figures(conn, small_campaign, known_by=EVENING)
    save(conn, small_campaign, used, at=NEXT_DAY, payload=FILE)
    assert figures(conn, small_campaign, known_by=EVENING) == before
    assert figures(conn, small_campaign, known_by=NEXT_DAY).direct_spend_fen == used.order_fen


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_whole_and_lacking_deliveries_ends_the_same(
    data: st.DataObject, small_campaign: Campaign
) -> None:
    programme = small_campaign.programme[0].id
    whole = [event(small_campaign, programme, Kind.REDEMPTION, n) for n in range(4)]
    refunds = [event(small_campaign, programme, Kind.REFUND, n) for n in (1, 2)]
    told = data.draw(st.permutations([*whole, *map(pushed, whole), *refunds]))
    cut = data.draw(st.integers(0, len(told)))
    engine = open_store("sqlite://")
    migrate(engine)
    with write(engine) as conn:
        for n, part in enumerate((told[:cut], told[cut:])):
            save(conn, small_campaign, *part, at=EVENING + timedelta(hours=n), payload=str(n) * 64)
        after = figures(conn, small_campaign)
        assert verify(conn, small_campaign) == []
    engine.dispose()
    assert after.direct_spend_fen == sum(whole[n].order_fen or 0 for n in (0, 3))
    assert (after.orders_count, after.redeemed_gross_count, after.refunded_count) == (2, 4, 2)
