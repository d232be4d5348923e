"""What the wall's reading costs: `python -m benchmarks.reading [--json] [--full]`.

The city's overview from the roll-ups against the same figures from the events; both answers are compared.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Engine,
    case,
    distinct,
    func,
    select,
)

from benchmarks import ingest_arms, recompute_duckdb, stores
from benchmarks.month import LOADED, fill
from benchmarks.report import Arm, Cost, Goal, Report, arguments
from benchmarks.workload import rehearsal_campaign
from domain.campaign import Campaign
from domain.measures import Figures
from domain.readings import Scope
from domain.records import Kind
from domain.terms import business_day_start
from store.buckets import MINUTE_US, bucket_sql
from store.engine import read
from store.queries.progress import Money
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.schema import events
from tests.postgres import NoPostgres

SHORT, FULL = (10_000, 100_000), (10_000, 100_000, 1_000_000, 10_000_000)
_TURNS = {1_000_000: 3, 10_000_000: 1}
"""How often events of so many are read as a whole; five times else."""
DUCKDB = "DuckDB"
_CELLS = ("rollup_", "merchant")
"""Checks of `verify` that recompute: no programme of the campaign knows the second tranche that events here are of."""
Answer = tuple[Figures, int, int, dict[datetime, tuple[int, int]]]


def main(argv: Sequence[str] | None = None) -> int:
    asked = arguments("What the wall's reading costs.", argv)
    report, campaign = Report(name="reading", unit="reading"), rehearsal_campaign()
    sizes = FULL if asked.full else SHORT
    arms: dict[tuple[str, str, int], Arm] = {}
    differences: dict[str, int] = {}
    missing = ""
    for name, opened, most in (
        ("SQLite", stores.sqlite, 1_000_000),
        ("PostgreSQL", stores.postgresql, sizes[-1]),
    ):
        try:
            with opened() as fresh:
                for size in (size for size in sizes if size <= most):
                    _measure(report, arms, differences, name=name, fresh=fresh, size=size, campaign=campaign)
        except NoPostgres as reason:
            missing = str(reason)
    report.arms += arms.values()
    report.goals = goals(arms, differences, missing or "takes --full", full=asked.full)
    return report.show(as_json=asked.json)


def _measure(
    report: Report,
    arms: dict[tuple[str, str, int], Arm],
    differences: dict[str, int],
    *,
    name: str,
    fresh: Any,
    size: int,
    campaign: Campaign,
) -> None:
    now = campaign.campaign.launch_at + timedelta(days=15, hours=11)
    with fresh() as engine:
        report.machine.setdefault(name, stores.describe(engine))
        fill(engine, campaign, size)
        kinds = {"roll-ups": from_rollups, "events": from_events}
        costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
        answers: dict[str, Answer] = {}
        for turn in range(5):
            for kind, reading in kinds.items():
                if kind == "events" and turn >= _TURNS.get(size, 5):
                    continue  # a minute each

                def once(kind: str = kind, reading: Any = reading) -> None:
                    answers[kind] = reading(engine, campaign, now)

                costs[kind].append(stores.timed(engine, 1, once))
        if answers["roll-ups"] != answers["events"]:
            raise ingest_arms.Inexact(f"{name}, {size} events: the two readings differ")
        for kind, passes in costs.items():
            arms[name, kind, size] = Arm(name=f"{name}: from {kind}, {size:,} events", passes=tuple(passes))
        if size <= LOADED:  # what was rebuilt would only be compared with itself
            with read(engine) as conn:
                found = [d for d in verify(conn, campaign) if d.check.startswith(_CELLS)]
                differences[name] = differences.get(name, 0) + len(found)
                if not recompute_duckdb.MISSING:
                    other = recompute_duckdb.differing_cells(conn)
                    differences[DUCKDB] = differences.get(DUCKDB, 0) + other


def from_rollups(engine: Engine, campaign: Campaign, now: datetime) -> Answer:
    """The wall's own reading: headline, counties, sectors, curve."""
    city = campaign.city
    with read(engine) as conn:
        money = Money(
            conn, campaign, Scope(code=city.division, name=city.name, is_city=True), now=now, late={}
        )
        headline, curve = money.headline(), money.curve()
        money.counties(), money.sectors(), money.city()
    drawn = zip(curve.minutes, curve.claimed, curve.redeemed, strict=True)
    minutes = {minute: (claimed, redeemed) for minute, claimed, redeemed in drawn if claimed or redeemed}
    return headline.figures, headline.redeemed_today_fen, headline.merchants_active, minutes


def from_events(engine: Engine, campaign: Campaign, now: datetime) -> Answer:
    """The same figures straight from the events."""
    tranche, today = campaign.in_scope.id, business_day_start(now)
    with read(engine) as conn:
        sums = totals(
            conn, campaign, by=("programme", "county", "sector"), now=now, known_by=now, tranche=tranche
        )
        sign = case({Kind.REDEMPTION.value: 1, Kind.REFUND.value: -1}, value=events.c.kind, else_=0)
        net = func.coalesce(func.sum(sign * events.c.face_fen), 0)
        of_tranche = events.c.tranche == tranche
        of_today = (of_tranche, events.c.occurred_at >= today, events.c.occurred_at < now)
        redeemed_today = int(conn.execute(select(net).where(*of_today)).scalar_one())
        merchants = int(conn.execute(_merchants(tranche)).scalar_one())
        minute = bucket_sql(events.c.occurred_at, MINUTE_US)
        counts = [
            func.sum(case((events.c.kind == k.value, 1), else_=0)) for k in (Kind.CLAIM, Kind.REDEMPTION)
        ]
        # the minute that has begun belongs to the curve
        until = now + timedelta(minutes=1)
        shown = (of_tranche, events.c.occurred_at >= today, events.c.occurred_at < until)
        curve = conn.execute(select(minute, *counts).where(*shown).group_by(minute))
        minutes = {at: (int(claimed), int(used)) for at, claimed, used in curve if claimed or used}
    return total_of(sums), redeemed_today, merchants, minutes


def _merchants(tranche: str) -> Any:
    back = events.alias("back")
    same = [back.c[name] == events.c[name] for name in ("programme", "platform", "sub_project")]
    returned = select(1).where(*same, back.c.origin_event_no == events.c.event_no).exists()
    kept = (events.c.kind == Kind.REDEMPTION.value, events.c.tranche == tranche, ~returned)
    return select(func.count(distinct(events.c.merchant))).where(*kept)


def goals(
    arms: dict[tuple[str, str, int], Arm], differences: dict[str, int], missing: str, *, full: bool
) -> list[Goal]:
    found = []
    own, base = (arms.get(("PostgreSQL", kind, 1_000_000)) for kind in ("roll-ups", "events"))
    found.append(_ratio("Q1", "PostgreSQL: from events / from roll-ups, 1e6", base, own, (40, 150), missing))
    for first, last in ((10_000, 1_000_000), (100_000, 10_000_000)) if full else ((10_000, 100_000),):
        small, large = (arms.get(("PostgreSQL", "roll-ups", size)) for size in (first, last))
        what = f"PostgreSQL: reading at {last:,} events / at {first:,}"
        found.append(_ratio("Q2", what, large, small, (1.5, 1.1), missing, at_most=True))
    for name in ("SQLite", "PostgreSQL"):
        value = differences.get(name)
        found.append(
            Goal(id="Q3", what=f"{name}: cells that differ from a recomputation by the database",
                 value=value, goal=0, stretch=0, at_most=True, note="" if value is not None else missing)
        )  # fmt: skip
    found.append(
        Goal(id="Q3", what="cells that differ from a recomputation by DuckDB, of both stores",
             value=differences.get(DUCKDB), goal=0, stretch=0, at_most=True, note=recompute_duckdb.MISSING)
    )  # fmt: skip
    return found


def _ratio(
    id_: str,
    what: str,
    over: Arm | None,
    under: Arm | None,
    asked: tuple[float, float],
    missing: str,
    *,
    at_most: bool = False,
) -> Goal:
    both = over is not None and under is not None
    return Goal(
        id=id_,
        what=what,
        value=over.cpu_us / under.cpu_us if both else None,
        wall_value=over.wall_us / under.wall_us if both else None,
        goal=asked[0],
        stretch=asked[1],
        at_most=at_most,
        note="" if both else missing,
    )


if __name__ == "__main__":
    sys.exit(main())
