"""Mistakes in what is held against the ledger: accounts, reconciliation, flags, shares, the sample, erasing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, literal, or_, select, update

from domain import accounts, measures, sample
from domain.accounts import Account
from domain.flags import Reason
from domain.records import Kind
from store.queries import flagged, progress, short_refunds, stated_totals, verify
from store.queries import sample as samples
from store.queries import sanction_money as booked
from store.schema import events, merchants, rollup_day, sanction_money
from store.writes import erase, reconcile
from store.writes import sanction_money as booking
from tests.store.mutants.booking import Patch, filtered

# ---------------------------------------------------------------- accounts


def what_is_used_is_taken_from_the_pool_again(patch: Patch) -> None:
    """I1, I4: a voucher was promised when it was claimed."""
    patch.setitem(accounts.FLOWS, "redeemed_gross_fen", (Account.POOL, Account.SPENT))  # type: ignore[arg-type]


def what_expires_stays_promised(patch: Patch) -> None:
    """I4."""
    patch.delitem(accounts.FLOWS, "expired_fen")  # type: ignore[arg-type]


def an_overdrawn_pool_is_not_said(patch: Patch) -> None:
    """I5: crossing drops no event, and is said."""
    real = verify.account_differences
    patch.setattr(
        verify,
        "account_differences",
        lambda *given, **named: [d for d in real(*given, **named) if d.check != "pool >= 0"],
    )


def what_is_withheld_is_money_back(patch: Patch) -> None:
    """I4: withheld money never left, so that it cannot come back."""
    amount = sanction_money.c.amount_fen
    patch.setattr(booked, "_sum", lambda kind: cast(func.sum(amount), BigInteger))


def an_entry_loaded_again_is_another(patch: Patch) -> None:
    """I21."""
    real, number = booking._row, count()
    patch.setattr(booking, "_row", lambda e: real(e) | {"entry_no": f"{e.entry_no}.{next(number)}"})


# ---------------------------------------------------------------- reconciliation


def reconciling_overwrites_ours(patch: Patch) -> None:
    """I12: ours is what it is."""
    real = reconcile._settle

    def mutant(conn: Connection, *given: Any, **named: Any) -> dict[str, int]:
        changes = real(conn, *given, **named)
        if changes["opened"]:
            conn.execute(update(rollup_day).values(claimed_count=rollup_day.c.claimed_count + 1))
        return changes

    patch.setattr(reconcile, "_settle", mutant)


def what_a_person_accepted_opens_again(patch: Patch) -> None:
    """I12: closed with a cause stays closed while the difference is that one."""
    patch.setattr(reconcile, "accepted_discrepancies", lambda conn: {})


def an_open_difference_stays_as_it_was_opened(patch: Patch) -> None:
    """I12: the open row has the difference that there is."""
    patch.setattr(reconcile, "_refresh", lambda *_, **__: False)


def what_agrees_stays_open(patch: Patch) -> None:
    """I12: no difference, no open row."""
    patch.setattr(reconcile, "_close", lambda *_, **__: False)


def a_day_is_judged_before_it_is_whole(patch: Patch) -> None:
    """I12: what waits is no difference."""
    patch.setattr(stated_totals, "_is_whole", lambda *_, **__: True)


# ---------------------------------------------------------------- flags


def what_is_below_the_minimum_is_dropped(patch: Patch) -> None:
    """I15: flagged, and still counted."""
    filtered(
        patch,
        lambda _, entry: (
            entry.event.kind is not Kind.REDEMPTION or (entry.event.order_fen or 10**6) >= 10_000
        ),
    )


def the_minimum_itself_is_too_little(patch: Patch) -> None:
    """I15: at least the minimum."""

    def mutant(campaign: Any) -> ColumnElement[bool]:
        tests = (
            and_(events.c.order_fen <= t.min_spend_fen, events.c.template == t.id) for t in campaign.template
        )
        return or_(*tests)

    patch.setattr(flagged, "_below_minimum", mutant)


def a_rate_of_nothing_is_zero(patch: Patch) -> None:
    """I15, I18: 0/0 is unknown."""
    patch.setattr(measures, "ratio", lambda a, b: a / b if b else 0.0)


def a_countys_voucher_is_good_everywhere(patch: Patch) -> None:
    """I16."""
    _without(patch, Reason.OUTSIDE_AREA)


def a_register_line_holds_on_every_platform(patch: Patch) -> None:
    """I16: a number is a platform's own."""

    def mutant(version: str) -> ColumnElement[bool]:
        return and_(merchants.c.version == version, merchants.c.no == events.c.merchant)

    patch.setattr(flagged, "found_merchant", mutant)


def a_ban_is_forgotten(patch: Patch) -> None:
    """I16."""
    _without(patch, Reason.SANCTIONED)


def a_voucher_can_be_used_for_ever(patch: Patch) -> None:
    """I17: a redemption no later than valid_to."""
    _without(patch, Reason.OUTSIDE_WINDOW)


def a_redemption_before_its_claim_is_fine(patch: Patch) -> None:
    """I17."""
    patch.setattr(flagged, "early_redemptions", flagged._nothing)


def a_refund_before_its_redemption_is_fine(patch: Patch) -> None:
    """I17."""
    patch.setattr(flagged, "early_refunds", flagged._nothing)


# ---------------------------------------------------------------- shown, drawn, erased


def shares_are_cut_off(patch: Patch) -> None:
    """I18: together 100.0."""

    def mutant(parts: Sequence[int]) -> list[float | None]:
        whole = sum(parts)
        return [1000 * part // whole / 1000 if whole else None for part in parts]

    patch.setattr(progress, "shares", mutant)


def the_sample_rounds_down(patch: Patch) -> None:
    """I20: a tenth at least."""

    def mutant(counts: Mapping[Any, int], hundredths: int) -> dict[Any, int]:
        return {stratum: n * hundredths // 100 for stratum, n in counts.items()}

    patch.setattr(sample, "_wanted", mutant)


def the_sample_is_drawn_of_what_is_known_today(patch: Patch) -> None:
    """I20, I14: of what was known then."""
    real = samples.standing_events
    patch.setattr(samples, "standing_events", lambda known_by: real(None))


def erasing_stops_at_what_stands(patch: Patch) -> None:
    """I22: how events stood earlier names people too."""
    patch.setattr(erase, "superseded", events)


def erasing_takes_the_order_with_it(patch: Patch) -> None:
    """I22: no figure changes."""

    def mutant(table: Any) -> Any:
        return update(table).values(order_fen=None)

    patch.setattr(erase, "update", mutant)


# ---------------------------------------------------------------- refunds


def only_the_first_notice_is_held_against_the_face(patch: Patch) -> None:
    """I6, I7: what came back in parts is what all of them put back."""
    of_one = (events.c.programme, events.c.platform, events.c.sub_project, events.c.origin_event_no)
    turn = func.row_number().over(partition_by=of_one, order_by=(events.c.occurred_at, events.c.event_no))
    notices = select(events, turn.label("turn")).where(
        events.c.kind == Kind.REFUND.value, ~events.c.cancelled
    )
    ranked = notices.subquery()
    patch.setattr(short_refunds, "events", select(ranked).where(ranked.c.turn == 1).subquery("events"))


def a_notice_that_was_taken_back_made_it_good(patch: Patch) -> None:
    """I11: what a platform took back put nothing back."""
    told = [literal(False).label(c.name) if c.name == "cancelled" else c for c in events.columns]
    patch.setattr(short_refunds, "events", select(*told).subquery("events"))


# ---------------------------------------------------------------- how they are seeded


def _without(patch: Patch, reason: Reason) -> None:
    """Nobody looks for that reason."""
    real = flagged._redemptions

    def mutant(campaign: Any, by: Any, reasons: Collection[Reason]) -> Iterator[Any]:
        return real(campaign, by, [other for other in reasons if other is not reason])

    patch.setattr(flagged, "_redemptions", mutant)


CHECKING: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    what_is_used_is_taken_from_the_pool_again,
    what_expires_stays_promised,
    an_overdrawn_pool_is_not_said,
    what_is_withheld_is_money_back,
    an_entry_loaded_again_is_another,
    reconciling_overwrites_ours,
    what_a_person_accepted_opens_again,
    an_open_difference_stays_as_it_was_opened,
    what_agrees_stays_open,
    a_day_is_judged_before_it_is_whole,
    what_is_below_the_minimum_is_dropped,
    the_minimum_itself_is_too_little,
    a_rate_of_nothing_is_zero,
    a_countys_voucher_is_good_everywhere,
    a_register_line_holds_on_every_platform,
    a_ban_is_forgotten,
    a_voucher_can_be_used_for_ever,
    a_redemption_before_its_claim_is_fine,
    a_refund_before_its_redemption_is_fine,
    shares_are_cut_off,
    the_sample_rounds_down,
    the_sample_is_drawn_of_what_is_known_today,
    erasing_stops_at_what_stands,
    erasing_takes_the_order_with_it,
    only_the_first_notice_is_held_against_the_face,
    a_notice_that_was_taken_back_made_it_good,
)
