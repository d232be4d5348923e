"""What a benchmark prints: machine and versions, every arm's medians, and each goal met, missed or skipped."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.metadata import version
from statistics import median


class Verdict(StrEnum):
    """How a goal came out. Skipped is not passed."""

    MET = "met"
    MISSED = "missed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One pass of one arm. CPU counts the database server's processes too."""

    units: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """All passes of one arm, by their medians."""

    name: str
    passes: tuple[Cost, ...]
    note: str = ""  # what else was measured of it

    @property
    def wall_us(self) -> float:
        return median(cost.wall_s / cost.units for cost in self.passes) * 1e6

    @property
    def cpu_us(self) -> float:
        return median(cost.cpu_s / cost.units for cost in self.passes) * 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A ratio inside this run, and what it should be. `value` None: an arm is missing, `note` says why."""

    id: str
    what: str
    value: float | None
    goal: float
    stretch: float
    at_most: bool = False
    wall_value: float | None = None  # only informs
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.value is None:
            return Verdict.SKIPPED
        reached = self.value <= self.goal if self.at_most else self.value >= self.goal
        return Verdict.MET if reached else Verdict.MISSED


@dataclass(slots=True, kw_only=True)
class Report:
    """One run of one benchmark."""

    name: str
    unit: str
    machine: dict[str, str] = field(default_factory=lambda: machine())
    arms: list[Arm] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)  # what has no base in the run to be held against

    def show(self, *, as_json: bool) -> int:
        """Print it; 0 when every goal is met, 1 when one is missed, 2 when one was skipped."""
        self.machine["load_at_end"] = _load()
        print(self._json() if as_json else self._text())
        verdicts = {goal.verdict for goal in self.goals}
        return 1 if Verdict.MISSED in verdicts else 2 if Verdict.SKIPPED in verdicts else 0

    def _json(self) -> str:
        arms = [
            {
                "name": a.name,
                "note": a.note,
                "cpu_us": a.cpu_us,
                "wall_us": a.wall_us,
                "passes": [asdict(c) for c in a.passes],
            }
            for a in self.arms
        ]
        goals = [asdict(goal) | {"verdict": goal.verdict.value} for goal in self.goals]
        whole = {"name": self.name, "unit": self.unit, "machine": self.machine, "arms": arms, "goals": goals}
        return json.dumps(whole | ({"told": self.told} if self.told else {}), indent=1)

    def _text(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.machine.items()]
        lines += ["", f"{'arm':52} {'CPU us/' + self.unit:>16} {'wall us/' + self.unit:>16}  passes"]
        lines += [
            f"{a.name:52} {a.cpu_us:16,.1f} {a.wall_us:16,.1f}  {len(a.passes):6}  {a.note}".rstrip()
            for a in self.arms
        ]
        lines += ["", *(f"{name}: {value}" for name, value in self.told.items())] if self.told else []
        lines += ["", *map(_line, self.goals)]
        return "\n".join(lines)


def _line(goal: Goal) -> str:
    sign = "<=" if goal.at_most else ">="
    asked = f"goal {sign} {goal.goal:g}, stretch {sign} {goal.stretch:g}"
    if goal.value is None:
        return f"{goal.id:4} skipped  {goal.what} ({asked}): {goal.note}"
    wall = "" if goal.wall_value is None else f", by wall {goal.wall_value:.3g}"
    return f"{goal.id:4} {goal.verdict:8} {goal.what}: {goal.value:.3g}{wall} ({asked}){goal.note and ': ' + goal.note}"


def machine() -> dict[str, str]:

    return {
        "python": platform.python_version(),
        "cpus": str(os.cpu_count()),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("sqlalchemy", "psycopg")},
        "load_at_start": _load(),
    }


def _load() -> str:
    return " ".join(f"{part:.2f}" for part in os.getloadavg())


def arguments(about: str, argv: Sequence[str] | None, **switches: str) -> Namespace:
    """`switches`: further ones by name, and what they do."""
    parser = ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--full", action="store_true", help="the long form: larger, up to ten minutes")
    for name, what in switches.items():
        parser.add_argument(f"--{name}", action="store_true", help=what)
    return parser.parse_args(argv)
