"""An alert as the desk works on it: its line in the queue, its history, and how good the alerts were."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from domain.campaign import Campaign, Programme
from domain.casework import Action, Stage, Verdict
from domain.clocks import Timing
from domain.readings import Level
from domain.signals import Signal

BY_HAND = "by_hand"
"""The rule of what people found and no rule did: these are the missed ones."""

DECIDED = re.compile(r"(?P<name>level|office|due|verdict|into|from)=(?P<value>\S+)(?: |$)")
"""What was decided, as it stands before a person's words in a note of the history."""

REOPENED = "reopened"
"""In the history: a rule found something graver than what a person had closed. All clocks begin anew."""

GROWN = "grown"
"""In the history: at the same level twice as much as people had noted."""

MOVED = "moved"
"""In the history: its rule finds it in another county."""

SPLIT_OFF = "split_off"
"""The rule of what people took out of another alert: judged like any that a rule raised."""


def own_words(note: str) -> str:
    """A person's words to stand in a note: what reads like a decision there is set off, and decides nothing."""
    words = note.strip()
    return f"· {words}" if DECIDED.match(words) else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One alert with everything people did about it."""

    alert_id: int
    rule: str
    subject: str
    level: Level
    computed_level: Level | None
    by_hand: bool
    title: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    evidence_count: int
    county: str | None
    facts: Mapping[str, Any] | None
    parameters: str | None  # the version of the rule's parameters that made its level
    signal: Signal
    stage: Stage
    office: str | None
    raised_at: datetime
    refreshed_at: datetime
    signal_ended_at: datetime | None
    began_at: datetime | None
    verdict: Verdict | None
    known_at: datetime | None
    merged_into: int | None
    timing: Timing


def programmes_concerned(case: Case, campaign: Campaign) -> tuple[Programme, ...]:
    """Whose money the alert is about: its subject's first part names one, or its county has some in scope."""
    named = campaign.programmes.get(case.subject.partition("/")[0])
    if named is not None:
        return (named,)
    here = (p for p in campaign.programme if p.division == case.county)
    return tuple(p for p in here if p.tranche == campaign.in_scope.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInForce:
    """A rule's parameters as they were kept."""

    rule: str
    version: str
    content: Mapping[str, Any]
    since: datetime | None = None  # None: not kept yet


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    at: datetime
    change: str
    level: Level
    title: str
    who: str | None  # None: the program
    stage: str | None
    note: str | None
    county: str | None = None  # where it was then


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person does. What an action does not need is left out."""

    action: Action
    note: str = ""
    level: Level | None = None  # grade, raise, lower
    office: str | None = None  # assign
    due_at: datetime | None = None  # assign
    target: int | None = None  # merge
    verdict: Verdict | None = None  # close
    known_at: datetime | None = None  # close: when others told of it
    shown: int | None = None  # `newest_move` of the alert as the person saw it; None: whatever stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How good the alerts were, from verdicts alone. None: nothing to divide by."""

    judged_count: int
    real_count: int  # real or partly
    false_count: int
    missed_count: int  # found by people, by no rule
    waiting_count: int
    led_count: int  # with a moment at which others told of it
    lead: timedelta | None  # median of how long before others the alert stood; negative: after them

    @property
    def precision(self) -> float | None:
        return self.real_count / self.judged_count if self.judged_count else None

    @property
    def recall(self) -> float | None:
        happened = self.real_count + self.missed_count
        return self.real_count / happened if happened else None


def record_of(cases: Iterable[Case]) -> Record:
    """Precision, lead time and missed events of these alerts. Merged ones count with their target."""
    cases = [c for c in cases if c.stage is not Stage.MERGED]
    raised = [c for c in cases if c.rule != BY_HAND]
    judged = [c for c in raised if c.verdict is not None]
    real = [c for c in judged if c.verdict is not Verdict.FALSE]
    leads = [(c.known_at - c.raised_at).total_seconds() for c in real if c.known_at is not None]
    return Record(
        judged_count=len(judged),
        real_count=len(real),
        false_count=len(judged) - len(real),
        missed_count=sum(c.rule == BY_HAND and c.verdict is not Verdict.FALSE for c in cases),
        waiting_count=sum(c.verdict is None for c in raised),
        led_count=len(leads),
        lead=timedelta(seconds=median(leads)) if leads else None,
    )
