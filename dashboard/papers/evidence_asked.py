"""A reference as it comes in: which figure or quote, of which scope and moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from briefing.reference import Moment
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
    figure, post = told.get("figure"), told.get("post")
    if (
        known_by < as_of
        or known_by > now
        or (figure and post)
        or any(len(v) > _LONGEST for v in told.values())
    ):
        raise BadReference
    if post is not None and not (post.isascii() and post.isdigit() and len(post) <= _MOST_DIGITS):
        raise BadReference
    if figure is not None and "/" not in figure:
        raise BadReference
    return Asked(
        at=Moment(scope=scope, tranche=told.get("tranche"), as_of=as_of, known_by=known_by),
        version=told.get("version"),
        figure=figure,
        post=None if post is None else int(post),
    )


def _moment(told: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise BadReference from error
    if found.tzinfo is not None or found.year < EARLIEST:
        raise BadReference
    return found.replace(tzinfo=SHANGHAI)
