"""Whom vouchers were of is erased half a year after the last programme's end, and no figure changes (I22)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select

from dashboard.privacy.retention import forget
from domain.campaign import Campaign
from domain.records import Grade, Kind
from store.engine import read, write
from store.queries.totals import totals
from store.queries.verify import verify
from store.schema import events, superseded
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event

DAY = timedelta(days=1)
PEOPLE_KEPT = timedelta(days=183)


def named(conn: Connection) -> int:
    return sum(
        conn.execute(
            select(func.count()).select_from(table).where(table.c.user_ref.is_not(None))
        ).scalar_one()
        for table in (events, superseded)
    )


@pytest.fixture
def ended(small_campaign: Campaign) -> Campaign:
    """Every programme's end is known."""
    end = small_campaign.city.end_at
    several = tuple(p.model_copy(update={"end_at": end}) for p in small_campaign.programme)
    return small_campaign.model_copy(update={"programme": several})


def play(engine: Engine, campaign: Campaign, since: datetime = OPENING) -> None:
    """The redemption's amount comes a day later: how it stood before names somebody too."""
    claim = event(campaign, "city", Kind.CLAIM, 1, user_ref="U1")
    used = event(campaign, "city", Kind.REDEMPTION, 1, user_ref="U1", order_fen=None)
    whole = event(campaign, "city", Kind.REDEMPTION, 1, user_ref="U1")
    with write(engine) as conn:
        for told, now in (((claim, used), since), ((whole,), since + DAY)):
            batch = entries(campaign, *told)
            save_batch(conn, batch, source="s", grade=Grade.FLASH, raw_sha256=f"{now.day:064d}", now=now)


def figures(engine: Engine, campaign: Campaign) -> list[object]:
    with read(engine) as conn:
        now = OPENING + 400 * DAY
        asked = ({}, {"known_by": OPENING})
        return [totals(conn, campaign, by=("programme", "county"), now=now, **more) for more in asked]  # type: ignore[arg-type]


def test_people_are_erased_once_and_for_all_of_the_past(engine: Engine, ended: Campaign) -> None:
    play(engine, ended)
    before, end = figures(engine, ended), ended.city.end_at
    assert end is not None
    forget(engine, ended, now=end + PEOPLE_KEPT - timedelta(seconds=1), fence=lambda conn: None)
    with read(engine) as conn:
        assert named(conn) == 3
    forget(engine, ended, now=end + PEOPLE_KEPT, fence=lambda conn: None)
    with read(engine) as conn:
        assert named(conn) == 0
        assert verify(conn, ended, now=end) == []
    assert figures(engine, ended) == before
    play(engine, ended, end)  # sent again: told again, erased again
    forget(engine, ended, now=end + PEOPLE_KEPT, fence=lambda conn: None)
    with read(engine) as conn:
        assert named(conn) == 0
    assert figures(engine, ended) == before


def test_before_the_end_is_known_nobody_is_erased(engine: Engine, small_campaign: Campaign) -> None:
    play(engine, small_campaign)
    forget(engine, small_campaign, now=OPENING + timedelta(days=4000), fence=lambda conn: None)
    with read(engine) as conn:
        assert named(conn) == 3
