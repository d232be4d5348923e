"""Mistakes in booking: at the door, in the roll-ups, in what is decided, in the past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, select, update

from domain.records import Entry, Kind
from store.buckets import DAY_US
from store.queries import ledger_cells
from store.queries import totals as stocks
from store.queries.recompute import recomputed_cells
from store.schema import MEASURES, events, superseded
from store.writes import cells, ledger, rebuild, rollups, subsidies
from store.writes.rows import EventRow

Patch = pytest.MonkeyPatch
_SPEND, _ORDERS, _ORPHANED = map(MEASURES.index, ("direct_spend_fen", "orders_count", "orphaned_count"))
_REFUND, _REDEMPTION = Kind.REFUND.value, Kind.REDEMPTION.value


# ---------------------------------------------------------------- at the door


def every_delivery_is_new(patch: Patch) -> None:
    """I9, I13: nobody notices that an event came before."""
    number = count()
    _rows(patch, lambda row: row._replace(event_no=f"{row.event_no}.{next(number)}"))


def sub_projects_share_their_numbers(patch: Patch) -> None:
    """I8, I9: two sub-projects that count from one each are taken for one."""
    _rows(patch, lambda row: row._replace(sub_project="SP"))


def a_redemption_before_its_claim_is_dropped(patch: Patch) -> None:
    """I9: order of arrival."""
    filtered(
        patch, lambda conn, entry: entry.event.kind is not Kind.REDEMPTION or _knows(conn, entry, Kind.CLAIM)
    )


def a_refund_before_its_redemption_is_dropped(patch: Patch) -> None:
    """I9, I6: order of arrival."""
    filtered(
        patch, lambda conn, entry: entry.event.kind is not Kind.REFUND or _knows(conn, entry, Kind.REDEMPTION)
    )


def the_last_word_wins(patch: Patch) -> None:
    """I9: a known number with other content replaces the first silently."""
    real = ledger.save_batch

    def mutant(conn: Connection, entries: Sequence[Entry], **named: Any) -> Any:
        saved = real(conn, entries, **named)
        for entry in saved.conflicting:
            e = entry.event
            here = (events.c.sub_project == e.sub_project) & (events.c.event_no == e.event_no)
            changed = {"face_fen": e.face_fen, "voucher_no": e.voucher_no, "order_fen": e.order_fen}
            conn.execute(update(events).where(here).values(changed))
        return saved

    patch.setattr(ledger, "save_batch", mutant)


def the_last_revision_to_come_stands(patch: Patch) -> None:
    """I9: the outcome depends on the order of arrival."""
    real = EventRow.followed_by

    def mutant(row: EventRow, later: EventRow) -> EventRow:
        return later if later.revision != row.revision else real(row, later)

    patch.setattr(EventRow, "followed_by", mutant)


def what_is_taken_back_still_counts(patch: Patch) -> None:
    """I11."""
    _rows(patch, lambda row: row._replace(cancelled=False))


def a_correction_comes_on_top(patch: Patch) -> None:
    """I11: added, and what it corrects stays."""
    real = ledger.move_rollups
    patch.setattr(
        ledger,
        "move_rollups",
        lambda conn, new, changed: real(
            conn, [*new, *(b for a, b in changed if b.revision)], [c for c in changed if not c[1].revision]
        ),
    )


# ---------------------------------------------------------------- roll-ups


def rollups_stand_still(patch: Patch) -> None:
    """I10: events are stored, figures are not moved."""
    patch.setattr(ledger, "move_rollups", lambda *_: None)


def completed_amounts_are_not_added(patch: Patch) -> None:
    """I10: what a later file filled in is in the events only."""
    real = ledger.move_rollups
    patch.setattr(ledger, "move_rollups", lambda conn, new, completed: real(conn, new, []))


def a_completed_amount_is_added_again(patch: Patch) -> None:
    """I10: the row is counted as new, and what it was worth before stays."""
    real = ledger.move_rollups
    patch.setattr(
        ledger, "move_rollups", lambda conn, new, done: real(conn, [*new, *(whole for _, whole in done)], [])
    )


def nothing_ever_expires(patch: Patch) -> None:
    """I2: what was claimed and not used is outstanding until its last moment, and expired after it."""
    patch.setattr(stocks, "expired", lambda **_: 0)


def half_of_a_refund_goes_back(patch: Patch) -> None:
    """I6: the pool gets the full face."""
    _refunds(patch, lambda refunds, _: [row._replace(face_fen=row.face_fen // 2) for row in refunds])


def every_notice_of_a_refund_counts(patch: Patch) -> None:
    """I6: exactly once."""
    real = rollups._contribute

    def mutant(cells: Any, shops: Any, group: Sequence[EventRow], *, sign: int) -> None:
        real(cells, shops, group, sign=sign)
        for row in [row for row in group if row.kind == _REFUND][1:]:
            real(cells, shops, [row], sign=sign)

    patch.setattr(rollups, "_contribute", mutant)


def the_last_notice_counts(patch: Patch) -> None:
    """I6, I9: the first one by its own time, whatever came first."""
    _refunds(patch, lambda refunds, _: [max(refunds, key=lambda row: row.occurred_at)])


def later_parts_of_a_refund_are_not_put_back(patch: Patch) -> None:
    """I6, I7: what the notices say together, up to the face."""
    _refunds(patch, lambda refunds, _: [min(refunds, key=lambda row: (row.occurred_at, row.key))])


def more_than_the_face_is_put_back(patch: Patch) -> None:
    """I7: never more than the face, however many notices say so."""
    patch.setattr(rollups, "min", lambda said_fen, owed_fen: said_fen, raising=False)


def a_refund_goes_to_the_other_tranche(patch: Patch) -> None:
    """I8."""
    other = {"T1": "T2", "T2": "T1"}
    _refunds(patch, lambda refunds, _: [row._replace(tranche=other[row.tranche]) for row in refunds])


def a_refund_is_booked_on_the_day_of_its_redemption(patch: Patch) -> None:
    """I10: each day by the time of its own events."""

    def moved(refunds: list[EventRow], redemption: EventRow | None) -> list[EventRow]:
        at = redemption.occurred_at if redemption else None
        return [row if at is None else row._replace(occurred_at=at) for row in refunds]

    _refunds(patch, moved)


def orphans_are_dropped(patch: Patch) -> None:
    """I3: a refund without its redemption is counted and listed."""
    _refunds(patch, lambda refunds, redemption: refunds if redemption else [])


def an_orphan_makes_up_for_an_unpriced_order(patch: Patch) -> None:
    """I3, I15: a refund without its redemption says nothing of the orders that stand."""
    real = rollups._contribute

    def mutant(cells: Any, shops: Any, group: Sequence[EventRow], *, sign: int) -> None:
        real(cells, shops, group, sign=sign)
        if refunds := [row for row in group if row.kind == _REFUND and not row.cancelled]:
            _, day = cells.of(min(refunds, key=lambda row: (row.occurred_at, row.key)))
            day[_ORPHANED] = 0

    patch.setattr(rollups, "_contribute", mutant)


def a_refunded_order_stays_in_direct_spend(patch: Patch) -> None:
    """I6: a refunded order leaves direct spend entirely."""
    real = rollups._contribute

    def mutant(cells: Any, shops: Any, group: Sequence[EventRow], *, sign: int) -> None:
        real(cells, shops, group, sign=sign)
        order_fen = next((row.order_fen for row in group if row.kind == _REDEMPTION), None)
        refunds = [row for row in group if row.kind == _REFUND]
        if refunds and order_fen is not None:
            first = min(refunds, key=lambda row: (row.occurred_at, row.key))
            _, day = cells.of(first)
            day[_SPEND] += sign * order_fen
            day[_ORDERS] += sign

    patch.setattr(rollups, "_contribute", mutant)


def a_shop_keeps_its_refunded_orders(patch: Patch) -> None:
    """I10: shops count by what was not refunded."""
    real = rollups._contribute

    def mutant(cells: Any, shops: Any, group: Sequence[EventRow], *, sign: int) -> None:
        real(cells, _Ignored(), group, sign=sign)
        for row in group:
            if row.kind == _REDEMPTION and row.merchant:
                shops[row.programme, row.tranche, row.county, row.merchant] += sign

    patch.setattr(rollups, "_contribute", mutant)


def days_end_at_midnight_in_greenwich(patch: Patch) -> None:
    """I10: the statistical day is Shanghai's."""
    patch.setattr(cells, "bucket_us", lambda at, size_us: at - at % size_us)


def money_is_kept_in_32_bits(patch: Patch) -> None:
    """I19: the campaign alone exceeds 2^31 fen."""
    real = cells.add_up_rows

    def mutant(conn: Connection, table: Any, rows: Iterable[Any], *, measures: Sequence[str]) -> None:
        cut = [(*row[: -len(measures)], *map(_in_32_bits, row[-len(measures) :])) for row in rows]
        real(conn, table, cut, measures=measures)

    patch.setattr(cells, "add_up_rows", mutant)


# ---------------------------------------------------------------- audited subsidies


def the_last_decision_stands(patch: Patch) -> None:
    """I7: the first valid by event time."""
    patch.setattr(
        subsidies, "_first", lambda several: max(several, key=lambda row: (row.occurred_at, row.key))
    )


def the_decision_that_came_first_stands(patch: Patch) -> None:
    """I9: the order of arrival means nothing."""
    patch.setattr(subsidies, "_first", lambda several: several[0])


def every_decision_counts(patch: Patch) -> None:
    """I7: one application has one decision."""
    patch.setattr(subsidies, "_stored_untouched", lambda *_: {})


def what_was_refused_is_booked_as_money(patch: Patch) -> None:
    """I4: an application that was rejected takes nothing from the fund."""
    wrong = {**subsidies._FEN, Kind.REJECTION.value: MEASURES.index("subsidy_approved_fen")}
    patch.setattr(subsidies, "_FEN", wrong)


def a_payment_before_its_approval_is_dropped(patch: Patch) -> None:
    """I3: listed, and excluded from no total silently."""
    filtered(
        patch,
        lambda conn, entry: entry.event.kind is not Kind.PAYMENT or _knows(conn, entry, Kind.APPROVAL),
    )


# ---------------------------------------------------------------- the past, and built anew


def a_rebuild_doubles_what_it_finds(patch: Patch) -> None:
    """I10, I21: full recompute equals the incremental roll-up."""
    real = rebuild.recomputed_rollup

    def doubled(table: Table, *grain: Any) -> Any:
        found = list(real(table, *grain).subquery().columns)
        keys = len(table.primary_key)
        return select(*found[:keys], *(2 * amount for amount in found[keys:]))

    patch.setattr(rebuild, "recomputed_rollup", doubled)


def the_citys_minutes_stand_still(patch: Patch) -> None:
    """I10: the curve of all programmes together is moved by each batch."""
    patch.setattr(cells, "move_minutes", lambda *_: None)


def nobody_keeps_since_when_an_amount_is_known(patch: Patch) -> None:
    """I14: a figure as of earlier stays as it was."""
    real = ledger._supersede

    def mutant(conn: Connection, *given: Any, **named: Any) -> None:
        real(conn, *given, **named)
        conn.execute(delete(superseded))

    patch.setattr(ledger, "_supersede", mutant)


def the_past_knows_what_came_later(patch: Patch) -> None:
    """I14."""
    patch.setattr(
        ledger_cells, "day_cells", lambda conn, *, known_by, until: recomputed_cells(DAY_US, until=until)
    )


# ---------------------------------------------------------------- how they are seeded


class _Ignored(dict[Any, int]):
    def __missing__(self, key: Any) -> int:
        return 0


def _in_32_bits(n: int) -> int:
    return (n + 2**31) % 2**32 - 2**31


def _knows(conn: Connection, entry: Entry, kind: Kind) -> bool:
    e = entry.event
    number = events.c.voucher_no == e.voucher_no
    query = select(events.c.event_no).where(
        number, events.c.sub_project == e.sub_project, events.c.kind == kind.value
    )
    return conn.execute(query).first() is not None


def filtered(patch: Patch, keep: Callable[[Connection, Entry], bool]) -> None:
    real = ledger.save_batch
    patch.setattr(
        ledger,
        "save_batch",
        lambda conn, entries, **named: real(conn, [e for e in entries if keep(conn, e)], **named),
    )


def _rows(patch: Patch, changed: Callable[[EventRow], EventRow]) -> None:
    """What is delivered, changed before it is compared and stored."""
    real = ledger.event_rows
    patch.setattr(ledger, "event_rows", lambda *a: [tuple(changed(EventRow._make(row))) for row in real(*a)])


def _refunds(patch: Patch, changed: Callable[[list[EventRow], EventRow | None], list[EventRow]]) -> None:
    """The refunds of each redemption, changed before they are counted."""
    real = rollups._contribute

    def mutant(cells: Any, shops: Any, group: Sequence[EventRow], *, sign: int) -> None:
        refunds = [row for row in group if row.kind == _REFUND]
        redemption = next((row for row in group if row.kind == _REDEMPTION), None)
        others = [row for row in group if row.kind != _REFUND]
        real(cells, shops, [*others, *(changed(refunds, redemption) if refunds else [])], sign=sign)

    patch.setattr(rollups, "_contribute", mutant)


BOOKING: tuple[Callable[[Patch], None], ...] = (
    every_delivery_is_new,
    sub_projects_share_their_numbers,
    a_redemption_before_its_claim_is_dropped,
    a_refund_before_its_redemption_is_dropped,
    the_last_word_wins,
    the_last_revision_to_come_stands,
    what_is_taken_back_still_counts,
    a_correction_comes_on_top,
    rollups_stand_still,
    completed_amounts_are_not_added,
    a_completed_amount_is_added_again,
    nothing_ever_expires,
    half_of_a_refund_goes_back,
    every_notice_of_a_refund_counts,
    the_last_notice_counts,
    later_parts_of_a_refund_are_not_put_back,
    more_than_the_face_is_put_back,
    a_refund_goes_to_the_other_tranche,
    a_refund_is_booked_on_the_day_of_its_redemption,
    orphans_are_dropped,
    an_orphan_makes_up_for_an_unpriced_order,
    a_refunded_order_stays_in_direct_spend,
    a_shop_keeps_its_refunded_orders,
    days_end_at_midnight_in_greenwich,
    money_is_kept_in_32_bits,
    the_last_decision_stands,
    the_decision_that_came_first_stands,
    every_decision_counts,
    what_was_refused_is_booked_as_money,
    a_payment_before_its_approval_is_dropped,
    a_rebuild_doubles_what_it_finds,
    the_citys_minutes_stand_still,
    nobody_keeps_since_when_an_amount_is_known,
    the_past_knows_what_came_later,
)
