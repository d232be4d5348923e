"""Events a platform tells anew or takes back: the highest revision stands, whatever comes first."""

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
from store.queries.verify import orphan_refunds, verify
from store.schema import events, superseded
from store.writes.ledger import Saved, save_batch
from tests.store.events import OPENING, entries, event

pytestmark = pytest.mark.every_form

EVENING, NEXT_DAY, DAY_AFTER = (OPENING + timedelta(hours=hours) for hours in (10, 26, 50))


def save(conn: Connection, campaign: Campaign, *told: Event, at: datetime, payload: str = "a") -> Saved:
    batch = entries(campaign, *told)
    return save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256=payload * 64, now=at)


def figures(conn: Connection, campaign: Campaign, *, known_by: datetime | None = None) -> Figures:
    return total_of(totals(conn, campaign, by=("programme",), now=DAY_AFTER, known_by=known_by))


def counts(saved: Saved) -> tuple[int, int, int, int]:
    return saved.accepted, saved.duplicate, saved.superseded, len(saved.conflicting)


@pytest.fixture
def used(small_campaign: Campaign) -> Event:
    return event(small_campaign, small_campaign.programme[0].id, Kind.REDEMPTION, 1)


@pytest.fixture
def corrected(used: Event) -> Event:
    return replace(used, revision=1, order_fen=99_000, occurred_at=used.occurred_at + timedelta(days=1))


def test_a_correction_takes_the_place_of_what_it_corrects(
    conn: Connection, small_campaign: Campaign, used: Event, corrected: Event
) -> None:
    save(conn, small_campaign, used, at=EVENING)
    before = figures(conn, small_campaign, known_by=EVENING)
    assert counts(save(conn, small_campaign, corrected, at=NEXT_DAY, payload="b")) == (0, 0, 1, 0)
    after = figures(conn, small_campaign)
    assert (after.redeemed_gross_count, after.orders_count, after.direct_spend_fen) == (1, 1, 99_000)
    by_day = totals(conn, small_campaign, by=("day",), now=DAY_AFTER)
    assert [row.figures.redeemed_gross_count for row in by_day if row.figures.redeemed_gross_count] == [1]
    assert verify(conn, small_campaign) == []
    assert figures(conn, small_campaign, known_by=EVENING) == before
    assert before.direct_spend_fen == used.order_fen


def test_a_correction_of_the_county_alone_moves_its_days_and_leaves_its_minute(
    conn: Connection, small_campaign: Campaign
) -> None:
    city = small_campaign.city.id
    used = [event(small_campaign, city, Kind.REDEMPTION, n) for n in range(2)]
    elsewhere = next(d.code for d in small_campaign.division if d.code != used[0].county)
    save(conn, small_campaign, *used, at=EVENING)
    save(conn, small_campaign, replace(used[0], revision=1, county=elsewhere), at=NEXT_DAY, payload="b")
    by_county = totals(conn, small_campaign, by=("county",), now=DAY_AFTER)
    found = {row.key[0]: row.figures.redeemed_gross_count for row in by_county}
    assert (found[used[0].county or ""], found[elsewhere]) == (1, 1)
    assert verify(conn, small_campaign) == []


def test_what_a_correction_corrects_is_kept_with_the_payload_that_did_it(
    conn: Connection, small_campaign: Campaign, used: Event, corrected: Event
) -> None:
    save(conn, small_campaign, used, at=EVENING)
    save(conn, small_campaign, corrected, at=NEXT_DAY, payload="b")
    kept = conn.execute(select(superseded)).one()
    assert (kept.revision, kept.order_fen, kept.superseded_at, kept.superseded_by) == (
        0, used.order_fen, NEXT_DAY, "b" * 64,
    )  # fmt: skip
    stands = conn.execute(select(events)).one()
    assert (stands.revision, stands.known_at, stands.received_at) == (1, NEXT_DAY, EVENING)


def test_what_comes_after_its_correction_says_nothing(
    conn: Connection, small_campaign: Campaign, used: Event, corrected: Event
) -> None:
    assert counts(save(conn, small_campaign, corrected, at=EVENING)) == (1, 0, 0, 0)
    assert counts(save(conn, small_campaign, used, at=NEXT_DAY)) == (0, 0, 1, 0)
    assert figures(conn, small_campaign).direct_spend_fen == 99_000


def test_a_correction_lacks_what_it_does_not_tell(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    save(conn, small_campaign, used, replace(used, revision=1, order_fen=None), at=EVENING)
    after = figures(conn, small_campaign)
    assert (after.redeemed_gross_count, after.orders_count, after.direct_spend_fen) == (1, 0, 0)


def test_the_same_revision_with_other_content_is_a_conflict(
    conn: Connection, small_campaign: Campaign, used: Event, corrected: Event
) -> None:
    save(conn, small_campaign, used, corrected, at=EVENING)
    other = replace(corrected, order_fen=99_001)
    assert counts(save(conn, small_campaign, other, at=NEXT_DAY)) == (0, 0, 0, 1)
    assert figures(conn, small_campaign).direct_spend_fen == 99_000


def test_an_event_told_again_unchanged_with_a_higher_number_is_a_duplicate(
    conn: Connection, small_campaign: Campaign, used: Event, corrected: Event
) -> None:
    save(conn, small_campaign, used, at=EVENING)
    assert counts(save(conn, small_campaign, replace(used, revision=2), at=NEXT_DAY)) == (0, 1, 0, 0)
    assert conn.execute(select(superseded)).all() == []
    assert counts(save(conn, small_campaign, corrected, at=DAY_AFTER)) == (0, 0, 1, 0), "2 stands, 1 is late"
    assert figures(conn, small_campaign).direct_spend_fen == used.order_fen


def test_an_event_that_is_taken_back_counts_nowhere_and_is_kept(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    claim = event(small_campaign, small_campaign.programme[0].id, Kind.CLAIM, 1)
    back = event(small_campaign, small_campaign.programme[0].id, Kind.REFUND, 1)
    save(conn, small_campaign, claim, used, back, at=EVENING)
    before = figures(conn, small_campaign, known_by=EVENING)
    gone = [replace(e, revision=1, cancelled=True) for e in (claim, used)]
    assert counts(save(conn, small_campaign, *gone, at=NEXT_DAY)) == (0, 0, 2, 0)
    after = figures(conn, small_campaign)
    assert (after.claimed_count, after.redeemed_gross_count, after.direct_spend_fen) == (0, 0, 0)
    assert after.refunded_count == 1, "its refund is an orphan now, and named as one"
    assert orphan_refunds(conn) == (1, back.face_fen)
    assert len(conn.execute(select(events)).all()) == 3
    assert verify(conn, small_campaign) == []
    assert figures(conn, small_campaign, known_by=EVENING) == before


def test_a_refund_that_belonged_to_another_redemption_is_moved(
    conn: Connection, small_campaign: Campaign, used: Event
) -> None:
    other = event(small_campaign, small_campaign.programme[0].id, Kind.REDEMPTION, 2)
    back = event(small_campaign, small_campaign.programme[0].id, Kind.REFUND, 1)
    save(conn, small_campaign, used, other, back, at=EVENING)
    assert figures(conn, small_campaign).direct_spend_fen == other.order_fen
    moved = replace(back, revision=1, origin_event_no=other.event_no)
    save(conn, small_campaign, moved, at=NEXT_DAY)
    assert figures(conn, small_campaign).direct_spend_fen == used.order_fen
    assert verify(conn, small_campaign) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_corrections_ends_the_same(data: st.DataObject, small_campaign: Campaign) -> None:
    programme = small_campaign.programme[0].id
    uses = [event(small_campaign, programme, Kind.REDEMPTION, n) for n in range(3)]
    backs = [event(small_campaign, programme, Kind.REFUND, n) for n in (1, 2)]
    revised = [replace(uses[0], revision=n, order_fen=50_000 + n) for n in (1, 2, 3)]
    moved = replace(backs[0], revision=1, origin_event_no=uses[0].event_no)
    gone = replace(backs[1], revision=1, cancelled=True)
    told = data.draw(st.permutations([*uses, *backs, *revised, moved, gone]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), min_size=2, max_size=2)))
    engine = open_store("sqlite://")
    migrate(engine)
    with write(engine) as conn:
        for n, part in enumerate((told[: cuts[0]], told[cuts[0] : cuts[1]], told[cuts[1] :])):
            save(conn, small_campaign, *part, at=EVENING + timedelta(hours=n), payload=str(n))
        after = figures(conn, small_campaign)
        assert verify(conn, small_campaign) == []
    engine.dispose()
    assert (after.redeemed_gross_count, after.refunded_count, after.orders_count) == (3, 1, 2)
    assert after.direct_spend_fen == sum(use.order_fen or 0 for use in uses[1:])


def test_a_correction_and_its_undoing_in_one_batch_leave_the_past_as_it_was(
    conn: Connection, small_campaign: Campaign
) -> None:
    told = event(small_campaign, small_campaign.city.id, Kind.CLAIM, 1)
    save(conn, small_campaign, told, at=EVENING)
    moved = replace(told, revision=1, occurred_at=told.occurred_at + timedelta(hours=5))
    save(conn, small_campaign, moved, replace(told, revision=2), at=NEXT_DAY, payload="b")
    assert figures(conn, small_campaign, known_by=EVENING).claimed_count == 1
    assert conn.scalars(select(events.c.revision)).all() == [2]
