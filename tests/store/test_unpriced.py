"""Orders whose amount is missing make the ratio of spending unknown, whatever else has not come."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from domain.measures import Figures
from domain.records import Event, Grade, Kind
from store.engine import read, write
from store.migrations import downgrade, migrate
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNPRICED, PRICED, ORPHAN, RETURNED = 1, 2, 3, 4


def save(conn: Connection, campaign: Campaign, *told: Event, hours: int = 1) -> None:
    save_batch(
        conn,
        entries(campaign, *told),
        source="test",
        grade=Grade.FLASH,
        raw_sha256=f"{hours:064x}",
        now=OPENING + hours * HOUR,
    )


def some(campaign: Campaign) -> list[Event]:
    """An order without its amount, two with theirs, one of those returned; and a refund of nothing yet told."""
    return [
        event(campaign, "city", Kind.REDEMPTION, UNPRICED, order_fen=None, paid_fen=None),
        event(campaign, "city", Kind.REDEMPTION, PRICED),
        event(campaign, "city", Kind.REDEMPTION, RETURNED),
        event(campaign, "city", Kind.REFUND, RETURNED),
        event(campaign, "city", Kind.REFUND, ORPHAN),
    ]


def figures(conn: Connection, campaign: Campaign, *, hours: int | None = None) -> Figures:
    known_by = None if hours is None else OPENING + hours * HOUR
    return total_of(totals(conn, campaign, by=("programme",), now=OPENING + DAY, known_by=known_by))


def test_a_refund_alone_does_not_make_up_for_an_unpriced_order(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, *some(small_campaign))
    found = figures(conn, small_campaign)
    assert (found.redeemed_net_count, found.orders_count) == (1, 1), "as many as there are amounts"
    assert (found.orphaned_count, found.unpriced_count, found.direct_leverage) == (1, 1, None)
    assert verify(conn, small_campaign) == []


def test_it_is_known_again_with_the_amount_and_the_past_stays(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, *some(small_campaign))
    before = figures(conn, small_campaign, hours=1)
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, UNPRICED), hours=2)
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, ORPHAN), hours=3)
    found = [figures(conn, small_campaign, hours=hours) for hours in (1, 2, 3)]
    assert [(f.orphaned_count, f.unpriced_count) for f in found] == [(1, 1), (1, 0), (0, 0)]
    assert found[0] == before
    assert found[-1] == figures(conn, small_campaign)
    assert found[-1].direct_leverage == found[-1].direct_spend_fen / found[-1].redeemed_net_fen
    assert verify(conn, small_campaign) == []


def test_a_redemption_that_is_taken_back_leaves_an_orphan(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, *some(small_campaign))
    gone = event(small_campaign, "city", Kind.REDEMPTION, RETURNED, revision=1, cancelled=True)
    save(conn, small_campaign, gone, hours=2)
    assert [figures(conn, small_campaign, hours=hours).orphaned_count for hours in (1, 2)] == [1, 2]
    assert figures(conn, small_campaign).orphaned_count == 2
    assert verify(conn, small_campaign) == []


def test_a_ledger_of_before_counts_its_orphans(engine: Engine, small_campaign: Campaign) -> None:
    second = event(small_campaign, "city", Kind.REFUND, ORPHAN, event_no="B9", occurred_at=OPENING + DAY)
    gone = event(small_campaign, "city", Kind.REFUND, PRICED, revision=1, cancelled=True)
    with write(engine) as conn:
        save(conn, small_campaign, *some(small_campaign), second, gone)
        before = figures(conn, small_campaign)
    downgrade(engine, "0047")
    migrate(engine)
    with read(engine) as conn:
        assert figures(conn, small_campaign) == before
        assert before.orphaned_count == 1
        assert verify(conn, small_campaign) == []
