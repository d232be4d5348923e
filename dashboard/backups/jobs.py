"""The worker's two jobs of backups, each in a process of its own: it may take long, and be killed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard.apart import CutShort, run_apart
from dashboard.backups.folder import Receipt, receipts
from dashboard.backups.plan import Plan
from dashboard.live.publishing import IDLE
from domain.errors import StoreError

BACKUP_JOB, DRILL_JOB = "back up", "backup drill"
BACKUP_LOOK_EVERY_S = 60.0
DRILL_LOOK_EVERY_S = 900.0  # how soon a drill that failed is tried again, too
DRILL_EVERY = timedelta(days=1)
_AT_MOST_S = 3600.0


class BackingUp:
    """`now`: the real clock. `ending`: set when the worker ends, which waits for no copying."""

    def __init__(self, plan: Plan, *, now: Callable[[], datetime], ending: threading.Event) -> None:
        self._plan, self._now, self._ending = plan, now, ending

    def make(self) -> object:
        """IDLE while the newest one is new enough. Raises StoreError with what the process said last."""
        newest = self._newest()
        if newest is not None and self._now() - newest.taken_at < self._plan.every:
            return IDLE
        return _run("make", self._ending)

    def drill(self) -> object:
        """The newest one, once a day: IDLE where one was drilled less than a day ago, or there is none."""
        drilled = [one.drilled_at for one in receipts(self._plan.folder) if one.drilled_at]
        if self._newest() is None or (drilled and self._now() - max(drilled) < DRILL_EVERY):
            return IDLE
        return _run("drill", self._ending)

    def _newest(self) -> Receipt | None:
        return next(reversed(receipts(self._plan.folder)), None)


def _run(action: str, ending: threading.Event) -> None:
    command = [sys.executable, "-m", "dashboard", "backup", action, "--unattended"]
    try:
        status, _, said = run_apart(command, within_s=_AT_MOST_S, ending=ending)
    except CutShort as reason:
        raise StoreError(f"backup {action}: {reason}") from None
    if status:
        lines = said.strip().splitlines() or [f"it ended with {status}"]
        raise StoreError(f"backup {action}: {lines[-1][:300]}")
