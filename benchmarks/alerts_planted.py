"""A scripted campaign of 14 days, for judging alert rules: what happens, and when each post is seen. It knows no rule.

Complaints of twelve places and six subjects with a daily rhythm; a rush after each release; twenty incidents, eight of
them sudden; advertisements; repost storms; three outages of the largest source, whose posts then arrive all at once.
Besides: three posts that go round the town, three unlawful things that a few people tell of, and the grumbles,
warnings and questions of every day that sound like such things.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from benchmarks.alerts_words import HAPPENINGS, advertisement, aside, complaint

START = datetime(2022, 10, 28, 0, 0, tzinfo=timezone(timedelta(hours=8)))
DAYS = 14
SUBJECTS = ("system_crash", "redeem_fail", "merchant_refusal", "refund", "threshold", "grab_fail")
RUSH = ("grab_fail", "system_crash")  # what people complain of after every release
INCIDENTS, SUDDEN, STORMS, FLOODS, OUTAGES = 20, 8, 6, 6, 3
ROUND_THE_TOWN, UNLAWFUL, ASIDES_A_DAY = 3, 3, 8
_HOUR = timedelta(hours=1)
RELEASES = tuple(START + timedelta(days=day, hours=9) for day in range(0, DAYS, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    place: str
    subject: str
    start: datetime
    end: datetime
    kind: str  # slow, sudden, reach, unlawful


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    at: datetime
    seen_at: datetime
    place: str
    subject: str
    negative: bool
    author: str | None
    text: int  # the same number: the same text
    source: str
    words: str
    counted: tuple[
        tuple[datetime, int], ...
    ]  # how many liked, answered or passed it on, by when that was seen
    incident: Incident | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    said: tuple[Said, ...]  # in the order in which they are seen
    incidents: tuple[Incident, ...]
    outages: tuple[tuple[datetime, datetime], ...]  # of the source "large"
    releases: tuple[datetime, ...]  # as announced beforehand


def planted(seed: int, places: tuple[str, ...]) -> Campaign:
    """The same for the same seed."""
    dice = random.Random(seed)
    incidents = (*_incidents(dice, places), *_others(dice, places))
    outages = tuple(
        (begin := START + _HOUR * (24 * day + dice.uniform(8, 15)), begin + _HOUR * dice.uniform(3, 6))
        for day in dice.sample(range(2, DAYS - 1), OUTAGES)
    )
    raw = [*_usual(dice, places), *_rushes(dice, places), *_storms(dice, places), *_floods(dice, places)]
    raw += _asides(dice, places)
    for incident in incidents:
        raw += _OF[incident.kind](dice, incident)
    numbered = (_said(dice, n, one, outages=outages) for n, one in enumerate(raw))
    return Campaign(
        said=tuple(sorted(numbered, key=lambda s: s.seen_at)),
        incidents=incidents,
        outages=outages,
        releases=RELEASES,
    )


def _rhythm(at: datetime) -> float:
    """People are awake from seven to midnight and write most in the evening."""
    hour = at.hour + at.minute / 60
    return 0.1 + 0.9 * max(0.0, math.sin(math.pi * (hour - 6) / 18.5)) if hour >= 6 else 0.1


def _times(dice: random.Random, begin: datetime, hours: float, rate: float) -> Iterator[datetime]:
    """A Poisson process of `rate` an hour, thinned by nothing."""
    at = begin
    while rate > 0:
        at += _HOUR * dice.expovariate(rate)
        if at >= begin + _HOUR * hours:
            return
        yield at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """A post as it is written; who reads it and when it is seen is drawn later."""

    at: datetime
    place: str
    subject: str
    negative: bool
    words: str
    author: bool = True
    text: int | None = None
    incident: Incident | None = None
    engaged: int | None = None  # None: as little as most posts have


def _usual(dice: random.Random, places: tuple[str, ...]) -> Iterator[_Raw]:
    for place in places:
        for subject in SUBJECTS:
            for at in _times(dice, START, 24 * DAYS, dice.uniform(0.3, 2.0)):
                if dice.random() < _rhythm(at):
                    yield _complains(dice, at, place, subject, 0.7)


def _complains(
    dice: random.Random,
    at: datetime,
    place: str,
    subject: str,
    negative: float,
    incident: Incident | None = None,
) -> _Raw:
    bad, words = dice.random() < negative, complaint(dice, subject)
    return _Raw(at=at, place=place, subject=subject, negative=bad, words=words, incident=incident)


def _rushes(dice: random.Random, places: tuple[str, ...]) -> Iterator[_Raw]:
    for nine in RELEASES:
        for place in places:
            for subject in RUSH:
                for at in _times(dice, nine, 1.5, dice.uniform(3, 9)):
                    yield _complains(dice, at, place, subject, 0.75)


def _storms(dice: random.Random, places: tuple[str, ...]) -> Iterator[_Raw]:
    """One text, hundreds of times, from accounts that name no author."""
    for n in range(STORMS):
        place, subject = dice.choice(places), dice.choice(SUBJECTS)
        begin, words = START + _HOUR * dice.uniform(24, 24 * DAYS - 4), complaint(dice, subject)
        for at in _times(dice, begin, 2, 150):
            yield _Raw(
                at=at,
                place=place,
                subject=subject,
                negative=True,
                words=words,
                author=False,
                text=1_000_000 + n,
            )


def _floods(dice: random.Random, places: tuple[str, ...]) -> Iterator[_Raw]:
    """Shops praise themselves with the campaign's words: many authors, no complaint."""
    for _ in range(FLOODS):
        place, subject = dice.choice(places), dice.choice(SUBJECTS)
        begin = START + _HOUR * dice.uniform(24, 24 * DAYS - 4)
        for at in _times(dice, begin, 3, 40):
            bad, words = dice.random() < 0.1, advertisement(dice)
            yield _Raw(at=at, place=place, subject=subject, negative=bad, words=words)


def _asides(dice: random.Random, places: tuple[str, ...]) -> Iterator[_Raw]:
    for at in _times(dice, START, 24 * DAYS, ASIDES_A_DAY / 24):
        words, bad = aside(dice)
        yield _Raw(at=at, place=dice.choice(places), subject="threshold", negative=bad, words=words)


def _incidents(dice: random.Random, places: tuple[str, ...]) -> Iterator[Incident]:
    for n in range(INCIDENTS):
        begin = START + timedelta(days=1 + (n * (DAYS - 2)) // INCIDENTS, hours=dice.uniform(8, 19))
        yield Incident(
            place=dice.choice(places),
            subject=dice.choice(SUBJECTS[:-1]),
            start=begin,
            end=begin + _HOUR * dice.uniform(4, 8),
            kind="sudden" if n % 5 < 2 else "slow",
        )


def _others(dice: random.Random, places: tuple[str, ...]) -> Iterator[Incident]:
    """Few posts each: one that very many see, or some that tell of something unlawful."""
    for n in range(ROUND_THE_TOWN + UNLAWFUL):
        begin = START + timedelta(days=dice.randrange(1, DAYS - 1), hours=dice.uniform(8, 17))
        unlawful = n >= ROUND_THE_TOWN
        yield Incident(
            place=dice.choice(places),
            subject=dice.choice(sorted(HAPPENINGS)) if unlawful else dice.choice(SUBJECTS),
            start=begin,
            end=begin + _HOUR * 24,
            kind="unlawful" if unlawful else "reach",
        )


def _crowd(dice: random.Random, incident: Incident) -> Iterator[_Raw]:
    hours = (incident.end - incident.start) / _HOUR
    rate = dice.uniform(80, 140) if incident.kind == "sudden" else dice.uniform(24, 45)
    for at in _times(dice, incident.start, hours, rate):
        yield _complains(dice, at, incident.place, incident.subject, 0.85, incident)


def _round_the_town(dice: random.Random, incident: Incident) -> Iterator[_Raw]:
    """One post, within a day some thousands of times liked, answered, passed on."""
    told = _complains(dice, incident.start, incident.place, incident.subject, 1.0, incident)
    yield replace(told, engaged=int(dice.uniform(3_000, 9_000)))


def _unlawful(dice: random.Random, incident: Incident) -> Iterator[_Raw]:
    """Each witness in words of his own; three or more of them within some hours."""
    sentences = HAPPENINGS[incident.subject]
    for words in dice.sample(sentences, dice.randint(3, len(sentences))):
        at = incident.start + _HOUR * dice.uniform(0, 2)
        yield _Raw(
            at=at,
            place=incident.place,
            subject=incident.subject,
            negative=True,
            words=words,
            incident=incident,
        )


_OF = {"slow": _crowd, "sudden": _crowd, "reach": _round_the_town, "unlawful": _unlawful}


def _said(
    dice: random.Random, number: int, raw: _Raw, *, outages: tuple[tuple[datetime, datetime], ...]
) -> Said:
    source = dice.choices(("large", "middle", "small"), (6, 3, 1))[0]
    seen = _seen(raw.at + timedelta(minutes=dice.uniform(0.2, 3)), source, outages)
    few = int(dice.lognormvariate(1.1, 1.3))
    looks = [raw.at + _HOUR * n for n in (0.5, 1, 2, 3, 4, 6, 9, 12, 18, 24)]
    most = raw.engaged or 0
    grown = [
        (_seen(at, source, outages), int(most * (1 - math.exp(-(at - raw.at) / _HOUR / 6)))) for at in looks
    ]
    return Said(
        at=raw.at,
        seen_at=seen,
        place=raw.place,
        subject=raw.subject,
        negative=raw.negative,
        author=f"a{number}" if raw.author else None,
        text=number if raw.text is None else raw.text,
        source=source,
        words=raw.words,
        counted=((seen, few),) if raw.engaged is None else tuple((at, n) for at, n in grown if at > seen),
        incident=raw.incident,
    )


def _seen(at: datetime, source: str, outages: tuple[tuple[datetime, datetime], ...]) -> datetime:
    if source != "large":
        return at
    return next((end for begin, end in outages if begin <= at < end), at)
