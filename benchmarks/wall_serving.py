"""What a viewer's refresh costs the machine: ours, the usual way and the floor, asked by the same viewers in turns."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.report import Arm, Cost
from benchmarks.stores import cpu_of_store
from benchmarks.wall_servers import Servers, cpu_s
from benchmarks.wall_viewers import Listeners, Seen, Turns, ask_in_turns, far, first_shown, listen, p
from tests.dashboard.little_house import Server

OURS, NAIVE, FLOOR = "ours", "plain Dash, a query a panel a viewer", "FastAPI, fixed bytes"
SAME, NEW = "unchanged", "changed each time"
QUIET_S = 0.5
NAIVE_EVERY_S = 5.0
MOST_TO_DRAW_S = 0.5
"""A commit and its picture, on a busy machine: viewers who left before the last one would never have seen it."""


@dataclass(kw_only=True)
class Serving:
    """Runs the arms and keeps what each pass cost, and how long answers took."""

    servers: Servers
    pool: ProcessPoolExecutor
    passes: dict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    bytes_each: dict[str, float] = field(default_factory=dict)

    def arm(self, name: str) -> Arm | None:
        found = self.passes.get(name)
        return Arm(name=name, passes=tuple(found)) if found else None

    def unchanged(self, viewers: int, *, rate: float, for_s: float) -> None:
        """Ours and the floor in turn, at `rate` refreshes a second."""
        shown = self.servers.picture()
        for name, server, requests in (
            (OURS, self.servers.ours, self.servers.ask_ours(shown)),
            (FLOOR, self.servers.floor, self.servers.ask_floor(knows=True)),
        ):
            turns = max(1, round(for_s * rate / viewers))
            plan = Turns(
                port=server.port, requests=requests, viewers=viewers, every_s=viewers / rate, turns=turns
            )
            self._pass(f"{name}, {SAME}, {viewers} viewers", server, plan, status=304)

    def naive(self, viewers: int) -> None:
        """Once: whether anything changed makes no difference to it."""
        server, requests = self.servers.naive, self.servers.ask_naive()
        plan = Turns(port=server.port, requests=requests, viewers=viewers, every_s=NAIVE_EVERY_S, turns=1)
        self._pass(f"{NAIVE}, {viewers} viewers", server, plan, status=200)

    def _pass(self, name: str, server: Server, plan: Turns, *, status: int) -> None:
        asked = far(self.pool, ask_in_turns, plan)
        with self._counted(name, server, plan.viewers * plan.turns):
            seen = asked()
        self._keep(name, seen, status)

    @contextmanager
    def _counted(self, name: str, server: Server, units: int) -> Iterator[None]:
        """Server and database together, over whatever is done inside."""
        engine = self.servers.month.engine
        cpu, start = cpu_s(server) + cpu_of_store(engine), time.perf_counter()
        yield
        wall = time.perf_counter() - start
        used = cpu_s(server) + cpu_of_store(engine) - cpu
        self.passes[name].append(Cost(units=units, wall_s=wall, cpu_s=used))

    def _keep(self, name: str, seen: Seen, status: int) -> None:
        if set(seen.statuses) != {status}:
            raise AssertionError(f"{name}: answers {dict(seen.statuses)}, not {status} alone")
        self.latencies[name] += seen.latencies_s
        self.bytes_each[name] = seen.body_bytes / len(seen.latencies_s)

    def changed(self, viewers: int) -> None:
        """A commit, our rebuild (counted here, in this process), and every viewer fetching it."""
        name, month, server = f"{OURS}, {NEW}, {viewers} viewers", self.servers.month, self.servers.ours
        before = self.servers.picture()
        month.commit()
        with self._counted(name, server, viewers):
            start = time.process_time()
            month.publish()
            rebuilt = time.process_time() - start
            time.sleep(QUIET_S)  # both processes have looked
            plan = Turns(
                port=server.port,
                requests=self.servers.ask_ours(before),
                viewers=viewers,
                every_s=QUIET_S,
                turns=1,
            )
            seen = far(self.pool, ask_in_turns, plan)()
        last = self.passes[name].pop()
        self.passes[name].append(Cost(units=viewers, wall_s=last.wall_s, cpu_s=last.cpu_s + rebuilt))
        self.passes["our rebuild"].append(Cost(units=1, wall_s=rebuilt, cpu_s=rebuilt))
        self._keep(name, seen, 200)

    def displays(self, n: int, *, updates: int, every_s: float) -> None:
        """Displays on the stream of hints, all told of a new picture at once."""
        name, server = f"{OURS}, on the hints, {n} displays", self.servers.ours
        settle = 1.0 + n / 250
        last = settle + updates * (every_s + MOST_TO_DRAW_S) + 1.0
        plan = Listeners(port=server.port, cookie=self.servers.cookie, displays=n, for_s=last)
        got, made = far(self.pool, listen, plan), []
        time.sleep(settle + 0.5)
        with self._counted(name, server, n * updates):
            for _ in range(updates):
                self.servers.month.commit()
                self.servers.month.publish()
                made.append((self.servers.picture().version, time.time()))
                time.sleep(every_s)
        shown = got()
        self.latencies[name] += [first_shown(mine, version, at) for version, at in made for mine in shown]

    def told(self) -> dict[str, str]:
        return {
            f"{name}, ms": f"p50 {p(took, 0.5) * 1e3:,.1f}, p95 {p(took, 0.95) * 1e3:,.1f}"
            for name, took in self.latencies.items()
        }
