"""Audited subsidies, application by application: which decision stands, how long it took, what does not add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.measures import ratio
from domain.records import DECISIONS, Kind


class Trouble(StrEnum):
    """Why a step is listed. None of them keeps it out of a figure, but for a decision after the first."""

    ORPHAN = "orphan"  # the application it names has not come
    EARLY = "early"  # dated before its application
    SECOND_DECISION = "second_decision"  # says again what was decided
    CONTRADICTION = "contradiction"  # decides otherwise than the decision that stands: not counted
    BEYOND_APPLICATION = "beyond_application"  # approved for more than was applied for
    UNAPPROVED = "unapproved"  # paid without an approval that stands
    OVERPAID = "overpaid"  # paid, with what was paid before, for more than was approved


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of one application. Amounts in fen; times aware UTC."""

    programme: str
    application_no: str
    event_no: str
    kind: Kind
    face_fen: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A step somebody has to look at."""

    step: Step
    trouble: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An application and what followed it, in the order of its own times, whatever came first."""

    application: Step | None  # None: it has not come
    decisions: tuple[Step, ...]
    payments: tuple[Step, ...]

    @property
    def standing(self) -> Step | None:
        """The first decision: later ones change nothing."""
        return self.decisions[0] if self.decisions else None

    @property
    def decided_in_s(self) -> float | None:
        """From the application to its decision; None while either is missing."""
        if self.application is None or self.standing is None:
            return None
        return (self.standing.occurred_at - self.application.occurred_at).total_seconds()

    def troubles(self) -> Iterator[Listed]:
        for step in (*self.decisions, *self.payments):
            if self.application is None:
                yield Listed(step=step, trouble=Trouble.ORPHAN)
            elif step.occurred_at < self.application.occurred_at:
                yield Listed(step=step, trouble=Trouble.EARLY)
        yield from self._decision_troubles()
        yield from self._payment_troubles()

    def _decision_troubles(self) -> Iterator[Listed]:
        first, applied = self.standing, self.application
        if first is None:
            return
        if first.kind is Kind.APPROVAL and applied and first.face_fen > applied.face_fen:
            yield Listed(step=first, trouble=Trouble.BEYOND_APPLICATION)
        for other in self.decisions[1:]:
            same = (other.kind, other.face_fen) == (first.kind, first.face_fen)
            yield Listed(step=other, trouble=Trouble.SECOND_DECISION if same else Trouble.CONTRADICTION)

    def _payment_troubles(self) -> Iterator[Listed]:
        approval, paid_fen = self.standing, 0
        for payment in self.payments:
            paid_fen += payment.face_fen
            if approval is None or approval.kind is not Kind.APPROVAL:
                yield Listed(step=payment, trouble=Trouble.UNAPPROVED)
            elif paid_fen > approval.face_fen:
                yield Listed(step=payment, trouble=Trouble.OVERPAID)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsidyProgress:
    """Where one programme's applications stand (work plan 二, 五(一))."""

    programme: str
    applied_count: int
    approved_count: int
    rejected_count: int
    pending_count: int  # applied for and not decided
    paid_count: int  # payments
    paid_fen: int
    median_decision_s: float | None  # None: none is decided
    listed: tuple[Listed, ...]

    @property
    def approval_rate(self) -> float | None:
        """Approved / decided."""
        return ratio(self.approved_count, self.approved_count + self.rejected_count)


def cases_of(steps: Iterable[Step]) -> list[Case]:
    """Steps of one sub-project by application; the order they come in means nothing."""
    found: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda s: (s.occurred_at, s.event_no, s.kind)):
        found.setdefault(step.application_no, []).append(step)
    return [
        Case(
            application=next((s for s in of_one if s.kind is Kind.APPLICATION), None),
            decisions=tuple(s for s in of_one if s.kind in DECISIONS),
            payments=tuple(s for s in of_one if s.kind is Kind.PAYMENT),
        )
        for of_one in found.values()
    ]


def progress_of(programme: str, cases: Sequence[Case]) -> SubsidyProgress:
    standing = [case.standing.kind for case in cases if case.standing]
    payments = [payment for case in cases for payment in case.payments]
    return SubsidyProgress(
        programme=programme,
        applied_count=sum(case.application is not None for case in cases),
        approved_count=standing.count(Kind.APPROVAL),
        rejected_count=standing.count(Kind.REJECTION),
        pending_count=sum(case.application is not None and not case.decisions for case in cases),
        paid_count=len(payments),
        paid_fen=sum(payment.face_fen for payment in payments),
        median_decision_s=_median([s for s in (case.decided_in_s for case in cases) if s is not None]),
        listed=tuple(listed for case in cases for listed in case.troubles()),
    )


def _median(seconds: Sequence[float]) -> float | None:
    """Nearest rank, as the sources' delays: a time that one application really took."""
    return sorted(seconds)[(len(seconds) - 1) // 2] if seconds else None
