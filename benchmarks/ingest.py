"""How fast rows reach the ledger: `python -m benchmarks.ingest [--json] [--full]`.

Arms are interleaved, each pass on a fresh database. Our arm starts from checked entries, as `save_batch` gets them,
and does all a run of a source does in its transaction. Ratios are of CPU a row; wall-clock ratios only inform.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine

from benchmarks import ingest_arms, stores
from benchmarks.report import Arm, Cost, Goal, Report, arguments
from benchmarks.workload import Workload, cold, hot, rehearsal_campaign
from dashboard.collector import collect_rarely
from tests.postgres import NoPostgres

Case = tuple[str, Callable[[Engine, Workload], Cost], Workload]

HOT, COLD = "ours, hot, 10k batches", "ours, cold back-fill, 10k batches"
HOT_2K, CORE = "ours, hot, 2k batches", "Core ON CONFLICT, no roll-ups, 2k batches"
COPY, EXECUTEMANY = "COPY, unlogged, no key", "executemany, no key"


def main(argv: Sequence[str] | None = None) -> int:
    asked = arguments("How fast rows reach the ledger.", argv)
    collect_rarely()  # as the worker does
    rows, rows_2k, passes = (400_000, 60_000, 5) if asked.full else (40_000, 8_000, 3)
    campaign = rehearsal_campaign()
    flow, fill = hot(campaign, rows, batch=10_000), cold(campaign, rows, batch=10_000)
    pages = hot(campaign, rows_2k, batch=2_000)
    report = Report(name="ingest", unit="row")
    lite: list[Case] = [
        (EXECUTEMANY, ingest_arms.executemany_without_key, flow),
        (HOT, ingest_arms.ours, flow),
        (COLD, ingest_arms.ours, fill),
    ]
    server: list[Case] = [
        (COPY, ingest_arms.copy_without_key, flow),
        (HOT, ingest_arms.ours, flow),
        (COLD, ingest_arms.ours, fill),
        (HOT_2K, ingest_arms.ours, pages),
        (CORE, ingest_arms.core_without_rollups, pages),
    ]
    missing = ""
    measured = {"SQLite": _measure(report, "SQLite", stores.sqlite, lite, passes)}
    try:
        measured["PostgreSQL"] = _measure(report, "PostgreSQL", stores.postgresql, server, passes)
    except NoPostgres as reason:
        missing = str(reason)
    report.goals = goals(measured, missing)
    return report.show(as_json=asked.json)


def _measure(report: Report, name: str, opened: Any, cases: Sequence[Case], passes: int) -> dict[str, Arm]:
    costs: dict[str, list[Cost]] = defaultdict(list)
    with opened() as fresh:
        for _ in range(passes):
            for arm, run, work in cases:
                with fresh() as engine:
                    report.machine.setdefault(name, stores.describe(engine))
                    costs[arm].append(run(engine, work))
    arms = {arm: Arm(name=f"{name}: {arm}", passes=tuple(found)) for arm, found in costs.items()}
    report.arms += arms.values()
    return arms


def goals(measured: dict[str, dict[str, Arm]], missing: str) -> list[Goal]:
    """How many times the speed of `base` each of ours has, by CPU a row. A missing arm leaves its goal skipped."""
    asked = (
        ("I1", "PostgreSQL", HOT, COPY, 0.10, 0.14),
        ("I2", "PostgreSQL", HOT_2K, CORE, 1.3, 1.7),
        ("I3", "SQLite", HOT, EXECUTEMANY, 0.20, 0.30),
        ("I4", "PostgreSQL", COLD, HOT, 0.5, 0.8),
        ("I4", "SQLite", COLD, HOT, 0.5, 0.8),
    )
    found = []
    for id_, store, own, base, goal, stretch in asked:
        arms = measured.get(store, {})
        both = own in arms and base in arms
        found.append(
            Goal(
                id=id_,
                what=f"{store}: {own} / {base}",
                value=arms[base].cpu_us / arms[own].cpu_us if both else None,
                wall_value=arms[base].wall_us / arms[own].wall_us if both else None,
                goal=goal,
                stretch=stretch,
                note="" if both else missing,
            )
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
