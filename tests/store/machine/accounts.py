"""What each tranche's accounts must hold (I1, I4, I5), one transfer at a time: nothing shared with the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from domain.records import Kind
from tests.store.machine.oracle import Oracle

Transfer = tuple[str, str, str, int]
"""Tranche, from, to, fen."""
_MOVES = {
    Kind.CLAIM: ("pool", "out"),
    Kind.REDEMPTION: ("out", "spent"),
    Kind.PAYMENT: ("out", "spent"),
}


def accounts(
    oracle: Oracle, given: dict[str, int], moment: datetime, known_by: datetime | None = None
) -> dict[str, dict[str, int]]:
    """Tranche -> account -> fen. `given`: what each tranche was allocated."""
    held = {tranche: dict.fromkeys(("budget", "pool", "out", "spent"), 0) for tranche in given}
    for tranche, source, target, fen in _transfers(oracle, given, moment, known_by):
        held[tranche][source] -= fen
        held[tranche][target] += fen
    assert all(sum(of_one.values()) == 0 for of_one in held.values())
    return held


def _transfers(
    oracle: Oracle, given: dict[str, int], moment: datetime, known_by: datetime | None
) -> Iterator[Transfer]:
    lots: Counter[tuple[str, str, str, int]] = Counter()
    for tranche, fen in given.items():
        yield tranche, "budget", "pool", fen
    for entry, _ in oracle.standing(known_by):
        event, kind = entry.event, entry.event.kind
        lot = (entry.tranche, entry.programme, event.template, event.round_no)
        if kind is Kind.CLAIM or kind is Kind.REDEMPTION:
            lots[lot] += event.face_fen if kind is Kind.CLAIM else -event.face_fen
        if kind in _MOVES:
            yield entry.tranche, *_MOVES[kind], event.face_fen
    for (first, *_), _ in oracle.notices(known_by):
        yield first.tranche, "spent", "pool", first.event.face_fen
    for decisions in oracle.decisions(known_by).values():
        if decisions[0].event.kind is Kind.APPROVAL:
            yield decisions[0].tranche, "pool", "out", decisions[0].event.face_fen
    for at, booked in oracle.booked:
        if booked.kind == "recovered" and (known_by is None or at <= known_by):
            yield booked.tranche, "spent", "pool", booked.amount_fen
    ends = {issue.place[:4]: issue.use_until for issue in oracle.issues}
    for lot, unused in lots.items():
        if moment > ends[lot]:
            yield lot[0], "out", "pool", unused
