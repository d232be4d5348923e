"""Posts and what was made of them: unscored ones for the scorer, counts by county and hour for rules and panels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from domain.campaign import Campaign
from domain.judgement import PERSON
from domain.readings import FeedHealth, Health, OpinionPulse, PostLine, Scope
from domain.records import Label, Relevance
from store.buckets import HOUR_US, bucket_start
from store.queries.gaps import silent_by_hour
from store.queries.placed import county_of
from store.schema import posts, reposts, scores

LATEST_NEGATIVE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class UnscoredPost:
    post_id: int
    title: str
    text: str
    county_hint: str | None


def unscored_posts(conn: Connection, *, model: str, limit: int) -> list[UnscoredPost]:
    """Posts whose score is not `model`'s yet, oldest first: after a step back to an older model, also those it scored
    before. What a person judged and the model has scored is done.
    """
    judged = scores.alias()
    by_person = select(judged.c.post_id).where(judged.c.post_id == scores.c.post_id, judged.c.model == PERSON)
    scored = select(scores.c.post_id).where(
        scores.c.post_id == posts.c.post_id,
        scores.c.model == model,
        or_(scores.c.current, by_person.exists()),
    )
    query = (
        select(posts.c.post_id, posts.c.title, posts.c.text, posts.c.county_hint)
        .where(~scored.exists(), posts.c.forgotten_at.is_(None))
        .order_by(posts.c.post_id)
        .limit(limit)
    )
    return [UnscoredPost(**row._mapping) for row in conn.execute(query)]


def said_between(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Posts of [since, until): by when they were published, or first received where the source does not say."""
    unsaid = posts.c.published_at.is_(None)
    return or_(
        and_(posts.c.published_at >= since, posts.c.published_at < until),
        and_(unsaid, posts.c.received_at >= since, posts.c.received_at < until),
    )


def said_until(since: datetime, until: datetime) -> ColumnElement[bool]:
    """The same of [since, until]: stored moments are whole microseconds."""
    return said_between(since, until + timedelta(microseconds=1))


def posts_after(conn: Connection, post_id: int, *, limit: int) -> list[UnscoredPost]:
    """Posts in order of their number, scored or not, from the one after `post_id`."""
    query = (
        select(posts.c.post_id, posts.c.title, posts.c.text, posts.c.county_hint)
        .where(posts.c.post_id > post_id, posts.c.forgotten_at.is_(None))
        .order_by(posts.c.post_id)
        .limit(limit)
    )
    return [UnscoredPost(**row._mapping) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPost:
    """One relevant post as rules see it."""

    post_id: int
    source: str
    at: datetime  # published, or first received where the source does not say
    title: str
    label: str | None
    county: str | None
    issues: tuple[str, ...]
    author_ref: str | None
    event_id: int | None  # None: not yet looked at for reposts
    media: str
    on_hot_list: bool


def scored_posts(conn: Connection, *, since: datetime, until: datetime) -> tuple[ScoredPost, ...]:
    """Relevant posts of a window, oldest first, with their current score."""
    at = func.coalesce(posts.c.published_at, posts.c.received_at)
    query = (
        select(
            posts.c.post_id, posts.c.source, at.label("at"), posts.c.title, posts.c.text, posts.c.author_ref,
            posts.c.media, posts.c.rank,
            scores.c.label, scores.c.issues, county_of().label("county"),
            reposts.c.event_id,
        )
        .join(scores, scores.c.post_id == posts.c.post_id)
        .outerjoin(reposts, reposts.c.post_id == posts.c.post_id)
        .where(
            scores.c.current,
            scores.c.relevance == Relevance.CAMPAIGN.value,
            said_until(since, until),
        )
        .order_by(at, posts.c.post_id)
    )  # fmt: skip
    return tuple(
        ScoredPost(
            post_id=row.post_id,
            source=row.source,
            at=row.at,
            title=row.title or row.text,
            label=row.label,
            county=row.county,
            issues=tuple(row.issues),
            author_ref=row.author_ref,
            event_id=row.event_id,
            media=row.media,
            on_hot_list=row.rank is not None,
        )
        for row in conn.execute(query)
    )


def opinion_pulse(
    conn: Connection,
    campaign: Campaign,
    scope: Scope,
    *,
    health: Sequence[FeedHealth],
    now: datetime,
    hours: int = 24,
    window: Sequence[ScoredPost] | None = None,
    irrelevant: int | None = None,
    silent: tuple[tuple[str, ...], ...] | None = None,
) -> OpinionPulse:
    """The last `hours` whole hours and the running one. Sources in trouble are named: a gap, never a calm.

    `window`: posts read already, from before the first hour, to share them between scopes; `irrelevant` and `silent`:
    likewise, of `irrelevant_posts` and `silent_by_hour`.
    """
    since = pulse_since(now, hours=hours)
    every = scored_posts(conn, since=since, until=now) if window is None else window
    found = [p for p in every if p.at >= since and (scope.is_city or p.county == scope.code)]
    labels = Counter(post.label for post in found)
    buckets = pulse_hours(now, hours=hours)
    if silent is None:
        silent = silent_by_hour(conn, health, hours=buckets, now=now)
    negative = Counter(bucket_start(p.at, HOUR_US) for p in found if p.label == Label.NEGATIVE.value)
    other = Counter(bucket_start(p.at, HOUR_US) for p in found if p.label != Label.NEGATIVE.value)
    return OpinionPulse(
        since=since,
        until=now,
        posts=len(found),
        negative=labels[Label.NEGATIVE.value],
        neutral=labels[Label.NEUTRAL.value],
        positive=labels[Label.POSITIVE.value],
        unlabelled=labels[None],
        irrelevant=irrelevant_posts(conn, since=since, until=now) if irrelevant is None else irrelevant,
        hours=buckets,
        negative_by_hour=tuple(negative[h] for h in buckets),
        other_by_hour=tuple(other[h] for h in buckets),
        dead_sources=tuple(h.name for h in health if h.side == "opinion" and h.health is not Health.FRESH),
        latest_negative=_latest_negative(conn, campaign, found),
        silent_by_hour=silent,
    )


def pulse_since(now: datetime, *, hours: int = 24) -> datetime:
    """The beginning of the first of the pulse's hours."""
    return bucket_start(now, HOUR_US) - timedelta(hours=hours - 1)


def pulse_hours(now: datetime, *, hours: int = 24) -> tuple[datetime, ...]:
    """The beginnings of all of them."""
    since = pulse_since(now, hours=hours)
    return tuple(since + timedelta(hours=i) for i in range(hours))


def irrelevant_posts(conn: Connection, *, since: datetime, until: datetime) -> int:
    """Posts of [since, until] that are not about the campaign, wherever they are from."""
    query = (
        select(func.count())
        .select_from(posts.join(scores, scores.c.post_id == posts.c.post_id))
        .where(scores.c.current, scores.c.relevance != Relevance.CAMPAIGN.value, said_until(since, until))
    )
    return int(conn.execute(query).scalar_one())


def _latest_negative(
    conn: Connection, campaign: Campaign, found: Sequence[ScoredPost]
) -> tuple[PostLine, ...]:
    negative = [p for p in found if p.label == Label.NEGATIVE.value and p.title][-LATEST_NEGATIVE:]
    rows = {
        row.post_id: row
        for row in conn.execute(
            select(posts.c.post_id, posts.c.media, posts.c.url, posts.c.published_at).where(
                posts.c.post_id.in_([p.post_id for p in negative])
            )
        )
    }
    return tuple(
        PostLine(
            post_id=p.post_id,
            title=p.title,
            media=rows[p.post_id].media,
            url=rows[p.post_id].url,
            label=p.label,
            county=campaign.divisions[p.county].name if p.county in campaign.divisions else None,
            published_at=rows[p.post_id].published_at,
        )
        for p in reversed(negative)
    )


def stored_posts(
    conn: Connection, *, since: datetime | None, county: str | None, issue: str | None, limit: int
) -> list[dict[str, Any]]:
    """Posts that have their words, with their current score, newest first; no author leaves the store."""
    at = func.coalesce(posts.c.published_at, posts.c.received_at)
    query = (
        select(
            posts.c.post_id, posts.c.source, posts.c.media, posts.c.external_id, posts.c.title, posts.c.text,
            posts.c.url, at.label("at"), posts.c.published_at, posts.c.rank,
            scores.c.relevance, scores.c.label, scores.c.confident, scores.c.issues, scores.c.model,
            county_of().label("county"),
        )
        .outerjoin(scores, (scores.c.post_id == posts.c.post_id) & scores.c.current)
        .where(posts.c.forgotten_at.is_(None))
        .order_by(at.desc(), posts.c.post_id.desc())
    )  # fmt: skip
    if since is not None:
        query = query.where(at >= since)
    if county is not None:
        query = query.where(county_of() == county)
    found = (dict(row._mapping) for row in conn.execute(query))
    return list(islice((post for post in found if issue in (None, *(post["issues"] or ()))), limit))
