"""What the live wall costs and how fast it is: `python -m benchmarks.wall [--json] [--full] [--memory]`.

Ours, the usual way (`wall_naive`) and the floor (`wall_floor`) stand beside each other on one store with a month of
events and posts, each with two processes, and are asked by the same viewers. CPU counts the database server's
processes too. `--memory` shows a thousand updates on one page instead.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from sqlalchemy import Engine

from benchmarks import stores, wall_screen
from benchmarks.report import Arm, Goal, Report, arguments
from benchmarks.wall_grown import Grown, grown
from benchmarks.wall_memory import growth
from benchmarks.wall_servers import Servers, servers
from benchmarks.wall_serving import FLOOR, NAIVE, NEW, OURS, SAME, Serving
from benchmarks.wall_store import Month, quick_campaign
from benchmarks.wall_viewers import apart, p
from benchmarks.workload import rehearsal_campaign
from dashboard.build import build_id
from dashboard.live.publishing import PUBLISH_EVERY_S
from dashboard.live.stream import POLL_S
from tests.postgres import NoPostgres

EVENTS = 100_000
ALSO_RATE = 200.0  # refreshes a second: enough CPU in two seconds to be counted
FIRST_BYTES, FIRST_PAINT_S, FIRST_FIGURE_S = 1_200_000, 0.8, 2.0
PIXELS_P50_S, PIXELS_P95_S = 0.5, 1.5


def main(argv: Sequence[str] | None = None) -> int:
    asked = arguments(
        "What the live wall costs and how fast it is.", argv, memory="what a page grows by over many updates"
    )
    report = Report(name="wall", unit="refresh")
    opened = stores.postgresql
    try:
        with opened() as fresh, fresh() as engine:
            report.machine["store"] = stores.describe(engine)
            talk = 100_000 if asked.full else 1_000 if asked.memory else 20_000
            campaign = quick_campaign() if asked.memory else rehearsal_campaign()
            events = EVENTS // 20 if asked.memory else EVENTS  # a page does not know how much is behind it
            month = Month.begun(engine, campaign, events=events, talk=talk, build=build_id())
            with ExitStack() as stack:  # a store can be copied only while nobody uses it
                copies = [stack.enter_context(fresh(like=engine)) for _ in range(2 if asked.full else 0)]
                up, pool = stack.enter_context(servers(month)), stack.enter_context(apart())
                if asked.memory:
                    _memory(report, up, updates=1_000)
                else:
                    _measure(report, Serving(servers=up, pool=pool), copies)
    except NoPostgres as reason:
        report.goals.append(_missing("all", f"no PostgreSQL: {reason}"))
    return report.show(as_json=asked.json)


def _measure(report: Report, serving: Serving, copies: Sequence[Engine]) -> None:
    """`copies`: two of the store as it was at the beginning; without them it is the short form."""
    up, full = serving.servers, bool(copies)
    _first_load(report, up)
    for _ in range(3):
        serving.unchanged(50, rate=ALSO_RATE, for_s=2.0)
    for viewers in (10, 50, *((500,) if full else ())):
        serving.naive(viewers)
    for _ in range(7 if full else 4):
        serving.changed(10)
        serving.changed(50)
    for viewers in (10, 500):
        serving.unchanged(viewers, rate=ALSO_RATE, for_s=2.5)
        serving.displays(viewers, updates=8 if full else 3, every_s=1.2)
    _pixels(report, serving, commits=100 if full else 14)
    later = grown(up.month, copies, serving.pool) if copies else None
    report.goals += _goals(serving, later)
    report.arms += [arm for name in serving.passes if (arm := serving.arm(name))]
    report.arms += [later.before, later.after] if later else []
    report.told |= serving.told()


def _memory(report: Report, up: Servers, *, updates: int) -> None:
    try:
        with wall_screen.screen(up.ours.address, up.month.display()) as page:
            page.goto(f"{up.ours.address}/wall")
            page.wait_for_function(wall_screen.FILLED, timeout=wall_screen.READY_MS)
            found = growth(page, up.month.move, updates=updates, warm_up=60, samples=20)
    except wall_screen.NoBrowser as reason:
        report.goals.append(_missing("A4", str(reason)))
        return
    report.goals += [
        _limit("A4", f"elements after {updates} updates / before", found.nodes, 1.02),
        _limit("A4", f"listeners after {updates} updates / before", found.listeners, 1.02),
        _limit("A4", "heap after collection, MB a day", found.mb_a_day, 20),
    ]
    report.told |= {
        f"after {s.updates} updates": f"{s.nodes} nodes, {s.listeners} listeners, {s.heap_bytes / 1e6:.2f} MB"
        for s in found.samples
    }


def _first_load(report: Report, up: Servers) -> None:
    try:
        first = wall_screen.first_load(up)
    except wall_screen.NoBrowser as reason:
        report.goals.append(_missing("first load", str(reason)))
        return
    report.goals += [
        _limit("L1", "first load, bytes over the wire", first.bytes, FIRST_BYTES),
        _limit("L2", "first paint, s", first.paint_s, FIRST_PAINT_S),
        _limit("L3", "first number and line of a chart, s", first.figure_s, FIRST_FIGURE_S),
    ]


def _pixels(report: Report, serving: Serving, *, commits: int) -> None:
    try:
        mine, last = wall_screen.commit_to_pixels(serving.servers, serving.pool, commits=commits)
    except wall_screen.NoBrowser as reason:
        report.goals += [_missing("A2", str(reason)), _missing("S1", str(reason))]
        return
    waits = PUBLISH_EVERY_S + POLL_S
    report.goals += [
        _limit("A2", f"commit to pixels, p50 of {commits}, s", p(mine, 0.5), PIXELS_P50_S),
        _limit("A2", f"commit to pixels, p95 of {commits}, s", p(mine, 0.95), PIXELS_P95_S),
        Goal(
            id="S1", what=f"commit to the last of {wall_screen.VIEWERS} viewers, p95 / (debounce + tail)",
            value=p(last, 0.95) / waits, goal=1.5, stretch=1.2, at_most=True,
        ),
    ]  # fmt: skip


def _goals(serving: Serving, later: Grown | None) -> list[Goal]:
    same, floor = (serving.arm(f"{who}, {SAME}, 50 viewers") for who in (OURS, FLOOR))
    naive = {n: serving.arm(f"{NAIVE}, {n} viewers") for n in (10, 50)}
    new = {n: serving.arm(f"{OURS}, {NEW}, {n} viewers") for n in (10, 50)}
    p95 = {n: p(serving.latencies[f"{OURS}, on the hints, {n} displays"], 0.95) for n in (10, 500)}
    figures = serving.bytes_each[f"{NAIVE}, 50 viewers"]
    return [
        _cheaper("P1", "unchanged, 50 viewers", naive[50], same, 80, 250),
        _cheaper("P2", "changed, rebuilding counted, 50 viewers", naive[50], new[50], 40, 100),
        _cheaper("P2", "changed, rebuilding counted, 10 viewers", naive[10], new[10], 12, 30),
        Goal(id="P3", what="unchanged at 1e6 events / at 1e5", value=later.ratio if later else None,
             goal=1.1, stretch=1.02, at_most=True, note="" if later else "takes --full"),
        Goal(id="P4", what="unchanged, ours / fixed bytes",
             value=same.cpu_us / floor.cpu_us if same and floor else None, goal=1.5, stretch=1.1, at_most=True),
        Goal(id="P5", what="new picture at every display, p95, 500 displays / 10", value=p95[500] / p95[10],
             goal=3, stretch=1.5, at_most=True),
        Goal(id="P6", what="bytes of a changed refresh / the plain app's figures uncompressed",
             value=serving.bytes_each[f"{OURS}, {NEW}, 50 viewers"] / figures, goal=0.1, stretch=0.02, at_most=True),
    ]  # fmt: skip


def _cheaper(id_: str, what: str, naive: Arm | None, ours: Arm | None, goal: float, stretch: float) -> Goal:
    both = naive is not None and ours is not None
    value = naive.cpu_us / ours.cpu_us if both else None
    return Goal(id=id_, what=f"plain Dash / ours, {what}", value=value, goal=goal, stretch=stretch)


def _limit(id_: str, what: str, value: float, most: float) -> Goal:
    return Goal(id=id_, what=what, value=value, goal=most, stretch=most, at_most=True)


def _missing(id_: str, why: str) -> Goal:
    return Goal(id=id_, what="not measured", value=None, goal=0, stretch=0, at_most=True, note=why)


if __name__ == "__main__":
    sys.exit(main())
