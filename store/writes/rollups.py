"""The roll-ups, moved by exactly what a batch changed: contributions(after) - contributions(before)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from sqlalchemy import Connection

from domain.records import Kind
from store import schema
from store.buckets import DAY_US, HOUR_US, bucket_us
from store.schema import MEASURES
from store.writes.bulk import add_up_rows, stored
from store.writes.cells import Cells
from store.writes.driver import Tuple
from store.writes.merchant_days_due import mark_days
from store.writes.rows import EventRow, columns
from store.writes.subsidies import move_subsidies

_CLAIM, _REDEMPTION, _REFUND = Kind.CLAIM.value, Kind.REDEMPTION.value, Kind.REFUND.value
(
    _CLAIMED_COUNT, _GROSS_COUNT, _GROSS_FEN, _REFUNDED_FEN,
    _CLAIMED_FEN, _REFUNDED_COUNT, _RETURNED_FEN, _SPEND_FEN, _ORDERS_COUNT, _ORPHANED_COUNT,
) = range(MEASURES.index("orphaned_count") + 1)  # fmt: skip

_Group = tuple[str, str, str, str]
"""A redemption and its refunds: (programme, platform, sub_project, the redemption's number)."""
_Shops = Counter[Tuple]
_SHOP = columns("programme", "tranche", "county", "merchant")
_PROGRAMME, _KIND, _MERCHANT, _FACE, _ORDER, _AT, _CANCELLED = map(
    EventRow._fields.index,
    ("programme", "kind", "merchant", "face_fen", "order_fen", "occurred_at", "cancelled"),
)


def move_rollups(
    conn: Connection, new: Sequence[Tuple], changed: Sequence[tuple[EventRow, EventRow]]
) -> None:
    """Move every roll-up by `new` rows and by `changed` ones, (before, after).

    Stored at this moment: the new rows, and of the changed ones what they were before.
    """
    cells, shops = Cells(), Counter[Tuple]()
    by_kind: dict[str, list[Tuple]] = defaultdict(list)
    for row in new:
        by_kind[row[_KIND]].append(row)
    claims, used, back = (by_kind.pop(kind, []) for kind in (_CLAIM, _REDEMPTION, _REFUND))
    come, gone = _by_group(map(EventRow._make, back)), _by_group(before for before, _ in changed)
    for name, rows in _by_group(after for _, after in changed).items():
        come[name] += rows
    _claims(cells, claims, sign=1)
    _claims(cells, (after for _, after in changed), sign=1)
    _claims(cells, (before for before, _ in changed), sign=-1)
    redeemed = {row[:4]: row for row in used}
    untouched = _stored_untouched(conn, redeemed, come, gone)
    lone = _part_lone(redeemed, untouched, come, gone)
    _redemptions(cells, shops, lone)
    used_on = cells.redeemed_days()  # before what is taken back: a day's sum may come to nothing
    for name, rows in come.items():
        _contribute(cells, shops, [*untouched[name], *rows] if name in untouched else rows, sign=1)
    for name, rows in untouched.items():
        if name not in come:
            _contribute(cells, shops, rows, sign=1)
    for name in untouched.keys() | gone.keys():
        _contribute(cells, shops, [*untouched.get(name, ()), *gone.get(name, ())], sign=-1)
    others = list(map(EventRow._make, chain.from_iterable(by_kind.values())))
    move_subsidies(conn, others, changed, cells)
    cells.store(conn)
    moved = [(*shop, count) for shop, count in shops.items() if count]
    add_up_rows(conn, schema.merchants_seen, moved, measures=("redeemed_net_count",))
    mark_days(conn, used_on | _days(chain(*come.values(), *gone.values(), *untouched.values())))


def _days(rows: Iterable[Tuple]) -> set[tuple[str, int]]:
    """(programme, day) of redemptions, whenever their refunds were: whose merchants' days are to be worked out."""
    hours = {(row[_PROGRAMME], row[_AT] // HOUR_US) for row in rows if row[_KIND] == _REDEMPTION}
    return {(programme, bucket_us(hour * HOUR_US, DAY_US)) for programme, hour in hours}


def _by_group(rows: Iterable[EventRow]) -> dict[_Group, list[EventRow]]:
    """Redemptions with their refunds; claims stand alone, subsidies elsewhere."""
    groups: dict[_Group, list[EventRow]] = defaultdict(list)
    for row in rows:
        if row.kind == _REDEMPTION:
            groups[row[:4]].append(row)
        elif row.kind == _REFUND:
            groups[_group(row)].append(row)
    return groups


def _claims(cells: Cells, rows: Iterable[Tuple], *, sign: int) -> None:
    counted = (row for row in rows if row[_KIND] == _CLAIM and not row[_CANCELLED])
    for row, minute, day in cells.each(counted):
        minute[_CLAIMED_COUNT] += sign
        day[_CLAIMED_COUNT] += sign
        day[_CLAIMED_FEN] += sign * row[_FACE]


def _part_lone(
    redeemed: Mapping[_Group, Tuple],
    untouched: Mapping[_Group, list[EventRow]],
    come: dict[_Group, list[EventRow]],
    gone: Mapping[_Group, list[EventRow]],
) -> list[Tuple]:
    """The new redemptions that stand and of which nothing else is told: nine in ten. The others join what has come."""
    lone = dict(redeemed)
    others = redeemed.keys() & {*come, *gone, *untouched}
    cancelled = [name for name, row in redeemed.items() if row[_CANCELLED]]
    for name in others.union(cancelled):
        come[name].append(EventRow._make(lone.pop(name)))
    return list(lone.values())


def _redemptions(cells: Cells, shops: _Shops, lone: Sequence[Tuple]) -> None:
    """What `_contribute` adds for each of them as a group of its own."""
    for row, minute, day in cells.each(lone):
        face_fen, order_fen = row[_FACE], row[_ORDER]
        minute[_GROSS_COUNT] += 1
        minute[_GROSS_FEN] += face_fen
        day[_GROSS_COUNT] += 1
        day[_GROSS_FEN] += face_fen
        if order_fen is not None:
            day[_SPEND_FEN] += order_fen
            day[_ORDERS_COUNT] += 1
    shops.update([_SHOP(row) for row in lone if row[_MERCHANT]])


def _contribute(cells: Cells, shops: _Shops, group: Sequence[EventRow], *, sign: int) -> None:
    """Add what one redemption and its refunds are worth, with `sign`.

    Work plan 七(五): the full face goes back to the pool, exactly once however many notices come; what the platform
    says it put back adds up over the notices, each on its own day, and never to more than the face. A refunded order
    leaves direct spend entirely. Refunds without their redemption still count as refunded: they are counted and listed
    as orphans, never silently dropped. What the platform took back is worth nothing.
    """
    redemption, refunds = None, []
    for row in group:
        if row.cancelled:
            continue
        if row.kind == _REFUND:
            refunds.append(row)
        elif redemption is None:
            redemption = row
    ordered, order_fen = 0, 0
    if redemption:
        if redemption.order_fen is not None:
            ordered, order_fen = sign, sign * redemption.order_fen
        face_fen = sign * redemption.face_fen
        minute, day = cells.of(redemption)
        for cell in (minute, day):
            cell[_GROSS_COUNT] += sign
            cell[_GROSS_FEN] += face_fen
        day[_SPEND_FEN] += order_fen
        day[_ORDERS_COUNT] += ordered
        if redemption.merchant and not refunds:
            shops[_SHOP(redemption)] += sign
    if refunds:
        refunds.sort(key=lambda row: (row.occurred_at, row.key))
        first = refunds[0]
        minute, day = cells.of(first)
        for cell in (minute, day):
            cell[_REFUNDED_FEN] += sign * first.face_fen
        day[_REFUNDED_COUNT] += sign
        day[_SPEND_FEN] -= order_fen
        day[_ORDERS_COUNT] -= ordered
        day[_ORPHANED_COUNT] += 0 if redemption else sign
        owed_fen = first.face_fen
        for notice in refunds:
            said_fen = notice.face_fen if notice.returned_fen is None else notice.returned_fen
            if back_fen := min(said_fen, owed_fen):
                owed_fen -= back_fen
                _, day = cells.of(notice)
                day[_RETURNED_FEN] += sign * back_fen


def _group(row: EventRow) -> _Group:
    return (*row[:3], row.origin_event_no or "") if row.kind == _REFUND else row[:4]


def _stored_untouched(
    conn: Connection,
    redeemed: Mapping[_Group, Tuple],
    come: Mapping[_Group, list[EventRow]],
    gone: Mapping[_Group, list[EventRow]],
) -> dict[_Group, list[EventRow]]:
    """What is stored of the groups the batch touches, beside the rows it brings or changes."""
    groups = {name: [*come.get(name, ()), *gone.get(name, ())] for name in come.keys() | gone.keys()}
    # the columns of ix_events_origin: fewer, and SQLite walks all of a programme for every redemption
    origin = ("programme", "platform", "sub_project", "origin_event_no")
    # of the redemptions alone first: to unite the two would take as long as to ask
    after = (
        stored(conn, schema.events, origin, names)
        for names in (redeemed.keys(), groups.keys() - redeemed.keys())
    )
    refunds = (row for row in chain.from_iterable(after) if row[_KIND] == _REFUND)
    without = {
        (*name, _REDEMPTION)
        for name, rows in groups.items()
        if name not in redeemed and all(row.kind == _REFUND for row in rows)
    }
    key = tuple(column.name for column in schema.events.primary_key)
    redemptions = stored(conn, schema.events, key, without)
    found: dict[_Group, list[EventRow]] = defaultdict(list)
    for row in map(EventRow._make, (*refunds, *redemptions)):
        name = _group(row)
        if all(row.key != touched.key for touched in groups.get(name, ())):
            found[name].append(row)
    return found
