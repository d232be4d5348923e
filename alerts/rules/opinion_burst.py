"""Complaints of one issue and county growing beyond what the hours before let expect.

Expected count: the mean of the same issue and county over the baseline hours but for the busiest, at least `floor` an
hour, so that a first complaint is no burst; after a round has been opened, at least what earlier openings had brought
by then. A Poisson tail says how unlikely the count is; volume and negative share are asked for beside it (opinion.md
section 6, capability 2). An author's posts count once, and one text without authors.

Looked at are the last hour and the last minutes: a sudden burst need not wait until an hour's worth has come.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Mention, Talk, said_after
from alerts.levels import Facts, Grading, grade
from alerts.parameters import OpinionBurst, Parameters
from alerts.releases import alike
from domain.campaign import Campaign
from domain.issues import ISSUES, IssueKind
from domain.readings import Level
from domain.terms import percent, span

ID = "opinion_burst"
HOUR = timedelta(hours=1)
Subject = tuple[str | None, str]
"""County and issue."""

_TROUBLE = frozenset(i.id for i in ISSUES.values() if i.kind not in (IssueKind.NEUTRAL, IssueKind.POSITIVE))


def findings(talk: Talk) -> Iterable[Finding]:
    return bursts(talk.mentions, talk.campaign, talk.parameters.opinion_burst, now=talk.now)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return grade(Facts.from_json(facts), parameters.opinion_burst.thresholds).level


def bursts(
    mentions: Sequence[Mention], campaign: Campaign, given: OpinionBurst, *, now: datetime
) -> Iterator[Finding]:
    """What stands out among these mentions now. A pure function: a replay of stored days asks it again."""
    since, first = now - given.window, now - given.baseline
    crowds = _crowds(said_after(mentions, since), given)
    every = _by_subject(mentions, crowds) if crowds else {}
    for subject, recent in sorted(crowds.items(), key=lambda item: (item[0][0] or "", item[0][1])):
        told = every[subject]
        usual = _usual(_one_per_author(m for m in told if first < m.at <= since), given, until=since)
        after = _after_openings(told, alike(campaign, given, subject[0], now=now))
        hourly = max(given.floor, usual, after)
        found = [_judged(given, subject, recent, given.window, hourly=hourly)]
        if given.fast_minutes:
            last = [m for m in recent if m.at > now - given.fast]
            found.append(_judged(given, subject, last, given.fast, hourly=hourly))
        bursting = [burst for burst in found if burst is not None]
        if bursting:
            yield _finding(campaign, given, subject, max(bursting, key=_gravity))


def _crowds(mentions: Iterable[Mention], given: OpinionBurst) -> dict[Subject, list[Mention]]:
    """By subject, those of enough voices: of most subjects of most looks nothing more need be read."""
    voices = {subject: _one_per_author(said) for subject, said in _by_subject(mentions).items()}
    return {subject: recent for subject, recent in voices.items() if len(recent) >= given.min_count}


def _usual(before: Sequence[Mention], given: OpinionBurst, *, until: datetime) -> float:
    """Voices an hour: the mean of the hours before but for the busiest, so that a wave does not hide the next one."""
    hours = math.ceil((given.baseline - given.window) / HOUR)
    counts = [0] * hours
    for mention in before:
        counts[min(hours - 1, int((until - mention.at) / HOUR))] += 1
    return fmean(sorted(counts)[: hours - given.peaks_left_out])


def _after_openings(told: Sequence[Mention], stretches: Sequence[tuple[datetime, datetime]]) -> float:
    """Voices an hour at the same distance from earlier openings: their mean; 0 where there were none."""
    if not stretches:
        return 0.0
    counts = [len(_one_per_author(m for m in told if since < m.at <= until)) for since, until in stretches]
    since, until = stretches[0]
    return fmean(counts) / ((until - since) / HOUR)


def _by_subject(
    mentions: Iterable[Mention], wanted: Container[Subject] | None = None
) -> dict[Subject, list[Mention]]:
    groups: dict[Subject, list[Mention]] = defaultdict(list)
    for mention in mentions:
        subject = _subject(mention)
        if subject is not None and (wanted is None or subject in wanted):
            groups[subject].append(mention)
    return groups


def _subject(mention: Mention) -> Subject | None:
    """The issue with most evidence, where it is a trouble: a post must not raise two alerts."""
    issue = mention.issues[0] if mention.issues else None
    return (mention.county, issue) if issue in _TROUBLE else None


def _one_per_author(mentions: Iterable[Mention]) -> list[Mention]:
    """An author once, whatever he wrote; where a source names no authors, a text once, however often it stands."""
    return list({m.author_ref or f"text {m.event_id or -m.post_id}": m for m in mentions}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    """What one stretch of time shows of a subject."""

    facts: Facts
    grading: Grading
    during: timedelta
    said: list[Mention]
    negative_count: int


def _gravity(burst: _Burst) -> tuple[int, timedelta]:
    """The graver first; of two alike the longer, which says more."""
    return list(Level).index(burst.grading.level), burst.during


def _judged(
    given: OpinionBurst, subject: Subject, said: list[Mention], during: timedelta, *, hourly: float
) -> _Burst | None:
    n, negative, expected = len(said), sum(m.negative for m in said), hourly * (during / HOUR)
    fast = during < given.window
    if n < given.min_count or negative < max(given.min_negative_share * n, given.min_count if fast else 0):
        return None
    if _tail(n, expected) > (given.fast_unlikely if fast else given.unlikely):
        return None
    facts = Facts(
        count=n,
        expected=expected,
        issue=subject[1],
        media=tuple(sorted({m.media for m in said if m.media})),
        on_hot_list=any(m.on_hot_list for m in said),
        fast_minutes=given.fast_minutes if fast else None,
    )
    grading = grade(facts, given.thresholds)
    return _Burst(facts=facts, grading=grading, during=during, said=said, negative_count=negative)


def _finding(campaign: Campaign, given: OpinionBurst, subject: Subject, burst: _Burst) -> Finding:
    county, issue = subject
    division = campaign.divisions.get(county or "")
    place = division.name if division else "全市(县区不明)"
    n, expected, during = burst.facts.count, burst.facts.expected, span(burst.during)
    return Finding(
        subject=f"{county or 'unknown'}/{issue}",
        level=burst.grading.level,
        title=f"{place}“{ISSUES[issue].name}”{during} {n} 条，预期 {expected:.1f} 条",
        reasons=(
            *burst.grading.reasons,
            f"近 {during} {n} 条，按此前 {(given.baseline - given.window) / HOUR:g} 小时"
            f"（剔除最高 {given.peaks_left_out} 小时）均值预期 {expected:.1f} 条",
            f"负面 {burst.negative_count} 条，占 {percent(burst.negative_count / n)}",
            "同一作者只计一次",
        ),
        evidence=tuple(str(m.post_id) for m in burst.said[-EVIDENCE_KEPT:]),
        evidence_count=n,
        county=county,
        facts=burst.facts.as_json(),
        sources=tuple(sorted({m.source for m in burst.said if m.source})),
        began_at=min(m.at for m in burst.said),
        volume=int(burst.facts.voices),
    )


def _tail(n: int, expected: float) -> float:
    """P(X >= n) for X ~ Poisson(expected), summed from the small end in log space."""
    log_terms = (k * math.log(expected) - expected - math.lgamma(k + 1) for k in range(n))
    return max(0.0, 1.0 - math.fsum(math.exp(t) for t in log_terms))
