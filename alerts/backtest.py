"""What other parameters would have raised on stored days, side by side with those in force. Reads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection

from alerts.parameters import OpinionBurst, Parameters
from alerts.replay import Raised, replayed
from domain.campaign import Campaign
from domain.cases import BY_HAND, Case
from domain.casework import Verdict
from domain.errors import ConfigError
from domain.readings import Level
from store.queries.cases import cases_since
from store.queries.known_posts import learned, scores_said

RULE = "opinion_burst"
"""The rule that can be played again: the posts and their scores are kept with their moments. What the others look at
(a source's state, the money's board, a channel's) is kept as it is now."""

MOST_DAYS = 31
MOST_SCORES = 300_000
MOST_SECONDS = 240.0
NEAR = timedelta(hours=6)
"""How long before somebody entered an event by hand an alert of its county still counts as having found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """One set of parameters held against what people said of closed cases. None: nothing to divide by."""

    judged_count: int  # alerts whose case has a verdict
    real_count: int
    false_count: int
    missed_count: int  # real cases that it would not have raised
    lead: timedelta | None  # median of how long before others told of it

    @property
    def precision(self) -> float | None:
        return self.real_count / self.judged_count if self.judged_count else None


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
class Backtest:
    since: datetime
    until: datetime
    every: timedelta
    changes_count: int  # of what was known of posts
    now: Side
    other: Side | None
    pairs: tuple[Pair, ...]


def backtest(
    conn: Connection,
    campaign: Campaign,
    now: Parameters,
    other: Parameters | None,
    *,
    since: datetime,
    until: datetime,
    every: timedelta = timedelta(minutes=1),
    monotonic: Callable[[], float] = time.monotonic,
) -> Backtest:
    """Looks at every `every` of [since, until). Raises ConfigError where that is too much for one run."""
    _must_be_bounded(since, until, every)
    sides = [p.opinion_burst for p in (now, other) if p is not None]
    longest = max(side.memory for side in sides)
    if scores_said(conn, since=since - longest, until=until) > MOST_SCORES:
        raise ConfigError(f"more than {MOST_SCORES} scores of posts in that time: choose fewer days")
    changes = [c for c in learned(conn, since=since - longest, until=until) if c.at < until]
    moments = [since + every * n for n in range(int((until - since) / every))]
    cases = cases_since(conn, since=since - NEAR)
    go_on = _in_time(monotonic, monotonic() + MOST_SECONDS)

    def side(given: OpinionBurst) -> Side:
        raised = replayed(changes, campaign, given, moments=moments, go_on=go_on)
        return Side(version=given.version, raised=raised, verdicts=held_against(raised, cases, until=until))

    found = [side(given) for given in sides]
    both = found[1] if other is not None else None
    return Backtest(
        since=since,
        until=until,
        every=every,
        changes_count=len(changes),
        now=found[0],
        other=both,
        pairs=paired(found[0].raised, both.raised if both else ()),
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


def held_against(raised: Sequence[Raised], cases: Sequence[Case], *, until: datetime) -> Verdicts:
    """Precision over the alerts whose case was judged; missed are real cases that none of these met."""
    real = false = missed = 0
    leads: list[float] = []
    for case in cases:
        if case.verdict is None or case.raised_at >= until or case.rule not in (RULE, BY_HAND):
            continue
        met = next((r for r in raised if _meets(r, case)), None)
        if case.verdict is Verdict.FALSE:
            false += met is not None
        elif met is None:
            missed += 1
        else:
            real += 1
            if case.known_at is not None:
                leads.append((case.known_at - met.opened_at).total_seconds())
    return Verdicts(
        judged_count=real + false,
        real_count=real,
        false_count=false,
        missed_count=missed,
        lead=timedelta(seconds=median(leads)) if leads else None,
    )


def _meets(raised: Raised, case: Case) -> bool:
    """The same subject while the case's signal lasted; for what a person entered, the same county not long before."""
    begin, end = case.began_at or case.raised_at, case.signal_ended_at or case.refreshed_at
    if case.rule == BY_HAND:
        same, begin, end = raised.county == case.county, case.raised_at - NEAR, case.raised_at
    else:
        same = raised.subject == case.subject
    return same and raised.opened_at <= end and (raised.ended_at is None or raised.ended_at >= begin)


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
