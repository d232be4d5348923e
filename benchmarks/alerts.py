"""Opinion alerts on a scripted campaign of 14 days: all our opinion rules together beside three simpler ones.

`python -m benchmarks.alerts [--seeds N] [--first SEED] [--every SECONDS] [--ours]`. A rule looks every minute (the
worker: twice as often) at what has been seen by then. Ours: an alert at orange or above is true where a third of its
evidence was written of one incident, which it then has found; a spell of alerts that never does is false, whatever
rule raised it. The simple rules show no evidence and have no levels: place, subject and time decide.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.replay import PLAYED
from benchmarks.alerts_ours import Found, found_by
from benchmarks.alerts_planted import DAYS, START, Campaign, Incident, planted
from benchmarks.alerts_simple import DAY, HOUR, fixed_multiple, same_hour, simple, three_sigma
from domain.campaign import load_campaign
from domain.readings import Level

QUIET_ENDS = timedelta(hours=1)  # a spell without a look that finds it is over
GRAVE = (Level.ORANGE, Level.RED)
ROOT = Path(__file__).parents[1]
SIMPLE = {
    "twice the mean of 12 h": fixed_multiple,
    "twice the same hour yesterday and last week": same_hour,
    "mean + 3 sd of 7 days": three_sigma,
}
Met = frozenset[Incident]
Looks = Iterable[tuple[datetime, dict[str, Met]]]
"""At each look what is found, by subject, with the incidents that it tells of."""


@dataclass(slots=True)
class Judged:
    """One rule, or all of ours, over one campaign."""

    found: dict[Incident, datetime] = field(default_factory=dict)  # by whom is said elsewhere; when first
    false: list[tuple[str, datetime]] = field(default_factory=list)  # spells

    def add(self, other: Judged) -> None:
        for incident, at in other.found.items():
            self.found[incident] = min(at, self.found.get(incident, at))
        self.false += other.false


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="between looks")
    parser.add_argument("--ours", action="store_true", help="without the simpler rules")
    parser.add_argument("--false", action="store_true", help="print each false alert and what was missed")
    args = parser.parse_args()
    seeds, every = range(args.first, args.first + args.seeds), timedelta(seconds=args.every)
    config = load_campaign(ROOT / "rehearsal" / "campaign.toml")
    places = tuple(d.code for d in config.division)[:12]
    campaigns = [planted(seed, places) for seed in seeds]
    moments = [START + every * n for n in range(DAY // every, DAYS * (DAY // every))]
    print(f"campaigns {seeds[0]} to {seeds[-1]} of {DAYS} days, looked at every {args.every:g} s")
    every_rule = [Judged() for _ in campaigns]
    for rule in PLAYED:
        grave, milder = _ours(rule, campaigns, config, moments)
        _show(f"{rule}, orange and above", campaigns, grave)
        print(
            f"  below orange, false a week {_weekly(sum(len(one.false) for one in milder), len(campaigns)):.2f}"
        )
        for whole, one in zip(every_rule, grave, strict=True):
            whole.add(one)
        if args.false:
            _tell_false(grave)
    _show("all opinion rules, orange and above", campaigns, every_rule)
    if args.false:
        _tell_missed(campaigns, every_rule)
    for name, fires in () if args.ours else SIMPLE.items():
        _show(name, campaigns, [_judged(_simple(c, fires, moments)) for c in campaigns])


def _weekly(n: int, campaigns: int) -> float:
    return n / campaigns / (DAYS / 7)


def _show(name: str, campaigns: Sequence[Campaign], judged: Sequence[Judged]) -> None:
    kinds: dict[str, list[float]] = {"slow": [], "sudden": [], "reach": [], "unlawful": []}
    there = Counter(i.kind for campaign in campaigns for i in campaign.incidents)
    for one in judged:
        for incident, at in one.found.items():
            kinds[incident.kind].append(max(0.0, (at - incident.start) / timedelta(minutes=1)))
    false = [len(one.false) for one in judged]
    born = sum(_of_outage(c, at) for c, one in zip(campaigns, judged, strict=True) for _, at in one.false)
    planted_of = kinds["slow"] + kinds["sudden"]
    print(
        f"{name}: incidents {len(planted_of)}/{there['slow'] + there['sudden']}, median delay {_min(planted_of)}; "
        + ", ".join(f"{kind} {len(took)}/{there[kind]} {_min(took)}" for kind, took in kinds.items())
        + f"; sudden nine in ten {_min(kinds['sudden'], 0.9)}; false a week {_weekly(sum(false), len(campaigns)):.2f}"
        f" (worst {max(false) / (DAYS / 7):.1f}), in an outage or just after {born}",
        flush=True,
    )


def _tell_false(judged: Sequence[Judged]) -> None:
    for n, one in enumerate(judged):
        for subject, at in one.false:
            print(f"    campaign {n}: false: {subject} at {at:%m-%d %H:%M}")


def _tell_missed(campaigns: Sequence[Campaign], judged: Sequence[Judged]) -> None:
    for n, (campaign, one) in enumerate(zip(campaigns, judged, strict=True)):
        for i in campaign.incidents:
            if i not in one.found:
                print(f"    campaign {n}: not found: {i.kind} {i.place} {i.subject} {i.start:%m-%d %H:%M}")


def _min(delays: list[float], share: float = 0.5) -> str:
    return f"{sorted(delays)[int(share * (len(delays) - 1) + 0.5)]:.0f} min" if delays else "-"


def _of_outage(campaign: Campaign, at: datetime) -> bool:
    return any(since <= at <= until + HOUR / 3 for since, until in campaign.outages)


def _ours(
    rule: str, campaigns: Sequence[Campaign], config: Any, moments: Sequence[datetime]
) -> tuple[list[Judged], list[Judged]]:
    """At orange and above, and at any level below."""
    grave, milder = [], []
    for campaign in campaigns:
        found = list(found_by(rule, campaign, config, moments))
        grave.append(_judged((at, _met(rule, some, GRAVE)) for at, some in found))
        milder.append(_judged((at, _met(rule, some, (Level.BLUE, Level.YELLOW))) for at, some in found))
    return grave, milder


def _met(rule: str, found: Sequence[Found], levels: Sequence[Level]) -> dict[str, Met]:
    told = {}
    for subject, level, evidence in found:
        if level in levels:
            counts = Counter(said.incident for said in evidence if said.incident is not None)
            told[f"{rule} {subject}"] = frozenset(i for i, n in counts.items() if 3 * n >= len(evidence))
    return told


def _simple(campaign: Campaign, fires: Callable[..., bool], moments: Sequence[datetime]) -> Looks:
    for now, found in simple(campaign, fires, moments):
        yield now, {f"{place} {subject}": _at(campaign, place, subject, now) for place, subject in found}


def _at(campaign: Campaign, place: str, subject: str, now: datetime) -> Met:
    return frozenset(
        i
        for i in campaign.incidents
        if (i.place, i.subject) == (place, subject) and i.start <= now <= i.end + 2 * HOUR
    )


def _judged(looks: Looks) -> Judged:
    judged = Judged()
    for subject, begin, met in _spells(looks):
        if not met:
            judged.false.append((subject, begin))
        for incident, at in met.items():
            if at <= incident.end:
                judged.found[incident] = min(at, judged.found.get(incident, at))
    return judged


def _spells(looks: Looks) -> Iterator[tuple[str, datetime, dict[Incident, datetime]]]:
    """Subject, its first look, and when it first told of which incident."""
    going: dict[str, tuple[datetime, datetime, dict[Incident, datetime]]] = {}
    for now, found in looks:
        for subject in [s for s, (_, last, _) in going.items() if now - last > QUIET_ENDS]:
            begin, _, met = going.pop(subject)
            yield subject, begin, met
        for subject, incidents in found.items():
            begin, _, met = going.get(subject, (now, now, {}))
            going[subject] = begin, now, dict.fromkeys(incidents, now) | met
    for subject, (begin, _, met) in going.items():
        yield subject, begin, met


if __name__ == "__main__":
    main()
