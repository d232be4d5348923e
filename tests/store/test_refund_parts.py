"""A refund that comes in parts: each part is put back on its own day, together never more than the face."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from domain.campaign import Campaign
from domain.records import Event, Grade, Kind
from domain.terms import business_day_start
from store.engine import read, write
from store.migrations import downgrade, migrate
from store.queries.short_refunds import short_refunds
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.schema import rollup_day
from store.writes.ledger import save_batch
from store.writes.rebuild import rebuild_rollups
from tests.store.events import OPENING, entries, event

DAY = timedelta(days=1)
LATER = OPENING + 30 * DAY
FACE_FEN = 2_000


def notice(campaign: Campaign, day: int, returned_fen: int | None) -> Event:
    """The notice of that day, of one and the same redemption."""
    at = OPENING + day * DAY
    changes = {"event_no": f"B1-{day}", "returned_fen": returned_fen, "occurred_at": at}
    return event(campaign, "city", Kind.REFUND, 1, **changes)


def save(conn: Connection, campaign: Campaign, *told: Event, now: datetime = OPENING) -> None:
    batch = entries(campaign, *told)
    save_batch(conn, batch, source="t", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def put_back(conn: Connection, campaign: Campaign, known_by: datetime | None = None) -> dict[int, int]:
    """Day, counted from the opening's, -> fen that went back to the pool on it."""
    rows = totals(conn, campaign, by=("programme", "day"), now=LATER, known_by=known_by, until=LATER)
    told = {row.key: row.figures.pool_returned_fen for row in rows}
    first = business_day_start(OPENING)
    return {(day - first).days: fen for (programme, day), fen in told.items() if programme == "city" and fen}


@pytest.mark.every_form
@pytest.mark.parametrize(
    ("returned", "by_day"),
    [
        ((1_000, 1_000), {1: 1_000, 2: 1_000}),
        ((1_000, 1_500), {1: 1_000, 2: 1_000}),
        ((2_000, 2_000), {1: 2_000}),
        ((None, 700), {1: 2_000}),
        ((0, 300, None), {2: 300, 3: 1_700}),
        ((500, 0, 250), {1: 500, 3: 250}),
    ],
)
def test_each_part_counts_on_its_own_day_up_to_the_face(
    conn: Connection, small_campaign: Campaign, returned: tuple[int | None, ...], by_day: dict[int, int]
) -> None:
    first, *later = (notice(small_campaign, day, fen) for day, fen in enumerate(returned, 1))
    used = event(small_campaign, "city", Kind.REDEMPTION, 1)
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1), used, *later)
    save(conn, small_campaign, first, *later)
    assert put_back(conn, small_campaign) == by_day
    figures = total_of(totals(conn, small_campaign, by=("programme",), now=LATER))
    assert (figures.refunded_count, figures.refunded_fen) == (1, FACE_FEN)
    assert figures.pool_returned_fen == sum(by_day.values())
    assert verify(conn, small_campaign) == []
    rebuild_rollups(conn)
    assert put_back(conn, small_campaign) == by_day


def test_a_part_that_is_taken_back_leaves_its_room_to_the_next(
    conn: Connection, small_campaign: Campaign
) -> None:
    parts = [notice(small_campaign, day, 1_200) for day in (1, 2)]
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1), *parts)
    assert put_back(conn, small_campaign) == {1: 1_200, 2: 800}
    gone = event(
        small_campaign, "city", Kind.REFUND, 1, event_no="B1-1", returned_fen=1_200,
        occurred_at=OPENING + DAY, revision=1, cancelled=True,
    )  # fmt: skip
    save(conn, small_campaign, gone, now=OPENING + 3 * DAY)
    assert put_back(conn, small_campaign) == {2: 1_200}
    assert put_back(conn, small_campaign, known_by=OPENING + 2 * DAY) == {1: 1_200, 2: 800}
    assert verify(conn, small_campaign) == []


@given(returned=st.lists(st.integers(0, FACE_FEN), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_figures_lack_is_what_the_alert_says(
    engine: Engine, small_campaign: Campaign, returned: list[int]
) -> None:
    """The final paper works it out from the one, the fund's alert from the other."""
    with engine.connect() as conn, conn.begin() as transaction:
        parts = [notice(small_campaign, day, fen) for day, fen in enumerate(returned, 1)]
        save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1), *parts)
        figures = total_of(totals(conn, small_campaign, by=("programme",), now=LATER))
        lacking = sum(short.fen for short in short_refunds(conn, small_campaign, until=LATER))
        transaction.rollback()
    assert figures.refunded_fen - figures.pool_returned_fen == lacking == max(0, FACE_FEN - sum(returned))


def test_a_ledger_from_before_gets_its_later_parts_and_loses_them_again(
    engine: Engine, small_campaign: Campaign
) -> None:
    with write(engine) as conn:
        told = [notice(small_campaign, day, fen) for day, fen in ((1, 500), (2, 1_200), (3, 1_000))]
        save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1), *told)
        counted = put_back(conn, small_campaign)
    downgrade(engine, "0045")
    with read(engine) as conn:
        stored = conn.execute(select(rollup_day.c.day, rollup_day.c.pool_returned_fen)).all()
        by_day = {(day - business_day_start(OPENING)).days: fen for day, fen in stored if fen}
        assert by_day == {1: 500}, "as it was: the first notice alone"
    migrate(engine)
    with read(engine) as conn:
        assert put_back(conn, small_campaign) == counted == {1: 500, 2: 1_200, 3: 300}
        assert verify(conn, small_campaign) == []
