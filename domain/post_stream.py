"""Posts as the desk's stream shows them, and what they can be asked by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.placing import PlacedBy

Place = tuple[datetime, int]
"""Where in the stream, which runs from the newest backwards: when it was said, and the post's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts. None: any; an empty string: those of which it is not known."""

    words: tuple[str, ...] = ()  # folded, see `domain.search`
    county: str | None = None
    outside: frozenset[str] | None = None  # of none of these counties: of another place, or it is not known
    issue: str | None = None
    label: str | None = None
    relevance: str | None = None
    source: str | None = None
    media: str | None = None
    since: datetime | None = None
    until: datetime | None = None  # up to, not including
    before: Place | None = None
    within: str | None = None  # the one county that who asks may see
    event: int | None = (
        None  # every post of this one; else an event is shown once, by its newest post that fits
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPost:
    """One post with its current score: no author. Without a score `relevance` is None."""

    post_id: int
    at: datetime
    source: str
    media: str
    title: str
    text: str
    url: str | None
    relevance: str | None
    label: str | None
    confident: bool
    issues: tuple[str, ...]
    county: str | None
    placed_by: PlacedBy | None  # what the county was read from; None with it, and where a person says so
    why: tuple[str, ...]
    by_person: bool
    event_id: int | None = None  # reposts of one text share it; None: not looked at, or nothing like it
    spread_count: int = 1  # how many posts the event has, whether they fit what was asked or not
    first_at: datetime | None = None  # when the first of them was said; None: it is the only one

    @property
    def place(self) -> Place:
        return self.at, self.post_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    posts: tuple[StreamPost, ...]
    more: bool  # whether older ones follow
