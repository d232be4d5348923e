"""What a person who has signed in still owes: a code, a new password, a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.entry.identity import Owes
from dashboard.permissions import needs_second_factor
from store.queries.access import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`second_factor`: whether one is asked for. `password_days`: how old a password may get; 0: as old as it likes."""

    second_factor: bool
    password_days: int

    def owed(self, session: Session) -> Owes | None:
        """The code before the password: who has only the password must not change it.

        A password's age is asked at sign-in: a wall that somebody left open must not stop in the middle of the day.
        """
        if self.second_factor and session.has_factor and not session.verified:
            return Owes.CODE
        is_due = session.must_change or self._is_old(session.password_since, session.created_at)
        if is_due and not session.vouched:
            return Owes.PASSWORD
        if self.second_factor and not session.has_factor and needs_second_factor(session.role):
            return Owes.FACTOR
        return None

    def _is_old(self, since: datetime, now: datetime) -> bool:
        return self.password_days > 0 and now - since >= timedelta(days=self.password_days)
