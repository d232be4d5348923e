"""The roll-ups, moved by exactly what a batch changed: contributions(after) - contributions(before)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from domain.records import Entry, Kind
from store import schema
from store.buckets import DAY_US, HOUR_US, MINUTE_US, bucket_start
from store.schema import MEASURES, events
from store.writes.upsert import add_up, chunks

EventKey = tuple[str, str, str, str, str]
"""(programme, platform, sub_project, event_no, kind)."""

KEY = (events.c.programme, events.c.platform, events.c.sub_project, events.c.event_no, events.c.kind)
_DIMENSIONS = (
    events.c.tranche, events.c.county, events.c.sector, events.c.template, events.c.round_no,
    events.c.merchant, events.c.origin_event_no, events.c.face_fen, events.c.order_fen,
    events.c.returned_fen, events.c.occurred_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One stored event, as far as a roll-up cares."""

    key: EventKey
    tranche: str
    county: str
    sector: str
    template: str
    round_no: int
    merchant: str | None
    origin_event_no: str | None
    face_fen: int
    order_fen: int | None
    returned_fen: int | None
    occurred_at: datetime


_Cell = tuple[str, str, str, str, str, int, datetime]
"""(programme, tranche, county, sector, template, round number, moment)."""

_Sums = dict[Any, list[int]]
_PLACE = {name: place for place, name in enumerate(MEASURES)}


def move_rollups(conn: Connection, new: Mapping[EventKey, Entry]) -> None:
    """Move every roll-up by the entries in `new`, which are stored already."""
    cells: _Sums = defaultdict(lambda: [0] * len(MEASURES))
    shops: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for part in (_part_of_entry(key, entry) for key, entry in new.items() if key[4] == Kind.CLAIM):
        _add(cells, part, claimed_count=1, claimed_fen=part.face_fen)
    for group in _touched_groups(conn, new):
        before = [part for part in group if part.key not in new]
        _contribute(cells, shops, group, sign=1)
        _contribute(cells, shops, before, sign=-1)
    _store_cells(conn, cells)
    add_up(
        conn,
        schema.merchants_seen,
        [
            dict(zip(("programme", "tranche", "county", "merchant"), shop, strict=True))
            | {"redeemed_net_count": n}
            for shop, n in sorted(shops.items())
            if n
        ],
        measures=("redeemed_net_count",),
    )


def _contribute(
    cells: _Sums, shops: dict[tuple[str, str, str, str], int], group: Sequence[_Part], *, sign: int
) -> None:
    """Add what one redemption and its refunds are worth, with `sign`.

    Work plan 七(五): the full face goes back to the pool, exactly once however many notices come; a refunded
    order leaves direct spend entirely. Refunds without their redemption still count as refunded: they are
    listed as orphans, never silently dropped.
    """
    redemption = next((p for p in group if p.key[4] == Kind.REDEMPTION), None)
    refunds = sorted((p for p in group if p.key[4] == Kind.REFUND), key=lambda p: (p.occurred_at, p.key))
    if redemption:
        _add(cells, redemption, redeemed_gross_count=sign, redeemed_gross_fen=sign * redemption.face_fen)
        if redemption.order_fen is not None:
            _add(cells, redemption, direct_spend_fen=sign * redemption.order_fen, orders_count=sign)
        if redemption.merchant and not refunds:
            programme, tranche = redemption.key[0], redemption.tranche
            shops[programme, tranche, redemption.county, redemption.merchant] += sign
    if refunds:
        first = refunds[0]
        returned = first.face_fen if first.returned_fen is None else first.returned_fen
        _add(
            cells,
            first,
            refunded_count=sign,
            refunded_fen=sign * first.face_fen,
            pool_returned_fen=sign * returned,
        )
        if redemption and redemption.order_fen is not None:
            _add(cells, first, direct_spend_fen=-sign * redemption.order_fen, orders_count=-sign)


def _add(cells: _Sums, part: _Part, **amounts: int) -> None:
    cell = cells[
        part.key[0], part.tranche, part.county, part.sector, part.template, part.round_no, part.occurred_at
    ]
    for name, amount in amounts.items():
        cell[_PLACE[name]] += amount


def _touched_groups(conn: Connection, new: Mapping[EventKey, Entry]) -> Iterator[list[_Part]]:
    """Every redemption the batch touches, with all its stored refunds: the new ones are stored already."""
    groups: dict[tuple[str, str, str, str], dict[EventKey, _Part]] = defaultdict(dict)
    for key, entry in new.items():
        if key[4] != Kind.CLAIM:
            part = _part_of_entry(key, entry)
            groups[_group_of(part)][key] = part
    for part in _stored_parts(conn, groups.keys(), refunds_of=True):
        groups[_group_of(part)][part.key] = part
    without = [name for name, parts in groups.items() if not any(k[4] == Kind.REDEMPTION for k in parts)]
    for part in _stored_parts(conn, without, refunds_of=False):
        groups[_group_of(part)][part.key] = part
    for parts in groups.values():
        yield list(parts.values())


def _group_of(part: _Part) -> tuple[str, str, str, str]:
    programme, platform, sub_project, event_no, kind = part.key
    return (
        programme,
        platform,
        sub_project,
        (part.origin_event_no or "") if kind == Kind.REFUND else event_no,
    )


def _stored_parts(
    conn: Connection, groups: Iterable[tuple[str, str, str, str]], *, refunds_of: bool
) -> Iterator[_Part]:
    number = events.c.origin_event_no if refunds_of else events.c.event_no
    kind = Kind.REFUND if refunds_of else Kind.REDEMPTION
    by_owner: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for programme, platform, sub_project, redemption_no in groups:
        by_owner[programme, platform, sub_project].append(redemption_no)
    for (programme, platform, sub_project), numbers in by_owner.items():
        for some in chunks(sorted(numbers), 1000):
            query = select(*KEY, *_DIMENSIONS).where(
                events.c.programme == programme,
                events.c.platform == platform,
                events.c.sub_project == sub_project,
                events.c.kind == kind.value,
                number.in_(some),
            )
            yield from (_part_of_row(row) for row in conn.execute(query))


def _part_of_row(row: Any) -> _Part:
    fields = dict(row._mapping)
    key = tuple(fields.pop(column.name) for column in KEY)
    return _Part(key=key, **fields)


def _part_of_entry(key: EventKey, entry: Entry) -> _Part:
    e = entry.event
    return _Part(
        key=key,
        tranche=entry.tranche,
        county=entry.county,
        sector=entry.sector,
        template=e.template,
        round_no=e.round_no,
        merchant=e.merchant,
        origin_event_no=e.origin_event_no,
        face_fen=e.face_fen,
        order_fen=e.order_fen,
        returned_fen=e.returned_fen,
        occurred_at=e.occurred_at,
    )


def _store_cells(conn: Connection, cells: _Sums) -> None:
    """One pass over the batch's cells into the three grains."""
    minute: _Sums = defaultdict(lambda: [0] * len(MEASURES))
    hour: _Sums = defaultdict(lambda: [0] * len(MEASURES))
    day: _Sums = defaultdict(lambda: [0] * len(MEASURES))
    for (programme, tranche, county, sector, template, round_no, moment), amounts in cells.items():
        for sums, key in (
            (minute, (programme, tranche, bucket_start(moment, MINUTE_US))),
            (hour, (programme, tranche, county, sector, bucket_start(moment, HOUR_US))),
            (day, (programme, tranche, county, sector, template, round_no, bucket_start(moment, DAY_US))),
        ):
            kept = sums[key]
            for place, amount in enumerate(amounts):
                kept[place] += amount
    for table, sums in ((schema.rollup_minute, minute), (schema.rollup_hour, hour), (schema.rollup_day, day)):
        _store_grain(conn, table, sums)


def _store_grain(conn: Connection, table: Table, sums: _Sums) -> None:
    keys = [column.name for column in table.primary_key]
    rows = [
        dict(zip(keys, key, strict=True)) | dict(zip(MEASURES, amounts, strict=True))
        for key, amounts in sorted(sums.items())  # one order everywhere: two writers cannot deadlock
        if any(amounts)
    ]
    add_up(conn, table, rows, measures=MEASURES)
