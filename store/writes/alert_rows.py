"""A finding as the store takes it, and what of it and of its signal an alert's row holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from domain.casework import Stage
from domain.noted import Look
from domain.peaks import gravest
from domain.readings import GRAVITY, Level
from domain.signals import Signal, Watched

CONCLUDED = frozenset({Stage.CLOSED, Stage.FALSE_ALARM, Stage.REVIEWED})
ANEW = {
    "stage": Stage.FOUND.value, "done_at": None, "verdict": None, "office": None, "due_at": None, "reported_at": None,
    "responded_at": None, "briefed_at": None, "paused_at": None, "paused_s": 0,
}  # fmt: skip
"""What people did of a case that was closed answers nothing of what came back: the history has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is worth telling: an alert that opened, rose or grew."""

    alert_id: int
    level: Level
    title: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A finding as the store takes it."""

    subject: str
    level: Level
    title: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    evidence_count: int
    county: str | None
    facts: Mapping[str, Any] | None = None
    sources: tuple[str, ...] = ()  # where the evidence came from
    began_at: datetime | None = None
    parameters: str | None = None  # the version of the rule's parameters that made it
    volume: int | None = None  # None: as much as its evidence

    @property
    def look(self) -> Look:
        return Look(self.level, self.evidence_count if self.volume is None else self.volume)


def one_a_subject(found: Iterable[Alarm]) -> list[Alarm]:
    """Of findings of one subject the gravest, the first of equals: an alert is one, however often a rule finds it."""
    kept: dict[str, Alarm] = {}
    for alarm in found:
        same = kept.get(alarm.subject)
        if same is None or GRAVITY[alarm.level.value] > GRAVITY[same.level.value]:
            kept[alarm.subject] = alarm
    return list(kept.values())


def peak_after(before: Mapping[str, Any] | None, look: Alarm) -> dict[str, Any]:
    return gravest(before, level=look.level, count=look.evidence_count, title=look.title)


def watched_in(row: Row[Any]) -> Watched:
    return Watched(
        signal=Signal.RECOVERED if row.closed_at else Signal(row.signal),
        since=row.signal_since or row.raised_at,
        seen_at=row.refreshed_at,
    )


def of_signal(watched: Watched, *, seen: bool = True) -> dict[str, Any]:
    found = {"signal": watched.signal.value, "signal_since": watched.since}
    return found | ({"refreshed_at": watched.seen_at} if seen else {})


def noted_in(row: Row[Any]) -> Look:
    return Look(Level(row.noted_level), row.noted_volume)


def of_noted(noted: Look) -> dict[str, Any]:
    return {"noted_level": noted.level.value, "noted_volume": noted.volume}


def of_levels(level: Level, computed: Level, *, by_hand: bool) -> dict[str, Any]:
    return {"level": level.value, "computed_level": computed.value, "by_hand": by_hand}


def of_alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "title": alarm.title,
        "reasons": list(alarm.reasons),
        "evidence": list(alarm.evidence),
        "evidence_count": alarm.evidence_count,
        "county": alarm.county,
        "facts": dict(alarm.facts) if alarm.facts is not None else None,
        "sources": list(alarm.sources),
        "parameters": alarm.parameters,
    } | ({"began_at": alarm.began_at} if alarm.began_at else {})
