"""Whether the cause of an alert still shows: pending, firing, recovering, no data, recovered. Nothing flaps.

Found once is pending until it held for as long as its rule asks. Not found any more is recovering: it keeps firing
until it was seen to be gone for `KEEP_OPEN` without a break. Where the sources that told of it are silent nobody can
see that it is gone: that is no data, and the waiting starts anew when they speak again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KEEP_OPEN = timedelta(minutes=15)
"""An alert not found again stays open this long: a count that dances on the threshold must not flap."""


class Signal(StrEnum):
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    NO_DATA = "no_data"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is known of a signal between two looks."""

    signal: Signal
    since: datetime  # pending: first found; recovering: first known to be gone; else when it began to be so
    seen_at: datetime  # last found


def looked(before: Watched | None, *, found: bool, blind: bool, hold: timedelta, now: datetime) -> Watched:
    """The signal after a look. `blind`: whoever told of it is silent. `before` None: never found till now."""
    if found:
        return _found(before, hold=hold, now=now)
    assert before is not None, "nothing was found, then or now"
    if before.signal in (Signal.PENDING, Signal.RECOVERED):
        return _as(before, Signal.RECOVERED, now)
    if blind:
        return _as(before, Signal.NO_DATA, now)
    if before.signal is Signal.NO_DATA:
        return Watched(signal=Signal.RECOVERING, since=now, seen_at=before.seen_at)
    gone_since = before.since if before.signal is Signal.RECOVERING else before.seen_at
    over = now - gone_since >= KEEP_OPEN
    return Watched(
        signal=Signal.RECOVERED if over else Signal.RECOVERING,
        since=now if over else gone_since,
        seen_at=before.seen_at,
    )


def _found(before: Watched | None, *, hold: timedelta, now: datetime) -> Watched:
    first = now if before is None or before.signal is Signal.RECOVERED else before.since
    waiting = before is None or before.signal is Signal.PENDING
    if waiting and now - first < hold:
        return Watched(signal=Signal.PENDING, since=first, seen_at=now)
    same = before is not None and before.signal is Signal.FIRING
    return Watched(signal=Signal.FIRING, since=first if same else now, seen_at=now)


def _as(before: Watched, signal: Signal, now: datetime) -> Watched:
    since = before.since if before.signal is signal else now
    return Watched(signal=signal, since=since, seen_at=before.seen_at)


_SAID = {"opened": False, "reopened": False, "raised": False, "grown": False, "firing": False, "closed": True}
"""What a rule's own changes in an alert's history say of its signal: whether it has receded."""


def has_receded(changes: Iterable[str]) -> bool:
    """By the changes up to a moment, oldest first. What a person entered has no signal that could recede."""
    return next(reversed([_SAID[change] for change in changes if change in _SAID]), False)
