"""Revisions 0039 and 0044 taken back: hours, and minutes with all measures, stand again as the events have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import BigInteger, Engine, func, or_, select, text, type_coerce

from domain.campaign import Campaign
from domain.records import Event, Grade, Kind
from store.buckets import HOUR_US, MINUTE_US
from store.engine import read, write
from store.migrations import downgrade, migrate
from store.migrations.refilled import MEASURES
from store.queries.recompute import recomputed_cells
from store.queries.verify import verify
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event, step

HOUR = timedelta(hours=1)
HOURS = ("0037", "rollup_hour", ("programme", "tranche", "county", "sector"), "hour", HOUR_US)
MINUTES = ("0043", "rollup_minute", ("programme", "tranche"), "minute", MINUTE_US)

Cells = dict[tuple[object, ...], tuple[int, ...]]


@pytest.mark.parametrize(("revision", "table", "places", "time", "size_us"), [HOURS, MINUTES])
def test_cells_are_filled_from_the_events_and_leave_again(
    engine: Engine,
    audited: Campaign,
    revision: str,
    table: str,
    places: tuple[str, ...],
    time: str,
    size_us: int,
) -> None:
    for told, payload in ((happened(audited), "a"), (taken_back(audited), "b")):
        with write(engine) as conn:
            batch = entries(audited, *told)
            save_batch(conn, batch, source="t", grade=Grade.FLASH, raw_sha256=payload * 64, now=OPENING)
    downgrade(engine, revision)
    with read(engine) as conn:
        query = text(f"SELECT {', '.join((*places, time, *MEASURES))} FROM {table}")
        width = len(places) + 1
        assert {tuple(row[:width]): tuple(row[width:]) for row in conn.execute(query)} == recomputed(
            engine, places, size_us
        )
        sums = conn.execute(text(f"SELECT {', '.join(f'sum({m})' for m in MEASURES)} FROM {table}")).one()
        assert all(sums), dict(zip(MEASURES, sums, strict=True))  # nothing was compared with nothing
    migrate(engine)
    with read(engine) as conn:
        assert verify(conn, audited) == []


def happened(campaign: Campaign) -> list[Event]:
    """Refunds told twice and without their redemption, order amounts unknown, two decisions on one application."""
    city = campaign.city.id
    used = [event(campaign, city, Kind.REDEMPTION, n) for n in range(6)]
    back = [event(campaign, city, Kind.REFUND, n, occurred_at=OPENING + HOUR * n) for n in (0, 1, 9)]
    steps = [step(campaign, "shangdang", Kind.APPLICATION, n) for n in range(4)]
    return [
        *(event(campaign, city, Kind.CLAIM, n) for n in range(6)),
        *used[:3],
        *(replace(one, order_fen=None, paid_fen=None) for one in used[3:]),
        *back,
        replace(back[0], event_no="B-again", occurred_at=OPENING + 9 * HOUR),
        *steps,
        *(step(campaign, "shangdang", Kind.APPROVAL, n) for n in (0, 1)),
        *(step(campaign, "shangdang", Kind.REJECTION, n, occurred_at=OPENING + n * 2 * HOUR) for n in (1, 2)),
        step(campaign, "shangdang", Kind.PAYMENT, 0),
    ]


def taken_back(campaign: Campaign) -> list[Event]:
    city = campaign.city.id
    kinds = (Kind.CLAIM, Kind.REDEMPTION)
    return [event(campaign, city, kind, 5, revision=1, cancelled=True) for kind in kinds]


def recomputed(engine: Engine, places: tuple[str, ...], size_us: int) -> Cells:
    cells = recomputed_cells(size_us)
    keys = [*(cells.c[name] for name in places), type_coerce(cells.c.moment, BigInteger)]
    sums = [func.sum(cells.c[name]) for name in MEASURES]
    query = select(*keys, *sums).group_by(*keys).having(or_(*(amount != 0 for amount in sums)))
    with read(engine) as conn:
        return {tuple(row[: len(keys)]): tuple(map(int, row[len(keys) :])) for row in conn.execute(query)}
