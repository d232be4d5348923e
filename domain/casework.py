"""What people do with an alert: its stages from 发现 to 复盘, what may follow on what, and the verdict at its end.

A pure table. The signal below (does the rule still find it?) is another matter: `domain.signals`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from domain.errors import StoreError


class Stage(StrEnum):
    FOUND = "found"
    VERIFIED = "verified"
    GRADED = "graded"
    ASSIGNED = "assigned"
    HANDLING = "handling"
    RESPONDED = "responded"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"
    REVIEWED = "reviewed"
    MERGED = "merged"


class Action(StrEnum):
    VERIFY = "verify"
    GRADE = "grade"
    ASSIGN = "assign"
    ACCEPT = "accept"
    FEEDBACK = "feedback"
    RESPOND = "respond"
    BRIEF = "brief"
    RETURN = "return"
    RAISE = "raise"
    LOWER = "lower"
    MERGE = "merge"
    SPLIT = "split"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    REVIEW = "review"


class Verdict(StrEnum):
    """What the alert turned out to be. What is merged has its target's."""

    REAL = "real"
    PARTLY = "partly"
    FALSE = "false"


OPEN: Final = (
    Stage.FOUND,
    Stage.VERIFIED,
    Stage.GRADED,
    Stage.ASSIGNED,
    Stage.HANDLING,
    Stage.RESPONDED,
)
"""Stages in which somebody still has to act, in their order."""

_AT_WORK = (Stage.ASSIGNED, Stage.HANDLING)


def _stay(stages: tuple[Stage, ...], action: Action) -> dict[tuple[Stage, Action], Stage]:
    return {(stage, action): stage for stage in stages}


TABLE: Final[dict[tuple[Stage, Action], Stage]] = {
    (Stage.FOUND, Action.VERIFY): Stage.VERIFIED,
    (Stage.VERIFIED, Action.GRADE): Stage.GRADED,
    (Stage.GRADED, Action.ASSIGN): Stage.ASSIGNED,
    (Stage.ASSIGNED, Action.ASSIGN): Stage.ASSIGNED,  # to another unit
    (Stage.ASSIGNED, Action.ACCEPT): Stage.HANDLING,
    (Stage.HANDLING, Action.FEEDBACK): Stage.HANDLING,
    (Stage.HANDLING, Action.RESPOND): Stage.RESPONDED,
    **{(stage, Action.RETURN): Stage.GRADED for stage in _AT_WORK},  # the unit gives it back
    (Stage.RESPONDED, Action.RETURN): Stage.HANDLING,  # 退回重办
    (Stage.RESPONDED, Action.CLOSE): Stage.CLOSED,
    (Stage.VERIFIED, Action.CLOSE): Stage.CLOSED,  # true, and nobody needs to act
    (Stage.GRADED, Action.CLOSE): Stage.CLOSED,
    **{(stage, Action.DISMISS): Stage.FALSE_ALARM for stage in OPEN},
    **{(stage, Action.MERGE): Stage.MERGED for stage in OPEN},
    (Stage.MERGED, Action.SPLIT): Stage.VERIFIED,  # out of what it was merged into
    **_stay(OPEN, Action.RAISE),
    **_stay(OPEN, Action.LOWER),
    **_stay(OPEN, Action.PAUSE),
    **_stay(OPEN, Action.RESUME),
    **_stay((*_AT_WORK, Stage.RESPONDED), Action.BRIEF),
    (Stage.CLOSED, Action.REOPEN): Stage.VERIFIED,
    (Stage.FALSE_ALARM, Action.REOPEN): Stage.VERIFIED,
    (Stage.CLOSED, Action.REVIEW): Stage.REVIEWED,
    (Stage.FALSE_ALARM, Action.REVIEW): Stage.REVIEWED,
}
"""(stage, action) -> the stage it leads to. What has no line is refused."""

NEEDS_NOTE: Final = frozenset(
    {
        Action.RETURN, Action.RAISE, Action.LOWER, Action.PAUSE, Action.RESUME, Action.DISMISS, Action.REOPEN,
        Action.SPLIT, Action.FEEDBACK, Action.RESPOND, Action.BRIEF, Action.CLOSE, Action.REVIEW,
    }
)  # fmt: skip
"""Acts that say why, or what: a clock never stands still without a reason."""


def allowed(stage: Stage) -> tuple[Action, ...]:
    """What may be done now, in the order of the enumeration."""
    return tuple(action for action in Action if (stage, action) in TABLE)


def allowed_to_unit(stage: Stage) -> tuple[Action, ...]:
    """What the unit that an alert was assigned to may do: take it, tell of it, give it back. Never grade it."""
    units = (Action.ACCEPT, Action.FEEDBACK, Action.RETURN) if stage in _AT_WORK else ()
    return tuple(action for action in units if (stage, action) in TABLE)


def following(stage: Stage, action: Action) -> Stage:
    """The stage an act leads to. Raises StoreError where it is not allowed."""
    try:
        return TABLE[stage, action]
    except KeyError:
        raise StoreError(f"{action.value} is not allowed at {stage.value}") from None
