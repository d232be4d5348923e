"""Fresh, migrated stores for the arms, and a clock that counts the database server's CPU with ours."""

from __future__ import annotations

import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest.mock import patch

import psutil
from sqlalchemy import Engine, text

from benchmarks.report import Cost
from store.engine import open_store
from store.migrations import migrate
from tests import postgres

DURABLE = ("fsync=on", "shared_buffers=128MB", "max_wal_size=2GB", "autovacuum=off")
"""As in service, but for the vacuum, which would come at moments of its own choosing."""


@contextmanager
def postgresql() -> Iterator[Callable[..., AbstractContextManager[Engine]]]:
    """A durable server; what it yields opens an engine on a database of its own. Raises postgres.NoPostgres.

    `like`: on a copy of another one, which nobody may be using at that moment.
    """
    with patch.object(postgres, "_FAST", DURABLE), postgres.server() as running:
        running.run("CREATE DATABASE migrated")
        _migrated(running.url("migrated"))

        @contextmanager
        def fresh(like: Engine | None = None) -> Iterator[Engine]:
            template = "migrated"
            if like is not None:
                like.dispose()
                template = str(like.url.database)
            with running.database(template) as url, _opened(url) as engine:
                yield engine

        yield fresh


@contextmanager
def sqlite() -> Iterator[Callable[[], AbstractContextManager[Engine]]]:
    """Databases in files, as in service; what it yields opens an engine on one of its own."""
    with tempfile.TemporaryDirectory(prefix="quanqing-benchmark-") as name:
        folder = Path(name)
        template = folder / "template.sqlite3"
        _migrated(f"sqlite:///{template}")

        @contextmanager
        def fresh() -> Iterator[Engine]:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                copy = shutil.copyfile(template, Path(own) / "ledger.sqlite3")
                with _opened(f"sqlite:///{copy}") as engine:
                    yield engine

        yield fresh


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _migrated(url: str) -> None:
    with _opened(url) as engine:
        migrate(engine)


def timed(engine: Engine, units: int, work: Callable[[], object]) -> Cost:
    """What `work` costs: wall time, and CPU of this process and of the whole server."""
    gc.collect()
    gc.freeze()  # the workload we hold is not the program's to walk through at every collection
    server = _server_of(engine)
    cpu, wall = time.process_time() + _cpu_s(server), time.perf_counter()
    work()
    wall_s = time.perf_counter() - wall
    return Cost(units=units, wall_s=wall_s, cpu_s=time.process_time() + _cpu_s(server) - cpu)


def cpu_of_store(engine: Engine) -> float:
    """CPU seconds of the database server's processes so far; 0 where the store has none of its own."""
    return _cpu_s(_server_of(engine))


def cpu_by_backend(engine: Engine) -> dict[int, float]:
    """By process: CPU seconds so far of those that serve this database alone. Another on the server is not counted."""
    serving = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    with engine.connect() as conn:
        pids = list(conn.execute(serving).scalars())
    return {pid: _cpu_of(psutil.Process(pid)) for pid in pids}


def _server_of(engine: Engine) -> psutil.Process | None:
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as conn:
        backend = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return psutil.Process(backend).parent()


def _cpu_s(server: psutil.Process | None) -> float:
    """Of the server and all its living processes: the pool keeps the one that serves us."""
    if server is None:
        return 0.0
    return sum(map(_cpu_of, (server, *server.children())))


def _cpu_of(process: psutil.Process) -> float:
    """To the nanosecond where the scheduler tells it; the usual clock has ticks of 10 ms, a fifth of a short arm."""
    told = Path(f"/proc/{process.pid}/schedstat")
    if told.exists():
        return int(told.read_text().split()[0]) / 1e9
    times = process.cpu_times()
    return times.user + times.system


def describe(engine: Engine) -> str:
    with engine.connect() as conn:
        if engine.dialect.name != "postgresql":
            return "WAL, synchronous=FULL"
        return str(conn.execute(text("SELECT version()")).scalar_one()).split(" on ")[0]
