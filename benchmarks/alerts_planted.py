"""A scripted campaign of 14 days, for judging alert rules: what happens, and when each post is seen. It knows no rule.

Complaints of twelve places and six subjects with a daily rhythm; a rush after each release; twenty incidents, eight of
them sudden; advertisements; repost storms; three outages of the largest source, whose posts then arrive all at once.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

START = datetime(2022, 10, 28, 0, 0, tzinfo=timezone(timedelta(hours=8)))
DAYS = 14
SUBJECTS = ("system_crash", "redeem_fail", "merchant_refusal", "refund", "threshold", "grab_fail")
RUSH = ("grab_fail", "system_crash")  # what people complain of after every release
INCIDENTS, SUDDEN, STORMS, FLOODS, OUTAGES = 20, 8, 6, 6, 3
_HOUR = timedelta(hours=1)
RELEASES = tuple(START + timedelta(days=day, hours=9) for day in range(0, DAYS, 3))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    place: str
    subject: str
    start: datetime
    end: datetime
    sudden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    said: tuple[Said, ...]  # in the order in which they are seen
    incidents: tuple[Incident, ...]
    outages: tuple[tuple[datetime, datetime], ...]
    releases: tuple[datetime, ...]  # as announced beforehand


def planted(seed: int, places: tuple[str, ...]) -> Campaign:
    """The same for the same seed."""
    dice = random.Random(seed)
    incidents = tuple(_incidents(dice, places))
    outages = tuple(
        (begin := START + _HOUR * (24 * day + dice.uniform(8, 15)), begin + _HOUR * dice.uniform(3, 6))
        for day in dice.sample(range(2, DAYS - 1), OUTAGES)
    )
    raw = [*_usual(dice, places), *_rushes(dice, places), *_storms(dice, places), *_floods(dice, places)]
    for incident in incidents:
        raw += _of_incident(dice, incident)
    numbered = (_said(dice, n, *what, outages=outages) for n, what in enumerate(raw))
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


Raw = tuple[datetime, str, str, bool, str | None, int | None]


def _usual(dice: random.Random, places: tuple[str, ...]) -> Iterator[Raw]:
    for place in places:
        for subject in SUBJECTS:
            for at in _times(dice, START, 24 * DAYS, dice.uniform(0.3, 2.0)):
                if dice.random() < _rhythm(at):
                    yield at, place, subject, dice.random() < 0.7, "", None


def _rushes(dice: random.Random, places: tuple[str, ...]) -> Iterator[Raw]:
    for nine in RELEASES:
        for place in places:
            for subject in RUSH:
                for at in _times(dice, nine, 1.5, dice.uniform(3, 9)):
                    yield at, place, subject, dice.random() < 0.75, "", None


def _storms(dice: random.Random, places: tuple[str, ...]) -> Iterator[Raw]:
    """One text, hundreds of times, from accounts that name no author."""
    for n in range(STORMS):
        place, subject = dice.choice(places), dice.choice(SUBJECTS)
        begin = START + _HOUR * dice.uniform(24, 24 * DAYS - 4)
        for at in _times(dice, begin, 2, 150):
            yield at, place, subject, True, None, 1_000_000 + n


def _floods(dice: random.Random, places: tuple[str, ...]) -> Iterator[Raw]:
    """Shops praise themselves with the campaign's words: many authors, no complaint."""
    for _ in range(FLOODS):
        place, subject = dice.choice(places), dice.choice(SUBJECTS)
        begin = START + _HOUR * dice.uniform(24, 24 * DAYS - 4)
        for at in _times(dice, begin, 3, 40):
            yield at, place, subject, dice.random() < 0.1, "", None


def _incidents(dice: random.Random, places: tuple[str, ...]) -> Iterator[Incident]:
    for n in range(INCIDENTS):
        begin = START + timedelta(days=1 + (n * (DAYS - 2)) // INCIDENTS, hours=dice.uniform(8, 19))
        sudden = n % 5 < 2
        yield Incident(
            place=dice.choice(places),
            subject=dice.choice(SUBJECTS[:-1]),
            start=begin,
            end=begin + _HOUR * dice.uniform(4, 8),
            sudden=sudden,
        )


def _of_incident(dice: random.Random, incident: Incident) -> Iterator[Raw]:
    hours = (incident.end - incident.start) / _HOUR
    rate = dice.uniform(80, 140) if incident.sudden else dice.uniform(24, 45)
    for at in _times(dice, incident.start, hours, rate):
        yield at, incident.place, incident.subject, dice.random() < 0.85, "", None


def _said(
    dice: random.Random,
    number: int,
    at: datetime,
    place: str,
    subject: str,
    negative: bool,
    author: str | None,
    text: int | None,
    *,
    outages: tuple[tuple[datetime, datetime], ...],
) -> Said:
    source = dice.choices(("large", "middle", "small"), (6, 3, 1))[0]
    seen = at + timedelta(minutes=dice.uniform(0.2, 3))
    if source == "large":
        seen = next((end for begin, end in outages if begin <= seen < end), seen)
    return Said(
        at=at,
        seen_at=seen,
        place=place,
        subject=subject,
        negative=negative,
        author=None if author is None else f"a{number}",
        text=number if text is None else text,
        source=source,
    )
