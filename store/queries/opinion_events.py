"""Opinion events: one text with everybody who passed it on. And texts of one issue, county and time, taken together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from domain.records import Relevance
from store.buckets import HOUR_US, bucket_start
from store.queries.placed import county_of
from store.queries.posts import said_between
from store.schema import posts, reposts, scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Ungrouped:
    """One relevant post that has not been looked at for reposts."""

    post_id: int
    text: str  # title and text
    label: str | None
    county: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionEvent:
    """One text and its spread. Nobody in it is a person: `voices` counts keyed hashes."""

    event_id: int
    first_post_id: int  # the earliest by its own time
    title: str
    label: str | None  # of most of its posts that have one
    county: str | None  # of most of its posts that have one
    issues: tuple[str, ...]  # most frequent first
    posts_count: int  # raw: every repost
    voices: int  # different authors; posts whose source names none count together as one
    media: tuple[str, ...]  # platforms, busiest first
    first_at: datetime
    last_at: datetime
    peak_after: timedelta  # from its first post to the start of its busiest hour, at least zero
    reach: int  # likes, comments and reposts together, as far as told


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Events of one issue and county in one stretch of time: different texts about the same trouble."""

    issue: str
    county: str | None
    events: tuple[OpinionEvent, ...]  # largest first

    @property
    def posts_count(self) -> int:
        return sum(event.posts_count for event in self.events)

    @property
    def first_at(self) -> datetime:
        return min(event.first_at for event in self.events)

    @property
    def last_at(self) -> datetime:
        return max(event.last_at for event in self.events)


_at = func.coalesce(posts.c.published_at, posts.c.received_at)
_county = county_of()


def last_forgotten(conn: Connection, *, since: datetime) -> datetime | None:
    """When a post that came since then was last forgotten."""
    query = select(func.max(posts.c.forgotten_at)).where(posts.c.received_at >= since)
    found: datetime | None = conn.execute(query).scalar_one()
    return found


def ungrouped_posts(conn: Connection, *, limit: int) -> list[Ungrouped]:
    """Relevant posts with a score and no event, in the order they came."""
    query = (
        select(posts.c.post_id, posts.c.title, posts.c.text, scores.c.label, _county.label("county"), _at.label("at"))
        .join(scores, scores.c.post_id == posts.c.post_id)
        .outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
        .where(
            scores.c.current,
            scores.c.relevance == Relevance.CAMPAIGN.value,
            reposts.c.post_id.is_(None),
        )
        .order_by(posts.c.post_id)
        .limit(limit)
    )  # fmt: skip
    return [_ungrouped(row._mapping) for row in conn.execute(query)]


def known_events(conn: Connection, *, since: datetime) -> list[Ungrouped]:
    """The first post of each event that somebody passed on since then, with the time of the last; no forgotten one."""
    last = (
        select(reposts.c.event_id, func.max(_at).label("at"))
        .join(posts, posts.c.post_id == reposts.c.post_id)
        .group_by(reposts.c.event_id)
        .having(func.max(_at) >= since)
        .subquery("last")
    )
    query = (
        select(
            posts.c.post_id, posts.c.title, posts.c.text, scores.c.label, _county.label("county"), last.c.at
        )
        .join(last, last.c.event_id == posts.c.post_id)
        .join(scores, (scores.c.post_id == posts.c.post_id) & scores.c.current)
        .where(posts.c.forgotten_at.is_(None))
        .order_by(posts.c.post_id)
    )
    return [_ungrouped(row._mapping) for row in conn.execute(query)]


def opinion_events(conn: Connection, *, since: datetime, until: datetime) -> tuple[OpinionEvent, ...]:
    """Events with a post in [since, until), counted over that window; most posts first."""
    query = (
        select(
            posts.c.post_id, posts.c.title, posts.c.text, posts.c.media, posts.c.author_ref, posts.c.source,
            posts.c.likes, posts.c.comments, posts.c.reposts, scores.c.label, scores.c.issues,
            _county.label("county"), _at.label("at"), reposts.c.event_id,
        )
        .join(reposts, reposts.c.post_id == posts.c.post_id)
        .join(scores, (scores.c.post_id == posts.c.post_id) & scores.c.current)
        .where(scores.c.relevance == Relevance.CAMPAIGN.value, said_between(since, until))
        .order_by(_at, posts.c.post_id)
    )  # fmt: skip
    members: dict[int, list[_Member]] = defaultdict(list)
    for row in conn.execute(query):
        members[row.event_id].append(_member(row._mapping))
    found = [_event(event_id, several) for event_id, several in members.items()]
    return tuple(sorted(found, key=lambda e: (-e.posts_count, e.first_at, e.event_id)))


def topics(events: Iterable[OpinionEvent], *, quiet: timedelta = timedelta(hours=6)) -> tuple[Topic, ...]:
    """Events of the same first issue and county; a silence longer than `quiet` begins another topic."""
    groups: dict[tuple[str, str | None], list[OpinionEvent]] = defaultdict(list)
    for event in events:
        if event.issues:
            groups[event.issues[0], event.county].append(event)
    found = []
    for (issue, county), several in groups.items():
        for stretch in _stretches(sorted(several, key=lambda e: e.first_at), quiet):
            largest = sorted(stretch, key=lambda e: (-e.posts_count, e.first_at))
            found.append(Topic(issue=issue, county=county, events=tuple(largest)))
    return tuple(sorted(found, key=lambda t: (-t.posts_count, t.first_at, t.issue)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    post_id: int
    title: str
    media: str
    author: str
    reach: int
    label: str | None
    county: str | None
    issues: tuple[str, ...]
    at: datetime


def _member(fields: Mapping[Any, Any]) -> _Member:
    told = (fields["likes"], fields["comments"], fields["reposts"])
    return _Member(
        post_id=fields["post_id"],
        title=fields["title"] or fields["text"],
        media=fields["media"],
        author=fields["author_ref"] or f"source {fields['source']}",
        reach=sum(n for n in told if n),
        label=fields["label"],
        county=fields["county"],
        issues=tuple(fields["issues"]),
        at=fields["at"],
    )


def _event(event_id: int, members: Sequence[_Member]) -> OpinionEvent:
    first = members[0]
    hours = Counter(bucket_start(m.at, HOUR_US) for m in members)
    busiest = max(hours, key=lambda hour: (hours[hour], -hour.timestamp()))
    return OpinionEvent(
        event_id=event_id,
        first_post_id=first.post_id,
        title=first.title,
        label=_most(m.label for m in members),
        county=_most(m.county for m in members),
        issues=tuple(issue for issue, _ in Counter(i for m in members for i in m.issues).most_common()),
        posts_count=len(members),
        voices=len({m.author for m in members}),
        media=tuple(media for media, _ in Counter(m.media for m in members).most_common()),
        first_at=first.at,
        last_at=members[-1].at,
        peak_after=max(timedelta(0), busiest - first.at),
        reach=sum(m.reach for m in members),
    )


def _most(values: Iterable[str | None]) -> str | None:
    known = Counter(value for value in values if value is not None)
    return known.most_common(1)[0][0] if known else None


def _stretches(events: Sequence[OpinionEvent], quiet: timedelta) -> Iterable[list[OpinionEvent]]:
    """`events` by their first post, cut where nothing was said for longer than `quiet`."""
    stretch: list[OpinionEvent] = []
    for event in events:
        if stretch and event.first_at - max(e.last_at for e in stretch) > quiet:
            yield stretch
            stretch = []
        stretch.append(event)
    if stretch:
        yield stretch


def _ungrouped(fields: Mapping[Any, Any]) -> Ungrouped:
    title, text = fields["title"], fields["text"]
    if not " ".join(text.split()).startswith(title):  # feeds say a short post twice: as its title, too
        text = f"{title}\n{text}".strip()
    return Ungrouped(
        post_id=fields["post_id"], text=text, label=fields["label"], county=fields["county"], at=fields["at"]
    )
