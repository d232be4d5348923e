"""The accounts of one tranche or programme: double entry, as promises section 4 has it (I1, I4, I5).

Every flow of the ledger moves money from one account to another of the same tranche, so that nothing appears or is
lost. An audited subsidy is promised when it is approved, like a voucher when it is claimed. RECALL, what the province
takes back after the end, is no account here: nothing tells of it, and until then `expected_clawback` projects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.measures import Figures


class Account(StrEnum):
    """BUDGET is below zero by what it gave: the sum over all four is nothing."""

    BUDGET = "budget"
    POOL = "pool"  # free; below zero: more was promised than there is
    OUT = "out"  # promised: vouchers in hands, subsidies approved and not paid
    SPENT = "spent"


FLOWS: Mapping[str, tuple[Account, Account]] = {
    "claimed_fen": (Account.POOL, Account.OUT),
    "expired_fen": (Account.OUT, Account.POOL),
    "redeemed_gross_fen": (Account.OUT, Account.SPENT),
    "refunded_fen": (
        Account.SPENT,
        Account.POOL,
    ),  # the full face, whatever the platform put back: work plan 七(五)
    "subsidy_approved_fen": (Account.POOL, Account.OUT),
    "subsidy_paid_fen": (Account.OUT, Account.SPENT),
}
"""Figure -> (from, to). Every other figure in fen describes one of these or what people spent themselves."""


def balances(figures: Figures, *, allocation_fen: int, recovered_fen: int = 0) -> dict[Account, int]:
    """Fen of each account once every flow of `figures` has been booked, each on both sides.

    `recovered_fen`: what sanctioned merchants paid back; what is merely withheld from one has not come back yet.
    """
    held = dict.fromkeys(Account, 0)
    _book(held, Account.BUDGET, Account.POOL, allocation_fen)
    _book(held, Account.SPENT, Account.POOL, recovered_fen)
    for name, (source, target) in FLOWS.items():
        _book(held, source, target, getattr(figures, name))
    return held


def _book(held: dict[Account, int], source: Account, target: Account, fen: int) -> None:
    held[source] -= fen
    held[target] += fen
