"""What platforms state, and which differences must be open (I12): a dictionary of what differs and nobody accepted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.store.machine.oracle import SHANGHAI, Oracle

Amounts = tuple[int | None, int | None]
"""Vouchers, fen; None: not stated."""
Subject = tuple[str, str, str, int, datetime | None]
"""Programme, metric, template (or nothing), round, day (None: all there ever was of the lot)."""
MEASURES = {
    "claimed": ("claimed_count", "claimed_fen"),
    "redeemed_gross": ("redeemed_gross_count", "redeemed_gross_fen"),
    "refunded": ("refunded_count", "pool_returned_fen"),
}


@dataclass(slots=True)
class Statements:
    """`stated`: of each total, by sub-project, the newest word. `open`, `accepted`: platform less ours."""

    stated: dict[Subject, dict[str, tuple[datetime, Amounts]]] = field(default_factory=dict)
    open: dict[Subject, Amounts] = field(default_factory=dict)
    accepted: dict[Subject, Amounts] = field(default_factory=dict)

    def state(self, subject: Subject, sub_project: str, at: datetime, amounts: Amounts) -> None:
        """An older word that comes later does not hold."""
        told = self.stated.setdefault(subject, {})
        if sub_project not in told or told[sub_project][0] <= at:
            told[sub_project] = (at, amounts)

    def accept(self, subject: Subject) -> None:
        """A person closes it: this difference stands, any other is a new one."""
        self.accepted[subject] = self.open.pop(subject)

    def compare(
        self, oracle: Oracle, now: datetime, *, delays: dict[str, timedelta], heard: dict[str, datetime]
    ) -> None:
        """`heard`: how far each programme's feed is complete: before that a day is not judged, nor too soon after."""
        for subject, told in self.stated.items():
            programme, *_, day = subject
            over = None if day is None else day + timedelta(days=1)
            if over is not None and not (
                programme in heard and heard[programme] >= over and now >= over + delays[programme]
            ):
                continue
            said = [amounts for _, amounts in told.values()]
            difference = _less(
                (_sum([n for n, _ in said]), _sum([fen for _, fen in said])), ours(oracle, subject)
            )
            if not any(difference):
                self.open.pop(subject, None)
                self.accepted.pop(subject, None)
            elif subject in self.open or self.accepted.get(subject) != difference:
                self.open[subject] = difference


def ours(oracle: Oracle, subject: Subject) -> tuple[int, int]:
    programme, metric, template, round_no, day = subject
    count = fen = 0
    for ((_, owner, name, no, _), _, at), sums in oracle.cells().items():
        is_lot = not template or (name, no) == (template, round_no)
        is_day = day is None or at.astimezone(SHANGHAI).date() == day.astimezone(SHANGHAI).date()
        if owner == programme and is_lot and is_day:
            count += sums.get(MEASURES[metric][0], 0)
            fen += sums.get(MEASURES[metric][1], 0)
    return count, fen


def _sum(several: list[int | None]) -> int | None:
    known = [n for n in several if n is not None]
    return sum(known) if len(known) == len(several) else None


def _less(theirs: Amounts, own: tuple[int, int]) -> Amounts:
    count, fen = (None if a is None else a - b for a, b in zip(theirs, own, strict=True))
    return count, fen
