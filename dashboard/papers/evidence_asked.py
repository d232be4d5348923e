"""A reference as it comes in: which figure or quote, of which scope and moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from briefing.reference import Moment
from domain.papers import PaperKind
from domain.terms import SHANGHAI

_MOST_DIGITS = 18
_LONGEST = 400
EARLIEST = 2000
"""No campaign of ours is older, and a day before the first one cannot be counted back from."""


class BadReference(ValueError):
    """It names no moment, or a figure and a post at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of neither figure nor post: the whole paper."""

    at: Moment
    version: str | None
    figure: str | None
    post: int | None


def read_reference(scope: str, told: Mapping[str, str], *, now: datetime) -> Asked:
    """Raises BadReference. Of what is yet to come nothing is known, and nothing is shown."""
    as_of = _moment(told.get("as_of", ""))
    known_by = _moment(told["known_by"]) if "known_by" in told else as_of
    kind = next((k for k in PaperKind if k.value == told.get("kind", PaperKind.DAILY.value)), None)
    figure, post = told.get("figure"), told.get("post")
    if (
        known_by < as_of
        or known_by > now
        or (figure and post)
        or any(len(v) > _LONGEST for v in told.values())
    ):
        raise BadReference
    alert = _number(told.get("alert"))
    if kind is None or (kind is PaperKind.EVENT) != (alert is not None):
        raise BadReference
    if figure is not None and "/" not in figure:
        raise BadReference
    return Asked(
        at=Moment(
            scope=scope,
            tranche=told.get("tranche"),
            as_of=as_of,
            known_by=known_by,
            kind=kind,
            alert_id=alert or 0,
        ),
        version=told.get("version"),
        figure=figure,
        post=_number(post),
    )


def _number(told: str | None) -> int | None:
    """None where none is given. Raises BadReference."""
    if told is None:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= _MOST_DIGITS):
        raise BadReference
    return int(told)


def _moment(told: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise BadReference from error
    if found.tzinfo is not None or found.year < EARLIEST:
        raise BadReference
    return found.replace(tzinfo=SHANGHAI)
