"""The three servers, two processes each as in service: ours, the usual way, the floor; and the CPU each has used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import wall_floor, wall_naive
from benchmarks.wall_store import Month
from benchmarks.wall_viewers import request
from dashboard.entry.visitors import DISPLAY_COOKIE
from store.engine import read
from store.queries.snapshots import Snapshot, latest_snapshot
from tests.dashboard.little_house import Server

ROOT = Path(__file__).parents[1]
CAMPAIGN = ROOT / "rehearsal" / "campaign.toml"
PROCESSES = 2
OURS = "dashboard.serving:app_from_env"


@dataclass(frozen=True, kw_only=True)
class Ours:
    """Our server over one store, and the cookie of a display paired with it."""

    ours: Server
    cookie: str
    month: Month

    def picture(self) -> Snapshot:
        with read(self.month.engine) as conn:
            found = latest_snapshot(conn, self.month.campaign.campaign.city_code)
        assert found
        return found

    def ask_ours(self, shown: Snapshot) -> tuple[bytes, ...]:
        """One refresh of a page of ours that shows this picture."""
        headers = {"Cookie": self.cookie, "If-None-Match": shown.etag}
        return (request("GET", f"/api/v1/snapshot?since={shown.version}", self.ours.port, **headers),)


@dataclass(frozen=True, kw_only=True)
class Servers(Ours):
    """All three."""

    naive: Server
    floor: Server

    def ask_naive(self) -> tuple[bytes, ...]:
        """One tick of the plain Dash page."""
        bodies = (json.dumps(wall_naive.asked(slot)).encode() for slot in wall_naive.PANELS)
        return tuple(request("POST", "/_dash-update-component", self.naive.port, body) for body in bodies)

    def ask_floor(self, *, knows: bool) -> tuple[bytes, ...]:
        headers = {"If-None-Match": wall_floor.TAG} if knows else {}
        return (request("GET", "/fixed", self.floor.port, **headers),)


@contextmanager
def our_server(month: Month) -> Iterator[Ours]:
    """Ours alone."""
    with tempfile.TemporaryDirectory(prefix="quanqing-wall-") as folder:
        environ, cookie = deployment(month, Path(folder)), f"{DISPLAY_COOKIE}={month.display()}"
        running = Server(environ, workers=PROCESSES, factory=OURS)
        try:
            running.start()
            yield Ours(ours=running, cookie=cookie, month=month)
        finally:
            running.kill()


@contextmanager
def servers(month: Month) -> Iterator[Servers]:
    """All three up, each on a port of its own."""
    with tempfile.TemporaryDirectory(prefix="quanqing-wall-") as folder:
        environ, body = deployment(month, Path(folder)), Path(folder) / "body"
        url = environ["QUANQING_DATABASE_URL"]
        naive = {"NAIVE_STORE": url, "NAIVE_NOW": month.clock.now().isoformat()}
        up = Servers(
            ours=Server(environ, workers=PROCESSES, factory=OURS),
            naive=Server(naive, workers=PROCESSES, factory="benchmarks.wall_naive:app"),
            floor=Server({"FLOOR_BODY": str(body)}, workers=PROCESSES, factory="benchmarks.wall_floor:app"),
            cookie=f"{DISPLAY_COOKIE}={month.display()}",
            month=month,
        )
        body.write_bytes(up.picture().body_gzip)
        running = (up.ours, up.naive, up.floor)
        try:
            for server in running:
                server.start()
            yield up
        finally:
            for server in running:
                server.kill()


def deployment(month: Month, folder: Path) -> dict[str, str]:
    """What web and worker are started with: the month's store and clock, and no source that asks anybody."""
    sources = folder / "sources.toml"
    sources.write_text("")
    return {
        "QUANQING_DATA_DIR": str(folder),
        "QUANQING_DATABASE_URL": month.engine.url.render_as_string(hide_password=False),
        "QUANQING_CAMPAIGN": str(CAMPAIGN),
        "QUANQING_SOURCES": str(sources),
        "QUANQING_SECRET_KEY": "k" * 40,
        "QUANQING_CLOCK": str(month.clock),
    }


@contextmanager
def worker(environ: dict[str, str]) -> Iterator[None]:
    """The worker as in service, every job of it."""
    command = [sys.executable, "-m", "dashboard", "work"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def cpu_s(server: Server) -> float:
    """Of all the server's processes so far, every thread of them, to the nanosecond.

    What `ps` reads has ticks of 10 ms for each process and mode: a quarter of what a short pass uses.
    """
    first = psutil.Process(server.pid)
    return sum(time.clock_gettime(_clock_of(one.pid)) for one in (first, *first.children(recursive=True)))


def _clock_of(pid: int) -> int:
    """The process's own CPU clock, as clock_getcpuclockid(3) of Linux works it out."""
    return (~pid << 3) | 2
