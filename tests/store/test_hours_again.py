"""Revision 0039 taken back: the hours that nothing reads any more stand again as the events have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import BigInteger, Engine, func, or_, select, text, type_coerce

from domain.campaign import Campaign
from domain.records import Event, Grade, Kind
from store.buckets import HOUR_US
from store.engine import read, write
from store.migrations import downgrade, migrate
from store.queries.recompute import recomputed_cells
from store.queries.verify import verify
from store.schema import MEASURES
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event, step

KEY = ("programme", "tranche", "county", "sector")
HOUR = timedelta(hours=1)


def test_hours_are_filled_from_the_events_and_leave_again(engine: Engine, audited: Campaign) -> None:
    for told, payload in ((happened(audited), "a"), (taken_back(audited), "b")):
        with write(engine) as conn:
            batch = entries(audited, *told)
            save_batch(conn, batch, source="t", grade=Grade.FLASH, raw_sha256=payload * 64, now=OPENING)
    downgrade(engine, "0037")
    with read(engine) as conn:
        assert filled(engine) == recomputed(engine)
        sums = conn.execute(text(f"SELECT {', '.join(f'sum({m})' for m in MEASURES)} FROM rollup_hour")).one()
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


def filled(engine: Engine) -> dict[tuple[object, ...], tuple[int, ...]]:
    query = text(f"SELECT {', '.join((*KEY, 'hour', *MEASURES))} FROM rollup_hour")
    with read(engine) as conn:
        return {tuple(row[:5]): tuple(row[5:]) for row in conn.execute(query)}


def recomputed(engine: Engine) -> dict[tuple[object, ...], tuple[int, ...]]:
    cells = recomputed_cells(HOUR_US)
    keys = [*(cells.c[name] for name in KEY), type_coerce(cells.c.moment, BigInteger)]
    sums = [func.sum(cells.c[name]) for name in MEASURES]
    query = select(*keys, *sums).group_by(*keys).having(or_(*(amount != 0 for amount in sums)))
    with read(engine) as conn:
        return {tuple(row[:5]): tuple(map(int, row[5:])) for row in conn.execute(query)}
