"""What the desk's forms send, checked once at the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from domain.campaign import Campaign
from domain.cases import Act
from domain.casework import Action, Verdict
from domain.readings import Level
from domain.terms import SHANGHAI
from domain.text import clean_text
from store.writes.cases import NOTE_CHARACTERS

TITLE_CHARACTERS = 200
YEARS = (2000, 2100)


class BadForm(Exception):
    """Something is missing, unknown or too long."""


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: Action
    note: str = Field(default="", max_length=2 * NOTE_CHARACTERS)  # line ends come as two characters
    level: Level | None = None
    office: str | None = None
    due_at: datetime | None = None
    target: int | None = Field(default=None, gt=0, lt=10**15)
    verdict: Verdict | None = None
    known_at: datetime | None = None
    shown: int | None = Field(default=None, ge=0, lt=10**15)

    @field_validator("due_at", "known_at")
    @classmethod
    def _here(cls, at: datetime | None) -> datetime | None:
        """A browser's datetime-local has no zone: it is Asia/Shanghai's. No zone's calendar ends in a year of these."""
        if at is not None and not YEARS[0] <= at.year < YEARS[1]:
            raise ValueError("a year out of range")
        return at.replace(tzinfo=SHANGHAI) if at is not None and at.tzinfo is None else at


class _ByHand(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=TITLE_CHARACTERS)
    level: Level
    county: str | None = None
    note: str = Field(default="", max_length=2 * NOTE_CHARACTERS)


def read_act(fields: Mapping[str, str], campaign: Campaign) -> Act:
    """Raises BadForm. Whether the act is allowed now, the store says."""
    try:
        form = _Act.model_validate({name: value for name, value in fields.items() if value})
    except ValidationError:
        raise BadForm from None
    known = {office.id for office in campaign.office} | set(campaign.divisions)
    if form.office is not None and form.office not in known:
        raise BadForm
    return Act(**form.model_dump() | {"note": clean_text(form.note)})


def act_detail(what: Act) -> dict[str, Any]:
    """For the audit log: what was decided. The note stands in the alert's history, and may tell of people."""
    told = asdict(what)
    return {name: told[name] for name in told if name not in ("note", "shown") and told[name] is not None}


class _Split(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=TITLE_CHARACTERS)
    note: str = Field(default="", max_length=2 * NOTE_CHARACTERS)
    post: tuple[Annotated[int, Field(gt=0, lt=10**15)], ...] = Field(min_length=1, max_length=500)


def read_split(fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """What `split_off` takes. Raises BadForm."""
    told: dict[str, object] = {name: values[0] for name, values in fields.items() if name != "post"}
    try:
        form = _Split.model_validate(told | {"post": fields.get("post", [])})
    except ValidationError:
        raise BadForm from None
    note = clean_text(form.note)[:NOTE_CHARACTERS]
    return {"title": clean_text(form.title), "note": note, "posts": form.post}


def read_by_hand(fields: Mapping[str, str], campaign: Campaign) -> dict[str, Any]:
    """What `open_by_hand` takes. Raises BadForm."""
    try:
        form = _ByHand.model_validate({name: value for name, value in fields.items() if value})
    except ValidationError:
        raise BadForm from None
    if form.county is not None and form.county not in campaign.divisions:
        raise BadForm
    return form.model_dump() | {"title": clean_text(form.title), "note": clean_text(form.note)}
