"""What people said of closed cases, held against the alerts that a rule would have raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from alerts.replay import Raised
from domain.cases import BY_HAND, Case
from domain.casework import Verdict

NEAR = timedelta(hours=6)
"""How long before somebody entered an event by hand an alert of its county still counts as having found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """One rule under one set of parameters against people's verdicts. None: nothing to divide by."""

    judged_count: int  # alerts whose case has a verdict
    real_count: int
    false_count: int
    missed_count: int  # real cases that it would not have raised
    lead: timedelta | None  # median of how long before others told of it

    @property
    def precision(self) -> float | None:
        return self.real_count / self.judged_count if self.judged_count else None


def held_against(rule: str, raised: Sequence[Raised], cases: Sequence[Case], *, until: datetime) -> Verdicts:
    """Precision over the alerts whose case was judged; missed are real cases that none of these met."""
    real = false = missed = 0
    leads: list[float] = []
    for case in cases:
        if case.verdict is None or case.raised_at >= until or case.rule not in (rule, BY_HAND):
            continue
        met = next((r for r in raised if _meets(r, case)), None)
        if case.verdict is Verdict.FALSE:
            false += met is not None
        elif met is None:
            missed += 1
        else:
            real += 1
            if case.known_at is not None:
                leads.append((case.known_at - met.opened_at).total_seconds())
    return Verdicts(
        judged_count=real + false,
        real_count=real,
        false_count=false,
        missed_count=missed,
        lead=timedelta(seconds=median(leads)) if leads else None,
    )


def _meets(raised: Raised, case: Case) -> bool:
    """The same subject while the case's signal lasted; for what a person entered, the same county not long before."""
    begin, end = case.began_at or case.raised_at, case.signal_ended_at or case.refreshed_at
    if case.rule == BY_HAND:
        same, begin, end = raised.county == case.county, case.raised_at - NEAR, case.raised_at
    else:
        same = raised.subject == case.subject
    return same and raised.opened_at <= end and (raised.ended_at is None or raised.ended_at >= begin)
