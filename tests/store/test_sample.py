"""The audit sample from the ledger: of what was known then, whatever came since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.records import Grade, Kind
from store.queries.sample import draw_sample
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event

EVENING, NEXT_DAY = OPENING + timedelta(hours=10), OPENING + timedelta(days=1)


def test_a_sample_drawn_again_later_is_the_same(conn: Connection, small_campaign: Campaign) -> None:
    city = small_campaign.city.id
    uses = [event(small_campaign, city, Kind.REDEMPTION, n) for n in range(40)]
    more = [event(small_campaign, city, Kind.REDEMPTION, n) for n in range(40, 90)]
    gone = replace(uses[0], revision=1, cancelled=True)
    batch, later = entries(small_campaign, *uses), entries(small_campaign, *more, gone)
    save_batch(conn, batch, source="s", grade=Grade.FLASH, raw_sha256="a" * 64, now=EVENING)
    first = draw_sample(conn, seed="1", known_by=EVENING)
    save_batch(conn, later, source="s", grade=Grade.FLASH, raw_sha256="b" * 64, now=NEXT_DAY)
    assert draw_sample(conn, seed="1", known_by=EVENING) == first
    assert (first.population, len(first.rows)) == (40, 4)
    now = draw_sample(conn, seed="1", known_by=NEXT_DAY)
    assert (now.population, len(now.rows)) == (89, 9)
    assert all(row.drawn.record[0] == city and row.order_fen for row in now.rows)
