"""Complaints of one issue and county growing beyond what the hours before let expect.

Expected count: the mean of the same issue and county over the baseline hours, at least `floor` an hour, so that
a first complaint is no burst. A Poisson tail says how unlikely the count is; volume and negative share are asked
for beside it (opinion.md section 6, capability 2). An author's posts count once, and one text without authors.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Mention, Window
from alerts.levels import Facts, grade
from alerts.parameters import OpinionBurst, Parameters
from domain.campaign import Campaign
from domain.issues import ISSUES, IssueKind
from domain.readings import Level
from domain.terms import percent, span

ID = "opinion_burst"
HOUR = timedelta(hours=1)
Subject = tuple[str | None, str]
"""County and issue."""

_TROUBLE = frozenset(i.id for i in ISSUES.values() if i.kind not in (IssueKind.NEUTRAL, IssueKind.POSITIVE))


def findings(window: Window) -> Iterable[Finding]:
    return bursts(window.mentions, window.campaign, window.parameters.opinion_burst, now=window.now)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return grade(Facts.from_json(facts), parameters.opinion_burst.thresholds).level


def bursts(
    mentions: Sequence[Mention], campaign: Campaign, given: OpinionBurst, *, now: datetime
) -> Iterator[Finding]:
    """What stands out among these mentions now. A pure function: a replay of stored days asks it again."""
    since, first = now - given.window, now - given.baseline
    for subject, said in _by_subject(m for m in mentions if m.at > since):
        recent = _one_per_author(said)
        if len(recent) < given.min_count:
            continue  # most subjects of most looks: their baseline need not be counted
        before = _one_per_author(m for m in mentions if first < m.at <= since and _subject(m) == subject)
        usual = len(before) * given.window / (given.baseline - given.window)
        expected = max(given.floor * (given.window / HOUR), usual)
        yield from _judge(campaign, given, subject, recent, expected=expected)


def _by_subject(mentions: Iterable[Mention]) -> Iterator[tuple[Subject, list[Mention]]]:
    groups: dict[Subject, list[Mention]] = defaultdict(list)
    for mention in mentions:
        if (subject := _subject(mention)) is not None:
            groups[subject].append(mention)
    yield from sorted(groups.items(), key=lambda item: (item[0][0] or "", item[0][1]))


def _subject(mention: Mention) -> Subject | None:
    """The issue with most evidence, where it is a trouble: a post must not raise two alerts."""
    issue = mention.issues[0] if mention.issues else None
    return (mention.county, issue) if issue in _TROUBLE else None


def _one_per_author(mentions: Iterable[Mention]) -> list[Mention]:
    """An author once, whatever he wrote; where a source names no authors, a text once, however often it stands."""
    return list({m.author_ref or f"text {m.event_id or -m.post_id}": m for m in mentions}.values())


def _judge(
    campaign: Campaign, given: OpinionBurst, subject: Subject, recent: list[Mention], *, expected: float
) -> Iterator[Finding]:
    county, issue = subject
    n, negative = len(recent), sum(m.negative for m in recent)
    if negative < given.min_negative_share * n or _tail(n, expected) > given.unlikely:
        return
    division = campaign.divisions.get(county or "")
    place = division.name if division else "全市(县区不明)"
    during, before = span(given.window), f"{(given.baseline - given.window) / HOUR:g}"
    facts = Facts(
        count=n,
        expected=expected,
        issue=issue,
        media=tuple(sorted({m.media for m in recent if m.media})),
        on_hot_list=any(m.on_hot_list for m in recent),
    )
    grading = grade(facts, given.thresholds)
    yield Finding(
        subject=f"{county or 'unknown'}/{issue}",
        level=grading.level,
        title=f"{place}“{ISSUES[issue].name}”{during} {n} 条，预期 {expected:.1f} 条",
        reasons=(
            *grading.reasons,
            f"近{during} {n} 条，按前 {before} 小时均值预期 {expected:.1f} 条",
            f"负面 {negative} 条，占 {percent(negative / n)}",
            "同一作者只计一次",
        ),
        evidence=tuple(str(m.post_id) for m in recent[-EVIDENCE_KEPT:]),
        evidence_count=n,
        county=county,
        facts=facts.as_json(),
        sources=tuple(sorted({m.source for m in recent if m.source})),
        began_at=min(m.at for m in recent),
    )


def _tail(n: int, expected: float) -> float:
    """P(X >= n) for X ~ Poisson(expected), summed from the small end in log space."""
    log_terms = (k * math.log(expected) - expected - math.lgamma(k + 1) for k in range(n))
    return max(0.0, 1.0 - math.fsum(math.exp(t) for t in log_terms))
