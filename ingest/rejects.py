"""How a bad row is reported: where, which field, why, and a masked glance at the value."""

from __future__ import annotations

import re

from domain.personal import mask_personal
from domain.records import Entry, Reject
from domain.text import clean_text, excerpt

_MUCH = 2_000
_LONG_NUMBER = re.compile(r"[0-9０-９]{5,}")


class BadFieldError(ValueError):
    """One field of one row is not what its column promises."""

    def __init__(self, field: str, reason: str, value: object = "") -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason
        self.value = value


class WordlessError(BadFieldError):
    """A picture, a sticker, a recording: people say so, and no format has changed."""


def reject(row: str, error: BadFieldError) -> Reject:
    return Reject(
        row=row,
        field=error.field,
        reason=error.reason,
        excerpt=masked(error.value),
        is_wordless=isinstance(error, WordlessError),
    )


def masked(value: object) -> str:
    """At most 200 characters; of a long digit run only the last four stay, of what else leads to a person nothing."""
    text = excerpt(clean_text(str(value)[:_MUCH]))
    return mask_personal(_LONG_NUMBER.sub(lambda run: "*" * (len(run[0]) - 4) + run[0][-4:], text))


def conflict(entry: Entry) -> Reject:
    """An event whose key stands in the ledger with other content."""
    event = entry.event
    return Reject(
        row=f"{event.kind} {event.event_no}",
        field="event_no",
        reason="known with other content; the first stands until the platform explains",
        excerpt=f"{event.sub_project} {event.template}#R{event.round_no}",
    )
