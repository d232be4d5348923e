"""The clock that binds an alert, from its history as it was known: the desk's own, so that a paper says no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.cases import DECIDED, REOPENED, SPLIT_OFF, HistoryLine
from domain.casework import OPEN, Action, Stage
from domain.clocks import URGENT, ClockKind, ClockState, RunningClock, Timing, clocks, pauses_in
from domain.terms import clock, month_day
from domain.topics import is_about_posts
from store.queries.alert_then import AlertStory

_NAME = {
    ClockKind.FIRST_WORD: "首次回应",
    ClockKind.BRIEFING: "新闻发布",
    ClockKind.RESPONSE: "回应",
    ClockKind.UNIT: "办理",
}
"""The last two characters are what is to be done."""


def due_of(story: AlertStory, *, as_of: datetime) -> RunningClock | None:
    """The first that still runs, else the first that was met. None where none binds: the alert is over, or nobody is
    owed a word of it and no deadline was set. None, too, of one that was split off: it goes by another's history.
    """
    if story.stage not in OPEN or story.rule == SPLIT_OFF:
        return None
    bound = clocks(_timing(story), now=as_of)
    return next((c for c in bound if c.stopped_at is None), bound[0] if bound else None)


def due_words(due: RunningClock) -> str:
    """首次回应时限为10月28日17:00，尚未回应."""
    name = _NAME[due.kind]
    if due.state is ClockState.PAUSED:
        return f"{name}计时暂停"
    late = due.state is ClockState.BROKEN
    state = f"已{name[-2:]}" if due.stopped_at else "已超时" if late else f"尚未{name[-2:]}"
    return f"{name}时限为{month_day(due.due_at)}{clock(due.due_at)}，{state}"


def _timing(story: AlertStory) -> Timing:
    lines = story.history
    begun = next((n for n in reversed(range(len(lines))) if lines[n].change == REOPENED), 0)
    told = lines[begun:]
    assigned = _assigned(told)
    return Timing(
        level=story.level,
        raised_at=told[0].at,
        urgent_since=next((line.at for line in told if line.level in URGENT), None),
        assigned_at=assigned[0].at if assigned else None,
        unit_due_at=_deadline(assigned[0].note) if assigned else None,
        reported_at=_reported(assigned),
        responded_at=min(_when(told, Action.RESPOND), default=None),
        briefed_at=min(_when(told, Action.BRIEF), default=None),
        closed_at=None,
        paused_at=_paused(told),
        pauses=pauses_in((line.change, line.at) for line in told),
        is_opinion=is_about_posts(story.rule),
    )


def _when(told: Sequence[HistoryLine], action: Action) -> list[datetime]:
    return [line.at for line in told if line.change == action]


def _assigned(told: Sequence[HistoryLine]) -> Sequence[HistoryLine]:
    """Of what a unit has to do: from the line that assigned it; nothing once the unit gave it back."""
    for n in reversed(range(len(told))):
        if told[n].change == Action.ASSIGN:
            return told[n:]
        if told[n].change == Action.RETURN and told[n].stage == Stage.GRADED:
            break
    return ()


def _reported(assigned: Sequence[HistoryLine]) -> datetime | None:
    """The unit's last feedback, else its answer."""
    answered = min(_when(assigned, Action.RESPOND), default=None)
    return max(_when(assigned, Action.FEEDBACK), default=answered)


def _paused(told: Sequence[HistoryLine]) -> datetime | None:
    last = next((n for n in reversed(told) if n.change in (Action.PAUSE, Action.RESUME)), None)
    return last.at if last is not None and last.change == Action.PAUSE else None


def _deadline(note: str | None) -> datetime | None:
    """As it was decided when the alert was assigned."""
    return next(
        (datetime.fromisoformat(value) for name, value in _decided(note or "") if name == "due"), None
    )


def _decided(note: str) -> Iterator[tuple[str, str]]:
    while found := DECIDED.match(note):
        yield found["name"], found["value"]
        note = note[found.end() :]
