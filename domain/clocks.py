"""The clocks of an alert: 5 h to a first word, 24 h to a press briefing, 48 h to an answer, and unit deadlines.

State Council 2016: major events (orange, red) get authoritative information within 5 h and a briefing within 24 h;
other government-affairs opinion gets a response within 48 h. To a late file or a merchant's till nobody is owed a word:
there only the deadline binds that was set when the alert was assigned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.casework import Action
from domain.readings import Level

URGENT = frozenset({Level.ORANGE, Level.RED})


class ClockKind(StrEnum):
    FIRST_WORD = "first_word"
    BRIEFING = "briefing"
    RESPONSE = "response"
    UNIT = "unit"


LIMITS = {
    ClockKind.FIRST_WORD: timedelta(hours=5),
    ClockKind.BRIEFING: timedelta(hours=24),
    ClockKind.RESPONSE: timedelta(hours=48),
}


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When what happened to an alert. Each pause stands in the history with its reason."""

    level: Level
    raised_at: datetime
    urgent_since: datetime | None  # first orange or red
    assigned_at: datetime | None  # the last time
    unit_due_at: datetime | None
    reported_at: datetime | None  # by the unit: its feedback, else its answer
    responded_at: datetime | None
    briefed_at: datetime | None
    closed_at: datetime | None  # by a person
    paused_at: datetime | None
    pauses: tuple[tuple[datetime, datetime], ...] = ()  # those that ended, oldest first
    is_opinion: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningClock:
    kind: ClockKind
    since: datetime
    due_at: datetime
    state: ClockState
    stopped_at: datetime | None  # met or broken-and-then-met


def clocks(timing: Timing, *, now: datetime) -> tuple[RunningClock, ...]:
    """Every clock that binds at this level, the first due first."""
    found = [
        _clock(kind, since, due, _first(done, timing.closed_at), timing, now)
        for kind, since, due, done in _binding(timing)
    ]
    return tuple(sorted(found, key=lambda c: c.due_at))


def broken(timing: Timing, *, now: datetime) -> tuple[RunningClock, ...]:
    return tuple(c for c in clocks(timing, now=now) if c.state is ClockState.BROKEN)


def next_due(timing: Timing, *, now: datetime) -> RunningClock | None:
    """The clock to look at: broken ones first, since theirs lie in the past; None if all are met."""
    waiting = [c for c in clocks(timing, now=now) if c.stopped_at is None]
    return waiting[0] if waiting else None


def _binding(timing: Timing) -> list[tuple[ClockKind, datetime, datetime, datetime | None]]:
    """(kind, since, due without pauses, done)."""
    since = timing.urgent_since or timing.raised_at
    found: list[tuple[ClockKind, datetime, datetime, datetime | None]] = []
    if timing.is_opinion and timing.level in URGENT:
        found = [
            (ClockKind.FIRST_WORD, since, since + LIMITS[ClockKind.FIRST_WORD], timing.responded_at),
            (ClockKind.BRIEFING, since, since + LIMITS[ClockKind.BRIEFING], timing.briefed_at),
        ]
    elif timing.is_opinion:
        due = timing.raised_at + LIMITS[ClockKind.RESPONSE]
        found = [(ClockKind.RESPONSE, timing.raised_at, due, timing.responded_at)]
    if timing.unit_due_at is not None:
        begun = timing.assigned_at or timing.raised_at
        answered = timing.responded_at
        if answered is not None and answered < begun:
            answered = None  # another unit's
        found.append((ClockKind.UNIT, begun, timing.unit_due_at, _first(timing.reported_at, answered)))
    return found


def _clock(
    kind: ClockKind, since: datetime, due: datetime, done: datetime | None, timing: Timing, now: datetime
) -> RunningClock:
    due = _lengthened(since, due, done or now, timing, now)
    if (done or now) > due:
        state = ClockState.BROKEN
    elif done is not None:
        state = ClockState.MET
    else:
        state = ClockState.PAUSED if timing.paused_at else ClockState.RUNNING
    return RunningClock(kind=kind, since=since, due_at=due, state=state, stopped_at=done)


def _lengthened(since: datetime, due: datetime, end: datetime, timing: Timing, now: datetime) -> datetime:
    """By what of each pause the clock itself stood: none before it ran, after it stopped, or after it had run out."""
    open_one = [] if timing.paused_at is None else [(timing.paused_at, now)]
    for begun, ended in (*timing.pauses, *open_one):
        if begun < due:
            due += max(min(ended, end) - max(begun, since), timedelta(0))
    return due


def pauses_in(told: Iterable[tuple[str, datetime]]) -> tuple[tuple[datetime, datetime], ...]:
    """Those that ended, of an alert's (change, moment), oldest first."""
    found: list[tuple[datetime, datetime]] = []
    begun: datetime | None = None
    for change, at in told:
        if change == Action.PAUSE:
            begun = at
        elif change == Action.RESUME and begun is not None:
            found.append((begun, at))
            begun = None
    return tuple(found)


def _first(*moments: datetime | None) -> datetime | None:
    return min((m for m in moments if m is not None), default=None)
