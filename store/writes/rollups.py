"""The roll-ups, moved by exactly what a batch changed: contributions(after) - contributions(before)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from domain.records import Kind
from store import schema
from store.buckets import DAY_US, bucket_us
from store.schema import MEASURES
from store.writes.bulk import add_up_rows, stored
from store.writes.cells import Cells
from store.writes.driver import Tuple
from store.writes.merchant_days_due import mark_days
from store.writes.rows import EventRow
from store.writes.subsidies import move_subsidies

_CLAIM, _REDEMPTION, _REFUND = Kind.CLAIM.value, Kind.REDEMPTION.value, Kind.REFUND.value
(
    _CLAIMED_COUNT, _CLAIMED_FEN, _GROSS_COUNT, _GROSS_FEN,
    _REFUNDED_COUNT, _REFUNDED_FEN, _RETURNED_FEN, _SPEND_FEN, _ORDERS_COUNT,
) = range(MEASURES.index("orders_count") + 1)  # fmt: skip

_Group = tuple[str, str, str, str]
"""A redemption and its refunds: (programme, platform, sub_project, the redemption's number)."""
_Shops = dict[Tuple, int]


def move_rollups(
    conn: Connection, new: Sequence[EventRow], changed: Sequence[tuple[EventRow, EventRow]]
) -> None:
    """Move every roll-up by `new` rows and by `changed` ones, (before, after).

    Stored at this moment: the new rows, and of the changed ones what they were before.
    """
    cells, shops, days = Cells(), defaultdict[Tuple, int](int), set[tuple[str, int]]()
    come, gone = _by_group(new), _by_group(before for before, _ in changed)
    for name, rows in _by_group(after for _, after in changed).items():
        come[name] += rows
    _claims(cells, new, sign=1)
    _claims(cells, (after for _, after in changed), sign=1)
    _claims(cells, (before for before, _ in changed), sign=-1)
    untouched = _stored_untouched(conn, come, gone)
    for name in dict.fromkeys((*come, *gone)) if gone else come:
        known = untouched.get(name)
        days.update(_days([*(known or ()), *come.get(name, ()), *gone.get(name, ())]))
        _contribute(cells, shops, [*(known or ()), *come.get(name, ())], sign=1)
        if known or name in gone:
            _contribute(cells, shops, [*(known or ()), *gone.get(name, ())], sign=-1)
    move_subsidies(conn, new, changed, cells)
    cells.store(conn)
    moved = [(*shop, count) for shop, count in sorted(shops.items()) if count]
    add_up_rows(conn, schema.merchants_seen, moved, measures=("redeemed_net_count",))
    mark_days(conn, days)


def _days(group: Iterable[EventRow]) -> Iterable[tuple[str, int]]:
    """(programme, day) of the redemption, whenever its refund was: what its merchant's day must be worked out for."""
    return ((row.programme, bucket_us(row.occurred_at, DAY_US)) for row in group if row.kind == _REDEMPTION)


def _by_group(rows: Iterable[EventRow]) -> dict[_Group, list[EventRow]]:
    """Redemptions with their refunds; claims stand alone, subsidies elsewhere."""
    groups: dict[_Group, list[EventRow]] = defaultdict(list)
    for row in rows:
        if row.kind in (_REDEMPTION, _REFUND):
            groups[_group(row)].append(row)
    return groups


def _claims(cells: Cells, rows: Iterable[EventRow], *, sign: int) -> None:
    for row in rows:
        if row.kind == _CLAIM and not row.cancelled:
            cells.add(row, (_CLAIMED_COUNT, sign), (_CLAIMED_FEN, sign * row.face_fen))


def _contribute(cells: Cells, shops: _Shops, group: Sequence[EventRow], *, sign: int) -> None:
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
    order = None if redemption is None else redemption.order_fen
    if redemption:
        worth = [(_GROSS_COUNT, sign), (_GROSS_FEN, sign * redemption.face_fen)]
        if order is not None:
            worth += (_SPEND_FEN, sign * order), (_ORDERS_COUNT, sign)
        cells.add(redemption, *worth)
        if redemption.merchant and not refunds:
            shops[redemption.programme, redemption.tranche, redemption.county, redemption.merchant] += sign
    if refunds:
        first = min(refunds, key=lambda row: (row.occurred_at, row.key))
        back = first.face_fen if first.returned_fen is None else first.returned_fen
        worth = [
            (_REFUNDED_COUNT, sign),
            (_REFUNDED_FEN, sign * first.face_fen),
            (_RETURNED_FEN, sign * back),
        ]
        if order is not None:
            worth += (_SPEND_FEN, -sign * order), (_ORDERS_COUNT, -sign)
        cells.add(first, *worth)


def _group(row: EventRow) -> _Group:
    return (*row[:3], row.origin_event_no or "") if row.kind == _REFUND else row[:4]


def _stored_untouched(
    conn: Connection, come: Mapping[_Group, list[EventRow]], gone: Mapping[_Group, list[EventRow]]
) -> dict[_Group, list[EventRow]]:
    """What is stored of the groups the batch touches, beside the rows it brings or changes."""
    groups = {name: [*come.get(name, ()), *gone[name]] for name in gone}
    groups = {**come, **groups}
    # the columns of ix_events_origin: fewer, and SQLite walks all of a programme for every redemption
    origin = ("programme", "platform", "sub_project", "origin_event_no", "kind")
    refunds = stored(conn, schema.events, origin, [(*name, _REFUND) for name in groups])
    without = [name for name, rows in groups.items() if not any(r.kind == _REDEMPTION for r in rows)]
    key = tuple(column.name for column in schema.events.primary_key)
    redemptions = stored(conn, schema.events, key, [(*name, _REDEMPTION) for name in without])
    found: dict[_Group, list[EventRow]] = defaultdict(list)
    for row in map(EventRow._make, (*refunds, *redemptions)):
        name = _group(row)
        if all(row.key != touched.key for touched in groups[name]):
            found[name].append(row)
    return found
