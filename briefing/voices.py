"""What the public said in a row of days, as it was known at one moment: a day nobody listened to is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.draft import Question
from briefing.text import day_of
from domain.measures import usual_band
from domain.records import Label
from domain.terms import week_start
from store.queries.briefed import Said, said
from store.queries.heard import heard_in

BASELINE_DAYS = 14
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTalk:
    """One day up to the paper's time of day. `said` None: nobody listened."""

    day: datetime
    said: tuple[Said, ...] | None


def days_of_talk(asked: Question, days: int) -> tuple[DayTalk, ...]:
    """The last `days` days with the paper's own last, each up to the same time of day."""
    last = day_of(asked.as_of)
    hours = asked.as_of - last
    starts = [last - _DAY * back for back in range(days - 1, -1, -1)]
    return talk_between(asked, [(start, start + hours) for start in starts])


def week_of_talk(asked: Question) -> tuple[DayTalk, ...]:
    """The days of the paper's week that have begun, the last up to its moment."""
    monday = week_start(day_of(asked.as_of))
    starts = [monday + n * _DAY for n in range(7)]
    return talk_between(asked, [(at, min(at + _DAY, asked.as_of)) for at in starts if at < asked.as_of])


def talk_between(asked: Question, stretches: Sequence[tuple[datetime, datetime]]) -> tuple[DayTalk, ...]:
    """The posts of each stretch, a day or a part of one; those of a county are about that county."""
    sources = [e.source for e in asked.expected if e.side == "opinion"]
    heard = heard_in(asked.conn, sources, stretches)
    found: dict[datetime, list[Said]] = defaultdict(list)
    every = said(asked.conn, since=stretches[0][0], until=stretches[-1][1], known_by=asked.known_by)
    for post in every:
        for since, until in stretches:
            if since <= post.at < until and asked.county in (None, post.county):
                found[since].append(post)
    any_post = {since for since, until in stretches if any(since <= post.at < until for post in every)}
    return tuple(
        DayTalk(day=since, said=tuple(found[since]) if was_heard or since in any_post else None)
        for (since, _), was_heard in zip(stretches, heard, strict=True)
    )


def usual(days: Sequence[DayTalk]) -> tuple[float, float] | None:
    """How many posts a day are usual, of the days before the last that were listened to; None under three."""
    return usual_band([len(day.said) for day in days[:-1] if day.said is not None])


def merged(posts: Sequence[Said]) -> int:
    """Reposts of one text count once."""
    return len({post.event_id for post in posts})


def negative(posts: Sequence[Said]) -> int:
    return sum(post.label == Label.NEGATIVE.value for post in posts)


def judged(posts: Sequence[Said]) -> int:
    return sum(post.label is not None for post in posts)
