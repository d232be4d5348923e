"""The opinion rules played over days that are past: at each look one sees what was known then, and nothing of later."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Generic, Protocol, TypeVar

from alerts.finding import Finding, Mention, Talk, silent
from alerts.parameters import Parameters
from alerts.rules import high_reach, opinion_burst, red_line, sentiment_turning
from alerts.watch import mention_of, stretches, voiced_for
from domain.campaign import Campaign
from domain.readings import GRAVITY, FeedHealth, Level
from domain.signals import Signal, Watched, looked
from domain.voiced import VoicedPost
from store.queries.known_posts import Learned
from store.queries.posts import ScoredPost


class TalkRule(Protocol):
    ID: str

    def findings(self, talk: Talk) -> Iterable[Finding]: ...


PLAYED: dict[str, TalkRule] = {
    rule.ID: rule for rule in (opinion_burst, red_line, high_reach, sentiment_turning)
}
"""Rules that can be played again: posts, their scores and counts, and sources' silence are kept with their moments.
What the others look at (a payment source's state, the money's board, a channel's) is kept as it is now."""

VOICED: Mapping[str, Callable[[VoicedPost], bool]] = {
    red_line.ID: red_line.concerns,
    high_reach.ID: high_reach.concerns,
}
"""Of those, the ones that read single posts, with what of them each has to see. The others read mentions."""

FeedsAt = Callable[[datetime], tuple[FeedHealth, ...]]


def none_silent(now: datetime) -> tuple[FeedHealth, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What came to be known, oldest first, of what the rules read; and the sources' state at any moment."""

    mentions: Sequence[Learned[ScoredPost]] = ()
    voices: Sequence[Learned[VoicedPost]] = ()
    feeds_at: FeedsAt = none_silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert as it would have been: from when to when, and how grave at its worst."""

    subject: str
    county: str | None
    opened_at: datetime
    level: Level  # the worst
    worst_at: datetime  # when it first stood at that level
    ended_at: datetime | None  # None: still there at the end of the replay
    title: str  # at its worst
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    sources: tuple[str, ...]


class _Said(Protocol):
    @property
    def at(self) -> datetime: ...
    @property
    def post_id(self) -> int: ...


Seen = TypeVar("Seen")
Kept = TypeVar("Kept", bound=_Said)


class Memory(Generic[Seen, Kept]):
    """The posts that are known, by when they were said."""

    def __init__(self, changes: Iterable[Learned[Seen]], kept: Callable[[Seen], Kept]) -> None:
        self._coming, self._kept = iter(changes), kept
        self._next = next(self._coming, None)
        self._said: list[Kept] = []
        self._by_id: dict[int, Kept] = {}

    def learn_until(self, now: datetime) -> None:
        while self._next is not None and self._next.at <= now:
            self._learn(self._next)
            self._next = next(self._coming, None)

    def _learn(self, change: Learned[Seen]) -> None:
        before = self._by_id.pop(change.post_id, None)
        if before is not None:
            del self._said[bisect_left(self._said, _order(before), key=_order)]
        if change.seen is not None:
            self._by_id[change.post_id] = post = self._kept(change.seen)
            insort(self._said, post, key=_order)

    def between(self, since: datetime, until: datetime) -> list[Kept]:
        """Said in (since, until], oldest first."""
        first = bisect_right(self._said, since, key=lambda m: m.at)
        return self._said[first : bisect_right(self._said, until, key=lambda m: m.at)]


def _order(said: _Said) -> tuple[datetime, int]:
    return said.at, said.post_id


def looks(
    rule: str,
    story: Story,
    campaign: Campaign,
    parameters: Parameters,
    *,
    moments: Iterable[datetime],
) -> Iterator[tuple[datetime, list[Finding], frozenset[str]]]:
    """What the rule finds at each moment, and who is silent then. `moments` oldest first."""
    mentions: Memory[ScoredPost, Mention] = Memory(story.mentions, mention_of)
    voices: Memory[VoicedPost, VoicedPost] = Memory(story.voices, lambda post: post)
    burst, back = parameters.opinion_burst, voiced_for(parameters)
    for now in moments:
        mentions.learn_until(now)
        voices.learn_until(now)
        feeds = story.feeds_at(now)
        spans = stretches(campaign, burst, now=now)
        talk = Talk(
            now=now,
            campaign=campaign,
            feeds=feeds,
            mentions=tuple(chain.from_iterable(mentions.between(since, until) for since, until in spans)),
            voiced=tuple(voices.between(now - back, now)),
            parameters=parameters,
        )
        yield now, list(PLAYED[rule].findings(talk)), silent(feeds)


def replayed(
    rule: str,
    story: Story,
    campaign: Campaign,
    parameters: Parameters,
    *,
    moments: Sequence[datetime],
    go_on: Callable[[], None] = lambda: None,
) -> tuple[Raised, ...]:
    """The alerts there would have been, oldest first. `go_on` is asked before each look: it may raise to end it all."""
    given = parameters.of(rule)
    if given is None or not given.on:
        return ()
    going: dict[str, tuple[Watched, Raised | None]] = {}
    over: list[Raised] = []
    for now, found, mute in looks(rule, story, campaign, parameters, moments=moments):
        go_on()
        by_subject = {finding.subject: finding for finding in found}
        for subject in sorted(going.keys() | by_subject.keys()):
            watched, raised = going.pop(subject, (None, None))
            blind = raised is not None and not mute.isdisjoint(raised.sources)
            watched, raised = _look(watched, raised, by_subject.get(subject), given.hold, blind, now)
            if watched.signal is Signal.RECOVERED:
                over += [replace(raised, ended_at=now)] if raised else []
            else:
                going[subject] = watched, raised
    over += [raised for _, raised in going.values() if raised]
    return tuple(sorted(over, key=lambda r: (r.opened_at, r.subject)))


def _look(
    before: Watched | None,
    raised: Raised | None,
    finding: Finding | None,
    hold: timedelta,
    blind: bool,
    now: datetime,
) -> tuple[Watched, Raised | None]:
    watched = looked(before, found=finding is not None, blind=blind, hold=hold, now=now)
    if finding is None or watched.signal is Signal.PENDING:
        return watched, raised
    if raised is None or GRAVITY[finding.level] > GRAVITY[raised.level]:
        opened_at = raised.opened_at if raised else now
        return watched, _raised(finding, opened_at, now)
    return watched, replace(raised, sources=finding.sources)


def _raised(finding: Finding, opened_at: datetime, now: datetime) -> Raised:
    return Raised(
        subject=finding.subject,
        county=finding.county,
        opened_at=opened_at,
        level=finding.level,
        worst_at=now,
        ended_at=None,
        title=finding.title,
        reasons=finding.reasons,
        evidence=finding.evidence,
        sources=finding.sources,
    )
