"""What an address of the stream asks for, checked once at the door, and the same as an address again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.post_stream import Place, Wanted
from domain.search import SEARCH_CHARACTERS, is_searchable, words_sought
from domain.terms import SHANGHAI
from store.schema import from_micros, to_micros

PAGE = "/desk/posts"
NONE, ANY = "none", "any"
_PLACE = re.compile(r"(-?[0-9]{1,16})-([0-9]{1,15})")


class BadQuestion(Exception):
    """The address asks for something that does not exist."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore")

    q: str = Field(default="", max_length=SEARCH_CHARACTERS)
    county: str = ""
    issue: str = ""
    label: Literal["", "neg", "neu", "pos", "none"] = ""
    relevance: Literal["campaign", "commerce", "other", "unknown", "none", "any"] = "campaign"
    source: str = Field(default="", max_length=64)
    media: str = Field(default="", max_length=32)
    since: date | None = None
    until: date | None = None
    before: str = ""
    event: int = Field(default=0, ge=0, lt=10**15)
    edit: int = Field(default=0, ge=0, lt=10**15)

    @field_validator("before")
    @classmethod
    def _a_place(cls, before: str) -> str:
        if before and not _PLACE.fullmatch(before):
            raise ValueError("no place in the stream")
        return before


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and `fields`: what the form shows of it."""

    wanted: Wanted
    fields: Mapping[str, str]
    edit: int
    too_short: bool  # words that nothing can be found by
    held: bool = field(default=False)  # to one county, whatever is asked

    @property
    def asked(self) -> dict[str, str]:
        """For the audit log: what was asked for, but the words, which may name people."""
        told = {name: value for name, value in self.fields.items() if value and name != "q"}
        return told | ({"searched": "yes"} if self.fields.get("q") else {})

    def address(self, **changes: str) -> str:
        """The same question with something changed; an empty value leaves it out."""
        told = {name: value for name, value in (dict(self.fields) | changes).items() if value}
        return PAGE + (f"?{urlencode(told)}" if told else "")

    def event(self, event: int) -> str:
        """Every post of the event, whatever else was asked."""
        return f"{PAGE}?{urlencode({'relevance': ANY, 'event': event})}"

    def before(self, place: Place) -> str:
        return self.address(before=f"{to_micros(place[0])}-{place[1]}")


def read_question(query: Mapping[str, str], campaign: Campaign, *, within: str | None) -> Question:
    """Raises BadQuestion. `within`: the one county that who asks may see."""
    try:
        asked = _Asked.model_validate({name: value for name, value in query.items() if value})
        place = _place(asked.before)
        since, until = _day(asked.since), _day(asked.until, after=1)
    except (ValidationError, OverflowError, ValueError):
        raise BadQuestion from None
    known = asked.county in {"", NONE, *campaign.divisions} and asked.issue in {"", *ISSUES}
    if not known:
        raise BadQuestion
    words = words_sought(asked.q)
    wanted = Wanted(
        words=words,
        county=None if asked.county == NONE else _told(asked.county),
        outside=frozenset(campaign.divisions) if asked.county == NONE else None,
        issue=asked.issue or None,
        label=_told(asked.label),
        relevance=None if asked.relevance == ANY else _told(asked.relevance),
        source=asked.source or None,
        media=asked.media or None,
        since=since,
        until=until,
        before=place,
        within=within,
        event=asked.event or None,
    )
    told = asked.model_dump(exclude={"edit", "event"}) | {"event": asked.event or None}
    fields = {k: str(v) for k, v in told.items() if v is not None}
    too_short = bool(asked.q.strip()) and not is_searchable(words)
    return Question(
        wanted=wanted, fields=fields, edit=asked.edit, too_short=too_short, held=within is not None
    )


def _told(value: str) -> str | None:
    return {"": None, NONE: ""}.get(value, value)


def _day(day: date | None, after: int = 0) -> datetime | None:
    """00:00 of the statistical day in UTC."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=after), time(), SHANGHAI).astimezone(UTC)


def _place(before: str) -> Place | None:
    found = _PLACE.fullmatch(before)
    return (from_micros(int(found[1])), int(found[2])) if found else None
