"""What other parameters would have raised on stored days, side by side with those in force. Reads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.parameters import Parameters
from alerts.replay import PLAYED, VOICED, FeedsAt, Raised, Story, replayed
from alerts.verdicts import NEAR, Verdicts, held_against
from alerts.watch import voiced_for
from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.readings import FeedHealth, Health, Level
from store.queries.cases import cases_since
from store.queries.known_posts import Learned, learned, scores_said
from store.queries.known_silence import Silence, known_silence
from store.queries.known_voices import voices_learned
from store.queries.posts import ScoredPost
from store.queries.sources import EVER, Expected

MOST_DAYS = 31
MOST_SCORES = 300_000
MOST_SECONDS = 240.0  # for each rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    version: str
    raised: tuple[Raised, ...]
    verdicts: Verdicts

    def count(self, level: Level) -> int:
        return sum(raised.level is level for raised in self.raised)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The same alert on both sides; None: that side would not have raised it."""

    subject: str
    now: Raised | None
    other: Raised | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One rule over the days."""

    rule: str
    changes_count: int  # of what was known of posts
    now: Side
    other: Side | None
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    since: datetime
    until: datetime
    every: timedelta
    rules: tuple[Played, ...]


def backtest(
    conn: Connection,
    campaign: Campaign,
    now: Parameters,
    other: Parameters | None,
    *,
    since: datetime,
    until: datetime,
    expected: Sequence[Expected] = (),
    rules: Sequence[str] = tuple(PLAYED),
    every: timedelta = timedelta(minutes=1),
    monotonic: Callable[[], float] = time.monotonic,
) -> Backtest:
    """Looks at every `every` of [since, until). `expected`: whose silence counts.

    Raises ConfigError where that is too much for one run.
    """
    _must_be_bounded(since, until, every)
    sides = [p for p in (now, other) if p is not None]
    longest = max(_memory(side) for side in sides)
    if scores_said(conn, since=since - longest, until=until) > MOST_SCORES:
        raise ConfigError(f"more than {MOST_SCORES} scores of posts in that time: choose fewer days")
    feeds_at = feeds_of(expected, known_silence(conn, expected, until=until))
    moments = [since + every * n for n in range(int((until - since) / every))]
    cases = cases_since(conn, since=since - NEAR)
    mentions: list[Learned[ScoredPost]] = []
    if any(rule not in VOICED for rule in rules):
        mentions = [c for c in learned(conn, since=since - longest, until=until) if c.at < until]

    def story(rule: str) -> Story:
        if rule not in VOICED:
            return Story(mentions=mentions, feeds_at=feeds_at)
        told = voices_learned(conn, since=since - longest, until=until, concerns=VOICED[rule])
        return Story(voices=[c for c in told if c.at < until], feeds_at=feeds_at)

    def played(rule: str) -> Played:
        known, go_on = story(rule), _in_time(monotonic, monotonic() + MOST_SECONDS)
        found = []
        for side in sides:
            raised = replayed(rule, known, campaign, side, moments=moments, go_on=go_on)
            verdicts = held_against(rule, raised, cases, until=until)
            found.append(Side(version=_version(side, rule), raised=raised, verdicts=verdicts))
        both = found[1] if other is not None else None
        return Played(
            rule=rule,
            changes_count=len(known.mentions) + len(known.voices),
            now=found[0],
            other=both,
            pairs=paired(found[0].raised, both.raised if both else ()),
        )

    return Backtest(since=since, until=until, every=every, rules=tuple(played(rule) for rule in rules))


def _memory(parameters: Parameters) -> timedelta:
    """How far back the rules may have to look."""
    return max(parameters.opinion_burst.memory, voiced_for(parameters))


def _version(parameters: Parameters, rule: str) -> str:
    given = parameters.of(rule)
    assert given is not None, "every rule that can be played again has parameters"
    return given.version


def feeds_of(expected: Sequence[Expected], silences: Sequence[Silence]) -> FeedsAt:
    """The opinion sources as they stood at a moment: fresh, silent, or not heard of yet."""
    first = {s.source: s.until for s in silences if s.since == EVER}

    def at(now: datetime) -> tuple[FeedHealth, ...]:
        mute = {s.source for s in silences if s.since <= now < s.until}
        told = [(e, first.get(e.source, EVER)) for e in expected if e.side == "opinion"]
        return tuple(_feed(e, since if since <= now else None, silent=e.source in mute) for e, since in told)

    return at


def _feed(expected: Expected, heard_since: datetime | None, *, silent: bool) -> FeedHealth:
    return FeedHealth(
        source=expected.source,
        name=expected.name,
        side=expected.side,
        health=Health.NEVER if heard_since is None else Health.LATE if silent else Health.FRESH,
        data_time=None,
        last_ok_at=None,
        seen_at=None,
        stale_after_s=expected.stale_after_s,
        delay_allowed_s=expected.stale_after_s,
        quarantined_count=0,
        trouble=None,
        heard_since=heard_since,
    )


def _must_be_bounded(since: datetime, until: datetime, every: timedelta) -> None:
    if not timedelta(0) < until - since <= timedelta(days=MOST_DAYS):
        raise ConfigError(f"a backtest goes over more than nothing and at most {MOST_DAYS} days")
    if not timedelta(seconds=30) <= every <= timedelta(hours=1):
        raise ConfigError("a backtest looks every half minute at most and every hour at least")


def _in_time(monotonic: Callable[[], float], end_s: float) -> Callable[[], None]:
    def go_on() -> None:
        if monotonic() > end_s:
            raise ConfigError(f"not done within {MOST_SECONDS:.0f} s: choose fewer days or look less often")

    return go_on


def paired(now: Sequence[Raised], other: Sequence[Raised]) -> tuple[Pair, ...]:
    """Alerts of one subject whose times overlap stand beside each other; each stands once."""
    left, pairs = list(other), []
    for one in now:
        same = next((o for o in left if o.subject == one.subject and _overlap(o, one)), None)
        if same is not None:
            left.remove(same)
        pairs.append(Pair(subject=one.subject, now=one, other=same))
    pairs += [Pair(subject=o.subject, now=None, other=o) for o in left]
    return tuple(sorted(pairs, key=_begin))


def _begin(pair: Pair) -> tuple[datetime, str]:
    return min(side.opened_at for side in (pair.now, pair.other) if side), pair.subject


def _overlap(a: Raised, b: Raised) -> bool:
    return (b.ended_at is None or a.opened_at <= b.ended_at) and (
        a.ended_at is None or b.opened_at <= a.ended_at
    )
