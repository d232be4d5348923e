"""The clocks of an alert: 5 h to a first word, 24 h to a press briefing, 48 h to an answer, and unit deadlines.

State Council 2016: major events (orange, red) get authoritative information within 5 h and a briefing within 24 h;
other government-affairs opinion gets a response within 48 h. To a late file or a merchant's till nobody is owed a word:
there only the deadline binds that was set when the alert was assigned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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
    """When what happened to an alert. Pauses lengthen every clock; each stands in the history with its reason."""

    level: Level
    raised_at: datetime
    urgent_since: datetime | None  # first orange or red
    unit_due_at: datetime | None
    reported_at: datetime | None  # the unit's feedback
    responded_at: datetime | None
    briefed_at: datetime | None
    closed_at: datetime | None  # by a person
    paused_at: datetime | None
    paused_s: int
    is_opinion: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningClock:
    kind: ClockKind
    due_at: datetime
    state: ClockState
    stopped_at: datetime | None  # met or broken-and-then-met


def clocks(timing: Timing, *, now: datetime) -> tuple[RunningClock, ...]:
    """Every clock that binds at this level, the first due first."""
    pause = timedelta(seconds=timing.paused_s)
    if timing.paused_at is not None:
        pause += now - timing.paused_at
    found = [
        _clock(kind, due + pause, _first(done, timing.closed_at), timing, now)
        for kind, due, done in _binding(timing)
    ]
    return tuple(sorted(found, key=lambda c: c.due_at))


def broken(timing: Timing, *, now: datetime) -> tuple[RunningClock, ...]:
    return tuple(c for c in clocks(timing, now=now) if c.state is ClockState.BROKEN)


def next_due(timing: Timing, *, now: datetime) -> RunningClock | None:
    """The clock to look at: broken ones first, since theirs lie in the past; None if all are met."""
    waiting = [c for c in clocks(timing, now=now) if c.stopped_at is None]
    return waiting[0] if waiting else None


def _binding(timing: Timing) -> list[tuple[ClockKind, datetime, datetime | None]]:
    since = timing.urgent_since or timing.raised_at
    found: list[tuple[ClockKind, datetime, datetime | None]] = []
    if timing.is_opinion and timing.level in URGENT:
        found = [
            (ClockKind.FIRST_WORD, since + LIMITS[ClockKind.FIRST_WORD], timing.responded_at),
            (ClockKind.BRIEFING, since + LIMITS[ClockKind.BRIEFING], timing.briefed_at),
        ]
    elif timing.is_opinion:
        due = timing.raised_at + LIMITS[ClockKind.RESPONSE]
        found = [(ClockKind.RESPONSE, due, timing.responded_at)]
    if timing.unit_due_at is not None:
        found.append((ClockKind.UNIT, timing.unit_due_at, _first(timing.reported_at, timing.responded_at)))
    return found


def _clock(
    kind: ClockKind, due: datetime, done: datetime | None, timing: Timing, now: datetime
) -> RunningClock:
    if (done or now) > due:
        state = ClockState.BROKEN
    elif done is not None:
        state = ClockState.MET
    else:
        state = ClockState.PAUSED if timing.paused_at else ClockState.RUNNING
    return RunningClock(kind=kind, due_at=due, state=state, stopped_at=done)


def _first(*moments: datetime | None) -> datetime | None:
    return min((m for m in moments if m is not None), default=None)
