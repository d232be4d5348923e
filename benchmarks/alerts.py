"""Opinion alerts on a scripted campaign of 14 days: our rule beside three simpler ones.

`python -m benchmarks.alerts [--seeds N] [--first SEED] [--every SECONDS]`. A rule looks every minute (the worker: twice
as often) at what has been seen by then. Found: an alert at orange or above for the incident's place and subject before
it ends. False: a spell of such alerts that touches no incident. The simple rules have no levels: whatever they raise
counts.
"""

from __future__ import annotations

import argparse
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from alerts.parameters import OpinionBurst
from alerts.replay import looks
from benchmarks.alerts_planted import DAYS, START, Campaign, Incident, Said, planted
from domain.campaign import load_campaign
from domain.readings import Level
from domain.records import Label
from store.queries.known_posts import Learned
from store.queries.posts import ScoredPost

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET_ENDS = timedelta(hours=1)  # a spell without a look that finds it is over
LEAST = 5  # posts an hour, for the simple rules too: without it they would fire on every second post
Subject = tuple[str, str]
Looks = Iterator[tuple[datetime, set[Subject]]]
ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="between looks")
    args = parser.parse_args()
    seeds, every = range(args.first, args.first + args.seeds), timedelta(seconds=args.every)
    config = load_campaign(ROOT / "rehearsal" / "campaign.toml")
    places = tuple(d.code for d in config.division)[:12]
    rules: dict[str, Callable[[Campaign], Looks]] = {
        "opinion_burst, orange and above": lambda c: _ours(c, config, every),
        "twice the mean of 12 h": lambda c: _simple(c, _fixed_multiple, every),
        "twice the same hour yesterday and last week": lambda c: _simple(c, _same_hour, every),
        "mean + 3 sd of 7 days": lambda c: _simple(c, _three_sigma, every),
    }
    print(f"campaigns {seeds[0]} to {seeds[-1]} of {DAYS} days, looked at every {args.every:g} s")
    for name, rule in rules.items():
        _show(name, [_judged(planted(seed, places), rule) for seed in seeds])


def _show(name: str, found: list[tuple[int, int, list[float], list[float], int, int]]) -> None:
    delays = [d for one in found for d in one[2]]
    sudden = [d for one in found for d in one[3]]
    false = sum(one[4] for one in found) / len(found) / (DAYS / 7)
    born = sum(one[5] for one in found)
    print(
        f"{name:46} found {sum(o[0] for o in found)}/{sum(o[1] for o in found)}"
        f"  delay median {_min(delays)} (sudden {_min(sudden)}, nine in ten {_min(sudden, 0.9)})"
        f"  false a week {false:.1f} (worst {max(one[4] for one in found) / (DAYS / 7):.1f})"
        f"  of these in an outage or just after {born}"
    )


def _min(delays: list[float], share: float = 0.5) -> str:
    return f"{sorted(delays)[int(share * (len(delays) - 1) + 0.5)]:.0f} min" if delays else "-"


def _judged(
    campaign: Campaign, rule: Callable[[Campaign], Looks]
) -> tuple[int, int, list[float], list[float], int, int]:
    """Found, of how many, delays in minutes, those of sudden ones, false spells, false spells born of outages."""
    spells = list(_spells(rule(campaign)))
    delays, sudden = [], []
    for incident in campaign.incidents:
        began = [
            begin
            for subject, begin, end in spells
            if subject == (incident.place, incident.subject)
            and end >= incident.start
            and begin <= incident.end
        ]
        if began:
            delay = max(0.0, (min(began) - incident.start) / timedelta(minutes=1))
            (sudden if incident.sudden else delays).append(delay)
    wrong = [spell for spell in spells if not any(_touches(spell, i) for i in campaign.incidents)]
    born = sum(
        any(since <= begin <= until + HOUR / 3 for since, until in campaign.outages) for _, begin, _ in wrong
    )
    every = [*delays, *sudden]
    return len(every), len(campaign.incidents), every, sudden, len(wrong), born


def _touches(spell: tuple[Subject, datetime, datetime], incident: Incident) -> bool:
    subject, begin, end = spell
    return (
        subject == (incident.place, incident.subject)
        and end >= incident.start
        and begin <= incident.end + 2 * HOUR
    )


def _spells(looks: Looks) -> Iterator[tuple[Subject, datetime, datetime]]:
    going: dict[Subject, tuple[datetime, datetime]] = {}
    for now, found in looks:
        for subject in [s for s, (_, last) in going.items() if now - last > QUIET_ENDS]:
            yield subject, *going.pop(subject)
        for subject in found:
            going[subject] = (going.get(subject, (now, now))[0], now)
    for subject, (begin, last) in going.items():
        yield subject, begin, last


def _ours(campaign: Campaign, config: Any, every: timedelta) -> Looks:
    changes = [
        Learned(at=said.seen_at, post_id=n, seen=_post(n, said)) for n, said in enumerate(campaign.said)
    ]
    calendar = _announced(config, campaign.releases)
    for now, found in looks(changes, calendar, OpinionBurst(), moments=_moments(every)):
        yield now, {_subject(f.subject) for f in found if f.level in (Level.ORANGE, Level.RED)}


def _announced(config: Any, releases: tuple[datetime, ...]) -> Any:
    """The campaign file with the script's calendar: when rounds are opened is known to everybody beforehand."""
    a_round = next(r for r in config.round if r.programme == config.city.id)
    rounds = tuple(a_round.model_copy(update={"opens_at": at}) for at in releases)
    return config.model_copy(update={"round": rounds})


def _post(number: int, said: Said) -> ScoredPost:
    return ScoredPost(
        post_id=number,
        source=said.source,
        at=said.at,
        title="",
        label=(Label.NEGATIVE if said.negative else Label.NEUTRAL).value,
        county=said.place,
        issues=(said.subject,),
        author_ref=said.author,
        event_id=said.text,
        media="weibo",
        on_hot_list=False,
    )


def _subject(text: str) -> Subject:
    place, _, subject = text.partition("/")
    return place, subject


def _moments(every: timedelta) -> Iterator[datetime]:
    """From the second day on: every rule needs a day to look back on."""
    for n in range(DAY // every, DAYS * (DAY // every)):
        yield START + every * n


Counts = Callable[[datetime], int]
"""Negative posts of one subject seen in the hour up to a moment."""


def _simple(campaign: Campaign, fires: Callable[[datetime, Counts], bool], every: timedelta) -> Looks:
    """The rules below see volume and nothing else."""
    seen: dict[Subject, list[datetime]] = {}
    for said in campaign.said:
        if said.negative:
            seen.setdefault((said.place, said.subject), []).append(said.seen_at)
    for now in _moments(every):
        yield now, {subject for subject, times in seen.items() if fires(now, _counts(times))}


def _counts(times: list[datetime]) -> Counts:
    def hour_up_to(at: datetime) -> int:
        return bisect_left(times, at) - bisect_left(times, at - HOUR)

    return hour_up_to


def _fixed_multiple(now: datetime, count: Counts) -> bool:
    n = count(now)
    return n >= LEAST and n >= 2 * fmean(count(now - HOUR * h) for h in range(1, 13))


def _same_hour(now: datetime, count: Counts) -> bool:
    n = count(now)
    return n >= LEAST and n >= 2 * max(count(now - DAY), count(now - timedelta(days=7)))


def _three_sigma(now: datetime, count: Counts) -> bool:
    n = count(now)
    if n < LEAST:
        return False
    before = [count(now - HOUR * h) for h in range(1, 7 * 24) if now - HOUR * h >= START]
    return n > fmean(before) + 3 * stdev(before)


if __name__ == "__main__":
    main()
