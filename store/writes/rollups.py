"""The roll-ups, moved by exactly what a batch changed: contributions(after) - contributions(before)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, Table

from domain.records import Kind
from store import schema
from store.buckets import DAY_US, HOUR_US, MINUTE_US, bucket_us
from store.schema import MEASURES
from store.writes.bulk import add_up_rows, stored
from store.writes.driver import Tuple
from store.writes.rows import EventRow
from store.writes.subsidies import SUBSIDY, move_subsidies

_CLAIM, _REDEMPTION, _REFUND = Kind.CLAIM.value, Kind.REDEMPTION.value, Kind.REFUND.value
(
    _CLAIMED_COUNT, _CLAIMED_FEN, _GROSS_COUNT, _GROSS_FEN,
    _REFUNDED_COUNT, _REFUNDED_FEN, _RETURNED_FEN, _SPEND_FEN, _ORDERS_COUNT,
) = range(MEASURES.index("orders_count") + 1)  # fmt: skip

_Group = tuple[str, str, str, str]
"""A redemption and its refunds: (programme, platform, sub_project, the redemption's number)."""
_Amounts = defaultdict[int, int]
"""By the place in MEASURES: most cells of a batch move two of them, or four."""
_Cells = dict[Tuple, _Amounts]
_Sums = dict[Tuple, list[int]]
_Shops = dict[Tuple, int]


def move_rollups(
    conn: Connection, new: Sequence[EventRow], changed: Sequence[tuple[EventRow, EventRow]]
) -> None:
    """Move every roll-up by `new` rows and by `changed` ones, (before, after).

    Stored at this moment: the new rows, and of the changed ones what they were before.
    """
    cells: _Cells = {}
    shops: _Shops = defaultdict(int)
    come, gone = _by_group(new), _by_group(before for before, _ in changed)
    for name, rows in _by_group(after for _, after in changed).items():
        come[name] += rows
    _claims(cells, new, sign=1)
    _claims(cells, (after for _, after in changed), sign=1)
    _claims(cells, (before for before, _ in changed), sign=-1)
    untouched = _stored_untouched(conn, come, gone)
    for name in dict.fromkeys((*come, *gone)):
        known = untouched.get(name, [])
        _contribute(cells, shops, [*known, *come.get(name, ())], sign=1)
        if known or name in gone:
            _contribute(cells, shops, [*known, *gone.get(name, ())], sign=-1)
    move_subsidies(conn, new, changed, partial(_cell, cells))
    _store_cells(conn, cells)
    moved = [(*shop, count) for shop, count in sorted(shops.items()) if count]
    add_up_rows(conn, schema.merchants_seen, moved, measures=("redeemed_net_count",))


def _by_group(rows: Iterable[EventRow]) -> dict[_Group, list[EventRow]]:
    """Redemptions with their refunds; claims stand alone, subsidies elsewhere."""
    groups: dict[_Group, list[EventRow]] = defaultdict(list)
    for row in rows:
        if row.kind != _CLAIM and row.kind not in SUBSIDY:
            groups[_group(row)].append(row)
    return groups


def _claims(cells: _Cells, rows: Iterable[EventRow], *, sign: int) -> None:
    for row in rows:
        if row.kind == _CLAIM and not row.cancelled:
            cell = _cell(cells, row)
            cell[_CLAIMED_COUNT] += sign
            cell[_CLAIMED_FEN] += sign * row.face_fen


def _contribute(cells: _Cells, shops: _Shops, group: Sequence[EventRow], *, sign: int) -> None:
    """Add what one redemption and its refunds are worth, with `sign`.

    Work plan 七(五): the full face goes back to the pool, exactly once however many notices come; a refunded
    order leaves direct spend entirely. Refunds without their redemption still count as refunded: they are
    listed as orphans, never silently dropped. What the platform took back is worth nothing.
    """
    redemption, refunds = None, []
    for row in group:
        if row.cancelled:
            continue
        if row.kind == _REFUND:
            refunds.append(row)
        elif redemption is None:
            redemption = row
    if redemption:
        cell = _cell(cells, redemption)
        cell[_GROSS_COUNT] += sign
        cell[_GROSS_FEN] += sign * redemption.face_fen
        if redemption.order_fen is not None:
            cell[_SPEND_FEN] += sign * redemption.order_fen
            cell[_ORDERS_COUNT] += sign
        if redemption.merchant and not refunds:
            shops[redemption.programme, redemption.tranche, redemption.county, redemption.merchant] += sign
    if refunds:
        first = min(refunds, key=lambda row: (row.occurred_at, row.key))
        cell = _cell(cells, first)
        cell[_REFUNDED_COUNT] += sign
        cell[_REFUNDED_FEN] += sign * first.face_fen
        cell[_RETURNED_FEN] += sign * (first.face_fen if first.returned_fen is None else first.returned_fen)
        if redemption and redemption.order_fen is not None:
            cell[_SPEND_FEN] -= sign * redemption.order_fen
            cell[_ORDERS_COUNT] -= sign


def _cell(cells: _Cells, row: EventRow) -> _Amounts:
    """The finest cell the row falls into: all three grains are sums of these."""
    minute = row.occurred_at - row.occurred_at % MINUTE_US
    key = (row.programme, row.tranche, row.county, row.sector, row.template, row.round_no, minute)
    cell = cells.get(key)
    if cell is None:
        cell = cells[key] = defaultdict(int)
    return cell


def _group(row: EventRow) -> _Group:
    number = (row.origin_event_no or "") if row.kind == _REFUND else row.event_no
    return (row.programme, row.platform, row.sub_project, number)


def _stored_untouched(
    conn: Connection, come: Mapping[_Group, list[EventRow]], gone: Mapping[_Group, list[EventRow]]
) -> dict[_Group, list[EventRow]]:
    """What is stored of the groups the batch touches, beside the rows it brings or changes."""
    groups = {name: (*come.get(name, ()), *gone.get(name, ())) for name in dict.fromkeys((*come, *gone))}
    touched = {row.key for rows in groups.values() for row in rows}
    # the columns of ix_events_origin: fewer, and SQLite walks all of a programme for every redemption
    origin = ("programme", "platform", "sub_project", "origin_event_no", "kind")
    refunds = stored(conn, schema.events, origin, sorted((*name, _REFUND) for name in groups))
    without = [name for name, rows in groups.items() if not any(r.kind == _REDEMPTION for r in rows)]
    asked = sorted((*name, _REDEMPTION) for name in without)
    key = [column.name for column in schema.events.primary_key]
    redemptions = stored(conn, schema.events, key, asked)
    found: dict[_Group, list[EventRow]] = defaultdict(list)
    for row in map(EventRow._make, (*refunds, *redemptions)):
        if row.key not in touched:
            found[_group(row)].append(row)
    return found


def _store_cells(conn: Connection, cells: _Cells) -> None:
    """One pass over the batch's cells into the three grains."""
    by_minute: _Sums = {}
    by_hour: _Sums = {}
    by_day: _Sums = {}
    for (programme, tranche, county, sector, template, round_no, minute), amounts in cells.items():
        hour, day = _hour_and_day(minute)
        for sums, key in (
            (by_minute, (programme, minute, tranche)),
            (by_hour, (programme, tranche, county, sector, hour)),
            (by_day, (programme, tranche, county, sector, template, round_no, day)),
        ):
            kept = sums.get(key)
            if kept is None:
                kept = sums[key] = [0] * len(MEASURES)
            for place, amount in amounts.items():
                kept[place] += amount
    _store_grain(conn, schema.rollup_minute, by_minute)
    _store_grain(conn, schema.rollup_hour, by_hour)
    _store_grain(conn, schema.rollup_day, by_day)


def _hour_and_day(minute: int) -> tuple[int, int]:
    return bucket_us(minute, HOUR_US), bucket_us(minute, DAY_US)


def _store_grain(conn: Connection, table: Table, sums: _Sums) -> None:
    """In one order everywhere: two writers cannot deadlock."""
    rows = [(*key, *amounts) for key, amounts in sorted(sums.items()) if any(amounts)]
    add_up_rows(conn, table, rows, measures=MEASURES)
