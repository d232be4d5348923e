"""Is the ledger what its events say it is? Every difference found, by name; an empty list is a clean ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import brotli
from sqlalchemy import Connection, LargeBinary, Select, Table, func, or_, select, type_coerce

from domain.campaign import Campaign
from domain.records import Kind
from store import schema
from store.buckets import DAY_US, MINUTE_US
from store.queries.balanced import account_differences, misplaced_events
from store.queries.difference import Difference
from store.queries.merchant_days import merchant_day_differences
from store.queries.recompute import recomputed_cells
from store.queries.sanction_money import booked_beyond
from store.queries.tranche_minutes import tranche_minute_differences
from store.queries.unsettled import unsettled
from store.schema import events, measures_of, merchants_seen, unpacked

GRAINS = (
    (schema.rollup_minute, "minute", MINUTE_US),
    (schema.rollup_day, "day", DAY_US),
    (schema.rollup_total, "", DAY_US),  # no time in its key
)


def verify(
    conn: Connection,
    campaign: Campaign,
    *,
    now: datetime | None = None,
    reconciled_at: datetime | None = None,
) -> list[Difference]:
    """Roll-ups = events, invariants of the ledger, open discrepancies = what differs, bytes of the archive.

    `now`: None leaves out the accounts, which expiry moves. `reconciled_at`: when totals were last compared; None:
    never, and then nothing can be said of discrepancies.
    """
    return [
        *(d for table, time, size in GRAINS for d in _rollup_differences(conn, table, time, size)),
        *tranche_minute_differences(conn),
        *_merchant_differences(conn),
        *merchant_day_differences(conn, campaign),
        *_claimed_beyond_quantity(conn, campaign),
        *misplaced_events(conn, campaign),
        *booked_beyond(conn),
        *(() if now is None else account_differences(conn, campaign, now=now)),
        *(() if reconciled_at is None else unsettled(conn, campaign, reconciled_at=reconciled_at)),
        *_broken_bytes(conn),
    ]


def orphan_refunds(conn: Connection) -> tuple[int, int]:
    """(count, fen) of refunds whose redemption has not come: counted, and named as such."""
    used = select(events).where(events.c.kind == Kind.REDEMPTION.value, ~events.c.cancelled).subquery("used")
    query = (
        select(func.count(), func.coalesce(func.sum(events.c.face_fen), 0))
        .select_from(
            events.outerjoin(
                used,
                (used.c.programme == events.c.programme)
                & (used.c.platform == events.c.platform)
                & (used.c.sub_project == events.c.sub_project)
                & (used.c.event_no == events.c.origin_event_no),
            )
        )
        .where(events.c.kind == Kind.REFUND.value, ~events.c.cancelled, used.c.event_no.is_(None))
    )
    n, fen = conn.execute(query).one()
    return int(n), int(fen)


def recomputed_rows(
    conn: Connection, table: Table, time: str, size_us: int
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """What a roll-up table should hold, by its key, from the events alone."""
    width = len(table.primary_key)
    rows = map(tuple, conn.execute(recomputed_rollup(table, time, size_us)))
    return {row[:width]: tuple(int(n) for n in row[width:]) for row in rows}


@cache  # putting the statement together takes ten milliseconds, and there are three
def recomputed_rollup(table: Table, time: str, size_us: int) -> Select[Any]:
    """The table's key and measures, from the events alone; cells of nothing but zeros left out."""
    cells = recomputed_cells(size_us)
    keys = [cells.c.moment if c.name == time else cells.c[c.name] for c in table.primary_key]
    sums = [func.sum(cells.c[name]) for name in measures_of(table)]
    return select(*keys, *sums).group_by(*keys).having(or_(*(amount != 0 for amount in sums)))


def _rollup_differences(conn: Connection, table: Table, time: str, size_us: int) -> Iterator[Difference]:
    expected = recomputed_rows(conn, table, time, size_us)
    keys, measures = list(table.primary_key), measures_of(table)
    stored = {
        tuple(row[: len(keys)]): tuple(row[len(keys) :])
        for row in conn.execute(select(*keys, *(table.c[name] for name in measures)))
    }
    nothing = (0,) * len(measures)
    for key in sorted(expected.keys() | stored.keys(), key=str):
        for name, have, want in zip(
            measures, stored.get(key, nothing), expected.get(key, nothing), strict=True
        ):
            if have != want:
                where = "/".join(str(part) for part in key)
                yield Difference(check=f"{table.name}.{name}", where=where, stored=have, expected=want)


def _merchant_differences(conn: Connection) -> Iterator[Difference]:
    expected = expected_merchants(conn)
    keys = list(merchants_seen.primary_key)
    query = select(*keys, merchants_seen.c.redeemed_net_count)
    stored = {tuple(row[:-1]): int(row[-1]) for row in conn.execute(query)}
    for key in sorted(expected.keys() | stored.keys()):
        if stored.get(key, 0) != expected.get(key, 0):
            yield Difference(
                check="merchants_seen",
                where="/".join(key),
                stored=stored.get(key, 0),
                expected=expected.get(key, 0),
            )


def expected_merchants(conn: Connection) -> dict[tuple[str, ...], int]:
    """(programme, tranche, county, merchant) -> redemptions without a refund, from the events alone."""
    return {tuple(row[:-1]): int(row[-1]) for row in conn.execute(recomputed_merchants())}


def recomputed_merchants() -> Select[Any]:
    back = events.alias("back")
    refunded = (
        select(back.c.event_no)
        .where(
            back.c.kind == Kind.REFUND.value,
            ~back.c.cancelled,
            back.c.programme == events.c.programme,
            back.c.platform == events.c.platform,
            back.c.sub_project == events.c.sub_project,
            back.c.origin_event_no == events.c.event_no,
        )
        .exists()
    )
    keys = [events.c[column.name] for column in merchants_seen.primary_key]
    return (
        select(*keys, func.count())
        .where(
            events.c.kind == Kind.REDEMPTION.value,
            ~events.c.cancelled,
            events.c.merchant.is_not(None),
            ~refunded,
        )
        .group_by(*keys)
    )


def _claimed_beyond_quantity(conn: Connection, campaign: Campaign) -> Iterator[Difference]:
    quantity = {(r.programme, line.template, r.no): line.qty for r in campaign.round for line in r.lines}
    day = schema.rollup_day
    keys = (day.c.programme, day.c.template, day.c.round_no)
    query = select(*keys, func.sum(day.c.claimed_count)).group_by(*keys)
    for programme, template, round_no, claimed in conn.execute(query):
        where = f"{programme}/{template}#R{round_no}"
        most = quantity.get((programme, template, round_no), 0)
        if claimed > most:
            yield Difference(check="claimed <= configured", where=where, stored=int(claimed), expected=most)


def _broken_bytes(conn: Connection) -> Iterator[Difference]:
    archive = schema.raw_archive
    stored = select(archive.c.sha256, type_coerce(archive.c.body, LargeBinary))
    for sha256, body in conn.execute(stored).yield_per(200):
        try:
            found = hashlib.sha256(unpacked(body)).hexdigest()
        except brotli.error:
            found = "unreadable"
        if found != sha256:
            yield Difference(check="raw_archive", where=sha256, stored=found, expected=sha256)
