"""A backtest that somebody at the desk asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

GIVEN_UP = timedelta(minutes=10)
"""A worker that died while it ran one leaves it behind: after this nobody waits for it any more."""


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBacktest:
    backtest_id: int
    rule: str
    asked_by: str
    asked_at: datetime
    since: datetime
    until: datetime
    changes: str  # TOML, as it was typed and found good: the other side
    taken_at: datetime | None
    done_at: datetime | None
    trouble: str | None
    result: Mapping[str, Any] | None  # as `quanqing rules backtest --json` prints it

    def state(self, now: datetime) -> State:
        if self.done_at is not None:
            return State.FAILED if self.trouble else State.DONE
        if self.taken_at is None:
            return State.WAITING
        return State.RUNNING if now - self.taken_at < GIVEN_UP else State.FAILED
