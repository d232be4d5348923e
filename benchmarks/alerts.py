"""Opinion alerts on a scripted campaign of 14 days: our rule beside three simpler ones.

`python -m benchmarks.alerts [--seeds N]`. A rule looks every ten minutes at what has been seen by then. Found: an alert
at orange or above for the incident's place and subject before it ends. False: a spell of such alerts that touches no
incident. The simple rules have no levels: whatever they raise counts.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, median, stdev
from types import SimpleNamespace
from typing import Any, cast

from alerts.finding import Mention, Window
from alerts.rules import opinion_burst
from benchmarks.alerts_planted import DAYS, START, Campaign, Incident, Said, planted
from domain.campaign import load_campaign
from domain.readings import Level

STEP, HOUR, DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
QUIET_ENDS = timedelta(hours=1)  # a spell without a look that finds it is over
LEAST = 5  # posts an hour, for the simple rules too: without it they would fire on every second post
Subject = tuple[str, str]
Looks = Iterator[tuple[datetime, set[Subject]]]
ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    config = load_campaign(ROOT / "rehearsal" / "campaign.toml")
    places = tuple(d.code for d in config.division)[:12]
    rules: dict[str, Callable[[Campaign], Looks]] = {
        "opinion_burst, orange and above": lambda c: _ours(c, config),
        "twice the mean of 12 h": lambda c: _simple(c, _fixed_multiple),
        "twice the same hour yesterday and last week": lambda c: _simple(c, _same_hour),
        "mean + 3 sd of 7 days": lambda c: _simple(c, _three_sigma),
    }
    print(f"{len(seeds)} campaigns of {DAYS} days, looked at every ten minutes")
    for name, rule in rules.items():
        _show(name, [_judged(planted(seed, places), rule) for seed in seeds])


def _show(name: str, found: list[tuple[int, int, list[float], list[float], int, int]]) -> None:
    delays = [d for one in found for d in one[2]]
    sudden = [d for one in found for d in one[3]]
    false = sum(one[4] for one in found) / len(found) / (DAYS / 7)
    born = sum(one[5] for one in found)
    print(
        f"{name:46} found {sum(o[0] for o in found)}/{sum(o[1] for o in found)}"
        f"  delay median {_min(delays)} (sudden {_min(sudden)})  false a week {false:.1f}"
        f"  of these in an outage or just after {born}"
    )


def _min(delays: list[float]) -> str:
    return f"{median(delays):.0f} min" if delays else "-"


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


def _ours(campaign: Campaign, config: Any) -> Looks:
    mentions: list[Mention] = []
    waiting = iter([*((s.seen_at, _mention(n, s)) for n, s in enumerate(campaign.said)), (None, None)])
    seen_at, mention = next(waiting)
    for now in _moments():
        while seen_at is not None and mention is not None and seen_at <= now:
            mentions.append(mention)
            seen_at, mention = next(waiting)
        since = now - opinion_burst.BASELINE
        mentions = [m for m in mentions if m.at > since]
        window = cast(Window, SimpleNamespace(now=now, campaign=config, mentions=sorted(mentions, key=_when)))
        yield (
            now,
            {
                _subject(finding.subject)
                for finding in opinion_burst.findings(window)
                if finding.level in (Level.ORANGE, Level.RED)
            },
        )


def _when(mention: Mention) -> datetime:
    return mention.at


def _mention(number: int, said: Said) -> Mention:
    return Mention(
        post_id=number,
        at=said.at,
        negative=said.negative,
        county=said.place,
        issues=(said.subject,),
        author_ref=said.author,
        event_id=said.text,
        source=said.source,
        media="weibo",
    )


def _subject(text: str) -> Subject:
    place, _, subject = text.partition("/")
    return place, subject


def _moments() -> Iterator[datetime]:
    """From the second day on: every rule needs a day to look back on."""
    for n in range(DAY // STEP, DAYS * (DAY // STEP)):
        yield START + STEP * n


Counts = Callable[[datetime], int]
"""Negative posts of one subject seen in the hour up to a moment."""


def _simple(campaign: Campaign, fires: Callable[[datetime, Counts], bool]) -> Looks:
    """Counts of ten minutes, summed: the rules below see volume and nothing else."""
    cells: dict[Subject, Counter[int]] = {}
    for said in campaign.said:
        if said.negative:
            n = int((said.seen_at - START) / STEP)
            cells.setdefault((said.place, said.subject), Counter())[n] += 1
    for now in _moments():
        yield now, {subject for subject, counter in cells.items() if fires(now, _counts(counter))}


def _counts(counter: Counter[int]) -> Counts:
    def hour_up_to(at: datetime) -> int:
        end = int((at - START) / STEP)
        return sum(counter[n] for n in range(end - HOUR // STEP, end))

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
