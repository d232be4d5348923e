"""How long what is kept is kept (promises P3): defaults are the longest a campaign may choose, but the inbox's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

AUDIT_LEAST_DAYS = 183
"""The audit log stays at least half a year (cyber security law, article 21); nothing here ever deletes of it."""

_UpTo90 = Annotated[int, Field(ge=1, le=90, strict=True)]
_UpToHalfAYear = Annotated[int, Field(ge=0, le=183, strict=True)]


class Retention(BaseModel):
    """`[retention]` of the campaign file, in days. Longer than the promise is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts_days: _UpTo90 = 90  # words, link and id of a post, after it came
    raw_days: _UpTo90 = 90  # the bytes posts came in, which are not masked
    inbox_days: _UpTo90 = 7  # pushed messages that were drained: their ids tell a late repetition
    people_days: _UpToHalfAYear = (
        183  # after the last programme's end: scored posts, and whom vouchers were of
    )

    @property
    def texts(self) -> timedelta:
        return timedelta(days=self.texts_days)

    @property
    def raw(self) -> timedelta:
        return timedelta(days=self.raw_days)

    @property
    def inbox(self) -> timedelta:
        return timedelta(days=self.inbox_days)

    def people_until(self, end: datetime) -> datetime:
        return end + timedelta(days=self.people_days)
