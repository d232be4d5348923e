"""The stages of an alert, its signal and its clocks: pure tables, walked through whole."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.casework import NEEDS_NOTE, OPEN, TABLE, Action, Stage, allowed, following
from domain.clocks import ClockKind, ClockState, Timing, broken, clocks, next_due
from domain.errors import StoreError
from domain.readings import Level
from domain.signals import KEEP_OPEN, Signal, Watched, looked

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NO_HOLD = timedelta(0)


def timing(now: datetime, level: Level = Level.ORANGE, **changes: object) -> Timing:
    fields: dict[str, object] = dict.fromkeys(
        ("assigned_at", "unit_due_at", "reported_at", "responded_at", "briefed_at", "closed_at", "paused_at")
    )
    fields |= {"level": level, "raised_at": now, "urgent_since": now}
    return Timing(**(fields | changes))  # type: ignore[arg-type]


def test_the_whole_way_from_found_to_reviewed() -> None:
    stage = Stage.FOUND
    for action in ("verify", "grade", "assign", "accept", "respond", "close", "review"):
        stage = following(stage, Action(action))
    assert stage is Stage.REVIEWED


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("action", Action)
def test_what_has_no_line_in_the_table_is_refused(stage: Stage, action: Action) -> None:
    if (stage, action) in TABLE:
        assert following(stage, action) is TABLE[stage, action]
        return
    with pytest.raises(StoreError):
        following(stage, action)


def test_every_stage_can_be_reached_and_only_reviewed_is_an_end() -> None:
    assert {*TABLE.values(), Stage.FOUND} == set(Stage)
    assert [stage for stage in Stage if not allowed(stage)] == [Stage.REVIEWED]
    assert all(Action.DISMISS in allowed(stage) for stage in OPEN)


def test_a_clock_never_stands_without_a_reason() -> None:
    assert {Action.PAUSE, Action.RESUME, Action.LOWER, Action.RETURN} <= NEEDS_NOTE


# ---------------------------------------------------------------- signals


def test_what_is_found_once_is_pending_until_it_held(now: datetime) -> None:
    first = looked(None, found=True, blind=False, hold=MINUTE, now=now)
    assert first.signal is Signal.PENDING
    assert looked(first, found=True, blind=False, hold=MINUTE, now=now + MINUTE).signal is Signal.FIRING
    assert looked(first, found=False, blind=False, hold=MINUTE, now=now + MINUTE).signal is Signal.RECOVERED


def test_a_silent_source_is_no_recovery_and_the_waiting_starts_anew(now: datetime) -> None:
    seen = Watched(signal=Signal.FIRING, since=now, seen_at=now)
    blind = looked(seen, found=False, blind=True, hold=NO_HOLD, now=now + 9 * HOUR)
    assert blind.signal is Signal.NO_DATA
    back = looked(blind, found=False, blind=False, hold=NO_HOLD, now=now + 10 * HOUR)
    assert back.signal is Signal.RECOVERING
    late = now + 10 * HOUR + KEEP_OPEN
    assert looked(back, found=False, blind=False, hold=NO_HOLD, now=late).signal is Signal.RECOVERED
    assert looked(back, found=False, blind=False, hold=NO_HOLD, now=late - MINUTE).signal is Signal.RECOVERING


def test_found_again_while_recovering_it_fires_on(now: datetime) -> None:
    seen = Watched(signal=Signal.FIRING, since=now, seen_at=now)
    gone = looked(seen, found=False, blind=False, hold=MINUTE, now=now + MINUTE)
    assert gone.signal is Signal.RECOVERING
    assert looked(gone, found=True, blind=False, hold=MINUTE, now=now + 2 * MINUTE).signal is Signal.FIRING


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("level", "limits"),
    [(Level.RED, [5, 24]), (Level.ORANGE, [5, 24]), (Level.YELLOW, [48]), (Level.BLUE, [48])],
)
def test_which_clocks_bind_at_a_level(now: datetime, level: Level, limits: list[int]) -> None:
    assert [c.due_at - now for c in clocks(timing(now, level), now=now)] == [n * HOUR for n in limits]


@pytest.mark.parametrize("level", Level)
def test_what_nobody_said_in_public_is_bound_by_its_units_deadline_alone(now: datetime, level: Level) -> None:
    assert clocks(timing(now, level, is_opinion=False), now=now) == ()
    (clock,) = clocks(timing(now, level, is_opinion=False, unit_due_at=now + HOUR), now=now)
    assert clock.kind is ClockKind.UNIT


def test_a_clock_breaks_after_its_last_second_and_not_before(now: datetime) -> None:
    assert broken(timing(now), now=now + 5 * HOUR) == ()
    (late,) = broken(timing(now), now=now + 5 * HOUR + timedelta(seconds=1))
    assert late.kind is ClockKind.FIRST_WORD


def test_what_was_said_in_time_is_met_and_what_came_late_stays_broken(now: datetime) -> None:
    met, late = (timing(now, responded_at=now + n * HOUR) for n in (4, 6))
    states = [clocks(t, now=now + 7 * HOUR)[0].state for t in (met, late)]
    assert states == [ClockState.MET, ClockState.BROKEN]


def test_a_pause_lengthens_every_clock_by_itself(now: datetime) -> None:
    standing = timing(now, paused_at=now + 4 * HOUR)
    assert next_due(standing, now=now + 20 * HOUR).state is ClockState.PAUSED  # type: ignore[union-attr]
    resumed = timing(now, pauses=((now + HOUR, now + 2 * HOUR),))
    assert broken(resumed, now=now + 6 * HOUR) == ()
    assert broken(resumed, now=now + 6 * HOUR + MINUTE)


@pytest.mark.parametrize(
    ("pause", "changes", "due"),
    [
        ((-3, -1), {}, 5),  # before it ran
        ((-3, 1), {}, 6),
        ((4, 9), {}, 10),  # over its end
        ((6, 9), {}, 5),  # after it had run out: it stays broken
        ((2, 4), {"responded_at": 1}, 5),  # after it was met
        ((2, 4), {"responded_at": 3}, 6),
    ],
)
def test_a_pause_lengthens_a_clock_by_what_it_stood_alone(
    now: datetime, pause: tuple[int, int], changes: dict[str, int], due: int
) -> None:
    moments = {name: now + n * HOUR for name, n in changes.items()}
    begun, ended = (now + n * HOUR for n in pause)
    first = next(
        c
        for c in clocks(timing(now, pauses=((begun, ended),), **moments), now=now + 20 * HOUR)
        if c.kind is ClockKind.FIRST_WORD
    )
    assert first.due_at == now + due * HOUR


def test_a_pause_that_begins_after_the_end_mends_nothing(now: datetime) -> None:
    late = timing(now, paused_at=now + 6 * HOUR)
    assert [c.kind for c in broken(late, now=now + 20 * HOUR)] == [ClockKind.FIRST_WORD]


def test_a_level_that_rose_later_counts_from_its_rise(now: datetime) -> None:
    assert broken(timing(now, urgent_since=now + 3 * HOUR), now=now + 8 * HOUR) == ()


def test_a_units_deadline_is_met_by_its_report(now: datetime) -> None:
    waiting = timing(now, unit_due_at=now + HOUR)
    assert [c.kind for c in broken(waiting, now=now + 2 * HOUR)] == [ClockKind.UNIT]
    assert broken(timing(now, unit_due_at=now + HOUR, reported_at=now + MINUTE), now=now + 2 * HOUR) == ()
