"""Promises W12 and W1: what the walls see of 200 clients who flood the sign-in page, and what a stranger can time.

`python -m benchmarks.flood [--json] [--full]`

Fifty displays refresh at every new picture: left alone, under the flood, and under it with every limit of signing in
taken away. All on one machine: the clients' own work and the worker's is on the same cores, so that the truth is
kinder. Known and unknown names take turns at the password check, in this process alone.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks import stores
from benchmarks.flood_clients import Flood, Met, flood
from benchmarks.report import Arm, Cost, Goal, Report, arguments
from benchmarks.wall_servers import PROCESSES, deployment
from benchmarks.wall_store import Month
from benchmarks.wall_viewers import Listeners, apart, far, first_shown, listen, p
from benchmarks.workload import rehearsal_campaign
from dashboard.build import build_id
from dashboard.clock import real_now
from dashboard.entry.identity import SignIn, hash_password
from dashboard.entry.visitors import DISPLAY_COOKIE
from store.engine import read, write
from store.queries.snapshots import latest_snapshot
from store.writes.access import add_user
from tests.dashboard.little_house import Server
from tests.postgres import NoPostgres

CLIENTS, DISPLAYS = 200, 50
WALL_P95_S, REFUSED_P95_S, WITHIN = 2.0, 1.0, 1.10
SETTLE_S, EVERY_S = 2.0, 2.0
ALONE, FLOODED, UNSHED = "left alone", f"{CLIENTS} clients", f"{CLIENTS} clients, no limits"
FACTORIES = {
    ALONE: "dashboard.serving:app_from_env",
    FLOODED: "dashboard.serving:app_from_env",
    UNSHED: "benchmarks.flood_unshed:app",
}
Seen = tuple[list[float], Met]


def main(argv: Sequence[str] | None = None) -> int:
    asked = arguments("what a flood of strangers does to the walls", argv)
    report = Report(name="flood", unit="refresh")
    try:
        with stores.postgresql() as fresh, fresh() as engine:
            report.machine["store"] = stores.describe(engine)
            campaign = rehearsal_campaign()
            month = Month.begun(engine, campaign, events=20_000, talk=2_000, build=build_id())
            _timing(report, month, tries=60 if asked.full else 20)
            for name in FACTORIES:
                _arm(report, month, name, updates=15 if asked.full else 6)
    except NoPostgres as reason:
        missing = {"value": None, "goal": WALL_P95_S, "stretch": WALL_P95_S, "at_most": True}
        report.goals.append(Goal(id="W12", what="not measured", **missing, note=f"no PostgreSQL: {reason}"))
    return report.show(as_json=asked.json)


def _timing(report: Report, month: Month, *, tries: int) -> None:
    """W1: the median time of a wrong password, for a name that is there and for one that is not."""
    with write(month.engine) as conn:
        whose = {"role": "finance", "county": None, "password_hash": hash_password("correct horse 7")}
        add_user(conn, "known", **whose, now=real_now())
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    sign_in = SignIn(month.engine, secret_key="k" * 32)

    async def all_of_them() -> None:
        for n in range(tries):
            for name, mine in took.items():
                start = time.perf_counter()
                now = real_now() + timedelta(hours=n)  # never out of tries
                await sign_in.attempt(name, "wrong", address="192.0.2.1", now=now)
                mine.append(time.perf_counter() - start)

    asyncio.run(all_of_them())
    known, unknown = median(took["known"]), median(took["unknown"])
    ratio = max(known, unknown) / min(known, unknown)
    report.told["a wrong password, ms"] = f"known {known * 1e3:.1f}, unknown {unknown * 1e3:.1f}"
    told = {"goal": WITHIN, "stretch": 1.03, "at_most": True}
    report.goals.append(
        Goal(id="W1", what="known and unknown names, the slower / the faster", value=ratio, **told)
    )


def _arm(report: Report, month: Month, name: str, *, updates: int) -> None:
    clients = 0 if name == ALONE else CLIENTS
    with _serving(month, FACTORIES[name]) as server, apart() as displays, apart() as strangers:
        start = time.perf_counter()
        waits, met = _measure(month, server, displays, strangers, clients=clients, updates=updates)
        cost = Cost(units=len(waits), wall_s=time.perf_counter() - start, cpu_s=0.0)
    report.arms.append(Arm(name=name, passes=(cost,)))
    report.told[f"{name}: wall refresh, ms"] = (
        f"p50 {p(waits, 0.5) * 1e3:,.0f}, p95 {p(waits, 0.95) * 1e3:,.0f}"
    )
    for kind, took in met.latencies_s.items():
        if took:
            said = ", ".join(f"{code} x {n}" for (k, code), n in sorted(met.statuses.items()) if k == kind)
            times = f"p50 {p(took, 0.5) * 1e3:,.0f}, p95 {p(took, 0.95) * 1e3:,.0f}"
            report.told[f"{name}: {kind}, ms"] = f"{times}; {said}; cut off {met.cut_off}"
    if name == FLOODED:
        limits = {"stretch": WALL_P95_S / 2, "at_most": True}
        what = f"wall refresh under {CLIENTS} clients, p95, s"
        report.goals.append(Goal(id="W12", what=what, value=p(waits, 0.95), goal=WALL_P95_S, **limits))
        took = [t for mine in met.latencies_s.values() for t in mine]
        what = "an answer to one of them, p95, s"
        limits = {"stretch": REFUSED_P95_S / 2, "at_most": True}
        report.goals.append(Goal(id="W12", what=what, value=p(took, 0.95), goal=REFUSED_P95_S, **limits))


def _measure(
    month: Month,
    server: Server,
    displays: ProcessPoolExecutor,
    strangers: ProcessPoolExecutor,
    *,
    clients: int,
    updates: int,
) -> Seen:
    cookie, for_s = f"{DISPLAY_COOKIE}={month.display()}", SETTLE_S + updates * EVERY_S
    plan = Listeners(port=server.port, cookie=cookie, displays=DISPLAYS, for_s=for_s + 3 * EVERY_S)
    shown, made = far(displays, listen, plan), []
    time.sleep(SETTLE_S)
    flooded = far(strangers, flood, Flood(port=server.port, clients=clients, for_s=for_s)) if clients else Met
    time.sleep(SETTLE_S)
    for _ in range(updates):
        month.move()
        made.append((_version(month), time.time()))
        time.sleep(EVERY_S)
    met, got = flooded(), shown()
    return [first_shown(mine, version, at) for version, at in made for mine in got], met


def _version(month: Month) -> int:
    with read(month.engine) as conn:
        found = latest_snapshot(conn, month.campaign.campaign.city_code)
    assert found
    return found.version


@contextmanager
def _serving(month: Month, factory: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="quanqing-flood-") as folder:
        server = Server(deployment(month, Path(folder)), workers=PROCESSES, factory=factory)
        server.start()
        try:
            yield server
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
