"""The opinion rule played over days that are past: at each look it sees what was known then, and nothing of later."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.finding import Finding, Mention
from alerts.parameters import OpinionBurst
from alerts.releases import older
from alerts.rules.opinion_burst import bursts
from alerts.watch import mention_of
from domain.campaign import Campaign
from domain.readings import Level
from domain.signals import Signal, Watched, looked
from store.queries.known_posts import Learned

_RANK = {level: rank for rank, level in enumerate(Level)}


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


class Memory:
    """The mentions that are known, by when they were said."""

    def __init__(self) -> None:
        self._said: list[Mention] = []
        self._by_id: dict[int, Mention] = {}

    def learn(self, change: Learned) -> None:
        before = self._by_id.pop(change.post_id, None)
        if before is not None:
            del self._said[bisect_left(self._said, _order(before), key=_order)]
        if change.seen is not None:
            mention = mention_of(change.seen)
            self._by_id[change.post_id] = mention
            insort(self._said, mention, key=_order)

    def between(self, since: datetime, until: datetime) -> list[Mention]:
        """Said in (since, until], oldest first."""
        first = bisect_right(self._said, since, key=lambda m: m.at)
        return self._said[first : bisect_right(self._said, until, key=lambda m: m.at)]


def _order(mention: Mention) -> tuple[datetime, int]:
    return mention.at, mention.post_id


def looks(
    changes: Iterable[Learned],
    campaign: Campaign,
    given: OpinionBurst,
    *,
    moments: Iterable[datetime],
) -> Iterator[tuple[datetime, list[Finding]]]:
    """What the rule finds at each moment. `changes` and `moments` oldest first."""
    memory, coming = Memory(), iter(changes)
    change = next(coming, None)
    for now in moments:
        while change is not None and change.at <= now:
            memory.learn(change)
            change = next(coming, None)
        stretches = (*older(campaign, given, now=now), (now - given.baseline, now))
        said = [mention for since, until in stretches for mention in memory.between(since, until)]
        yield now, list(bursts(said, campaign, given, now=now))


def replayed(
    changes: Sequence[Learned],
    campaign: Campaign,
    given: OpinionBurst,
    *,
    moments: Sequence[datetime],
    go_on: Callable[[], None] = lambda: None,
) -> tuple[Raised, ...]:
    """The alerts there would have been, oldest first. `go_on` is asked before each look: it may raise to end it all."""
    if not given.on:
        return ()
    going: dict[str, tuple[Watched, Raised | None]] = {}
    over: list[Raised] = []
    for now, found in looks(changes, campaign, given, moments=moments):
        go_on()
        by_subject = {finding.subject: finding for finding in found}
        for subject in sorted(going.keys() | by_subject.keys()):
            watched, raised = going.pop(subject, (None, None))
            watched, raised = _look(watched, raised, by_subject.get(subject), given.hold, now)
            if watched.signal is Signal.RECOVERED:
                over += [replace(raised, ended_at=now)] if raised else []
            else:
                going[subject] = watched, raised
    over += [raised for _, raised in going.values() if raised]
    return tuple(sorted(over, key=lambda r: (r.opened_at, r.subject)))


def _look(
    before: Watched | None, raised: Raised | None, finding: Finding | None, hold: timedelta, now: datetime
) -> tuple[Watched, Raised | None]:
    watched = looked(before, found=finding is not None, blind=False, hold=hold, now=now)
    if finding is None or watched.signal is Signal.PENDING:
        return watched, raised
    if raised is None or _RANK[finding.level] > _RANK[raised.level]:
        opened_at = raised.opened_at if raised else now
        return watched, _raised(finding, opened_at, now)
    return watched, raised


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
    )
