"""A county's talk of the campaign turns negative: the share rises for sure, and more people speak.

Two stretches of the same length are compared: the last hours and those before. The difference of the shares has a
Newcombe interval from Wilson's (both honest of small counts); its lower end must be above zero. While a source of
opinion is silent nobody knows which of the two it would have changed: nothing is found, and nothing is over. One that
was never heard changes neither and is no reason to wait; what it says counts once it was heard through both.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Mention, Talk, said_after
from alerts.parameters import Parameters
from domain.readings import FeedHealth, Health, Level
from domain.terms import percent, span

ID = "sentiment_turning"


def findings(talk: Talk) -> Iterable[Finding]:
    if any(feed.health is not Health.FRESH for feed in _heard(talk)):
        return
    given, now = talk.parameters.sentiment_turning, talk.now
    if 2 * given.window > talk.parameters.opinion_burst.baseline:
        return  # what was read does not reach so far back
    first = now - 2 * given.window
    new = {f.source for f in talk.feeds if f.heard_since is not None and f.heard_since > first}
    lasting = (m for m in said_after(talk.mentions, first) if m.source not in new)
    for county, said in sorted(_by_county(lasting).items()):
        if len(said) < 2 * given.min_count:
            continue  # nor are they as many voices
        last = _voices(said, now - given.window, now)
        before = _voices(said, now - 2 * given.window, now - given.window)
        if min(len(last), len(before)) < given.min_count or len(last) < given.growth * len(before):
            continue
        facts = {
            "negative": sum(m.negative for m in last), "count": len(last),
            "negative_before": sum(m.negative for m in before), "count_before": len(before),
        }  # fmt: skip
        if _surely(facts, given.sure) > 0:
            yield _finding(talk, county, last, facts)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    given = parameters.sentiment_turning
    return Level.ORANGE if _surely(facts, given.sure) >= given.orange else Level.YELLOW


def _heard(talk: Talk) -> list[FeedHealth]:
    return [feed for feed in talk.feeds if feed.side == "opinion" and feed.heard_since is not None]


def _by_county(mentions: Iterable[Mention]) -> dict[str, list[Mention]]:
    groups: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention.county:
            groups[mention.county].append(mention)
    return groups


def _voices(said: Sequence[Mention], since: datetime, until: datetime) -> list[Mention]:
    """Of (since, until], an author once and a text without authors once, by the last word."""
    here = (m for m in said if since < m.at <= until)
    return list({m.author_ref or f"text {m.event_id or m.post_id}": m for m in here}.values())


def _surely(facts: Mapping[str, Any], z: float) -> float:
    """By how much the share rose at least."""
    n, m = int(facts["count"]), int(facts["count_before"])
    now, before = int(facts["negative"]) / n, int(facts["negative_before"]) / m
    down, up = now - _wilson(now, n, -z), _wilson(before, m, z) - before
    return now - before - math.hypot(down, up)


def _wilson(share: float, n: int, z: float) -> float:
    """The end of Wilson's interval on the side of z's sign."""
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle + half) / (1 + z * z / n)


def _finding(talk: Talk, county: str, last: Sequence[Mention], facts: Mapping[str, Any]) -> Finding:
    given = talk.parameters.sentiment_turning
    division = talk.campaign.divisions.get(county)
    now, before = facts["negative"] / facts["count"], facts["negative_before"] / facts["count_before"]
    during = span(given.window)
    negative = [m for m in last if m.negative]
    return Finding(
        subject=county,
        level=level(facts, talk.parameters),
        title=f"{division.name if division else county}近 {during} 负面占比由 {percent(before)} 升至 {percent(now)}",
        reasons=(
            f"近 {during} {facts['count']} 个独立声音，负面 {facts['negative']} 个",
            f"此前 {during} {facts['count_before']} 个，负面 {facts['negative_before']} 个",
            f"占比之差的下限 {percent(_surely(facts, given.sure))}（大于零即预警，橙色 {percent(given.orange)} 起）",
            "同一作者只计一次",
        ),
        evidence=tuple(str(m.post_id) for m in negative[-EVIDENCE_KEPT:]),
        evidence_count=len(negative),
        county=county,
        facts=facts,
        sources=tuple(sorted(feed.source for feed in _heard(talk))),
        began_at=min(m.at for m in negative),
    )
