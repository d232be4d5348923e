"""Whether serving costs more over ten times the events: two stores alike but for that, both served, asked in turns.

What is looked for is smaller than what a shared machine changes by from one minute to the next. So both are asked a
second at a time, the order turned round at every round, and held against each other within each round.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from statistics import median

from sqlalchemy import Engine

from benchmarks.month import multiply
from benchmarks.report import Arm, Cost
from benchmarks.stores import cpu_by_backend
from benchmarks.wall_servers import Ours, cpu_s, our_server
from benchmarks.wall_store import Month
from benchmarks.wall_viewers import Turns, ask_in_turns, far
from dashboard.live.snapshot import Memory

ROUNDS, WARM_UP = 24, 2
VIEWERS, RATE, TURNS = 50, 200.0, 4
TIMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """Both arms, a pass of each in every round."""

    before: Arm
    after: Arm

    @property
    def ratio(self) -> float:
        """The median over the rounds."""
        pairs = zip(self.before.passes, self.after.passes, strict=True)
        return median(after.cpu_s / before.cpu_s for before, after in pairs)


def grown(month: Month, copies: Sequence[Engine], pool: ProcessPoolExecutor) -> Grown:
    """`copies`: two of the month's store as it once was, which nobody else uses. One is given ten times the events."""
    small, large = (_alike(month, engine) for engine in copies)
    multiply(large.engine, month.campaign, TIMES)
    for one in (small, large):
        one.publish()
    with our_server(small) as few, our_server(large) as many:
        rounds = list(_rounds(few, many, pool))[WARM_UP:]
    return Grown(
        before=Arm(name="ours, unchanged, 1e5 events", passes=tuple(one for one, _ in rounds)),
        after=Arm(name="ours, unchanged, 1e6 events", passes=tuple(other for _, other in rounds)),
    )


def _alike(month: Month, engine: Engine) -> Month:
    press = replace(month.press, engine=engine)
    return replace(month, engine=engine, press=press, memory=Memory(), numbers=count(), pictures=count())


def _rounds(few: Ours, many: Ours, pool: ProcessPoolExecutor) -> Iterator[tuple[Cost, Cost]]:
    for n in range(WARM_UP + ROUNDS):
        if n % 2:
            after, before = _pass(many, pool), _pass(few, pool)
        else:
            before, after = _pass(few, pool), _pass(many, pool)
        yield before, after


def _pass(one: Ours, pool: ProcessPoolExecutor) -> Cost:
    """What the server and its part of the database use while every viewer asks a few times for what it has."""
    plan = Turns(
        port=one.ours.port,
        requests=one.ask_ours(one.picture()),
        viewers=VIEWERS,
        every_s=VIEWERS / RATE,
        turns=TURNS,
    )
    asked = far(pool, ask_in_turns, plan)
    store, served, start = cpu_by_backend(one.month.engine), cpu_s(one.ours), time.perf_counter()
    seen = asked()
    wall, served = time.perf_counter() - start, cpu_s(one.ours) - served
    used = sum(cpu - store.get(pid, 0.0) for pid, cpu in cpu_by_backend(one.month.engine).items())
    if set(seen.statuses) != {304}:
        raise AssertionError(f"answers {dict(seen.statuses)}, not 304 alone")
    return Cost(units=VIEWERS * TURNS, wall_s=wall, cpu_s=served + used)
