"""A round that sells out in seconds: `python -m benchmarks.callbacks [--rate 430] [--seconds 105] [--store sqlite]`.

Real processes: `quanqing serve`, `quanqing work`, and a sender on the same cores. Every message is sealed and signed
as WeChat Pay does it, before the clock starts; 2 % come twice, 1 % are signature probes. JSON on standard output.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, func, select

from benchmarks import stores
from benchmarks.callback_load import FACE_FEN, OPENING, Push, Told, sealed, send
from dashboard.clock import Clock
from dashboard.entry.identity import ABSOLUTE, new_token, token_hash
from dashboard.entry.visitors import SESSION_COOKIE
from rehearsal.platforms.wechatpay_wire import Keys
from store.engine import read, write
from store.schema import events, inbox, quarantine
from store.writes.access import add_user, open_session
from tests.ingest.pushes import configure

ROOT = Path(__file__).parents[1]
CAMPAIGN = ROOT / "tests" / "data" / "campaign-small.toml"
P99_GOAL_S, FRESH_GOAL_S = 1.0, 5.0
_POLL_S, _READY_S, _DRAINED_S = 0.5, 60.0, 120.0


def main(argv: Sequence[str] | None = None) -> int:
    asked = _arguments(argv)
    keys, port = Keys.made(), _free_port()
    pushes = sealed(keys, int(asked.rate * asked.seconds), port=port)
    found = {}
    for name in asked.store or ("sqlite", "postgresql"):
        with getattr(stores, name)() as fresh, fresh() as engine:
            found[name] = measure(engine, keys, pushes, port=port, rate=asked.rate)
    report = {
        "name": "callbacks",
        "cores": os.cpu_count(),
        "rate": asked.rate,
        "seconds": asked.seconds,
    } | found
    sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return 0 if all(store["lost"] == store["booked_wrongly"] == 0 for store in found.values()) else 1


def _arguments(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.callbacks", description="A round that sells out.")
    parser.add_argument("--rate", type=float, default=430, help="callbacks a second")
    parser.add_argument("--seconds", type=float, default=105)
    parser.add_argument("--store", action="append", choices=("sqlite", "postgresql"), help="default: both")
    return parser.parse_args(argv)


def measure(engine: Engine, keys: Keys, pushes: Sequence[Push], *, port: int, rate: float) -> dict[str, Any]:
    """One store's run: what the sender saw, what the wall showed, what the ledger holds."""
    with tempfile.TemporaryDirectory(prefix="quanqing-callbacks-") as folder:
        token = _prepare(engine, keys, Path(folder))
        with _house(engine, keys, Path(folder), port):
            wall: list[float] = []
            done = threading.Event()
            watching = threading.Thread(target=_watch, args=(port, token, wall, done))
            watching.start()
            told, tries = _sent(pushes, port=port, rate=rate)
            drained_s = _until_drained(engine)
            done.set()
            watching.join()
            return _result(engine, pushes, told, tries) | {"drained_after_s": drained_s, "wall": _ages(wall)}


def _prepare(engine: Engine, keys: Keys, folder: Path) -> str:
    configure(keys, folder)
    token, now = new_token(), datetime.now(UTC)
    with write(engine) as conn:
        add_user(conn, "watcher", role="finance", county=None, password_hash="-", now=now)
        open_session(conn, token_hash(token), user_name="watcher", now=now, until=now + ABSOLUTE)
    return token


@contextmanager
def _house(engine: Engine, keys: Keys, folder: Path, port: int) -> Iterator[None]:
    environ = os.environ | {
        "APIV3": keys.api_v3,
        "QUANQING_DATA_DIR": str(folder),
        "QUANQING_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "QUANQING_CAMPAIGN": str(CAMPAIGN),
        "QUANQING_SOURCES": str(folder / "sources.toml"),
        "QUANQING_SECRET_KEY": "k" * 40,
        "QUANQING_BASE_URL": f"http://127.0.0.1:{port}",
        "QUANQING_CLOCK": str(Clock.rehearsal(OPENING, speed=1)),
    }
    quanqing = [sys.executable, "-c", "import sys; from dashboard.cli import main; sys.exit(main())"]
    commands = (["serve", "--host", "127.0.0.1", "--port", str(port)], ["work"])
    processes = [subprocess.Popen([*quanqing, *command], cwd=ROOT, env=environ) for command in commands]
    try:
        _until_ready(port)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _until_ready(port: int) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(_POLL_S)
    raise TimeoutError("web and worker were not ready in time")


def _sent(pushes: Sequence[Push], *, port: int, rate: float) -> tuple[Told, int]:
    """The schedule once; then whatever was not taken, again, as the platform would. (what was seen, extra rounds)."""
    first = send(pushes, port=port, rate=rate)
    again, rounds = first.refused, 0
    while again and rounds < 9:
        again, rounds = send(again, port=port, rate=rate).refused, rounds + 1
    return first, rounds


def _watch(port: int, token: str, ages: list[float], done: threading.Event) -> None:
    """How old the picture is that a wall gets, by the server's own clock."""
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, cookies={SESSION_COOKIE: token}, timeout=10) as client:
        while not done.wait(_POLL_S):
            answer = client.get("/api/v1/snapshot")
            if answer.status_code == 200:
                made = datetime.fromisoformat(answer.json()["made_at"])
                now = datetime.fromisoformat(answer.headers["x-server-time"])
                ages.append((now - made).total_seconds())


def _until_drained(engine: Engine) -> float | None:
    """Seconds until nothing waits; None: something still does."""
    start = time.monotonic()
    waiting = select(func.count()).select_from(inbox).where(inbox.c.drained_at.is_(None))
    while time.monotonic() < start + _DRAINED_S:
        with read(engine) as conn:
            if conn.execute(waiting).scalar_one() == 0:
                return round(time.monotonic() - start, 2)
        time.sleep(0.1)
    return None


def _result(engine: Engine, pushes: Sequence[Push], told: Told, rounds: int) -> dict[str, Any]:
    sent = {push.request.split(b'"id": "', 1)[1].split(b'"', 1)[0] for push in pushes if not push.probe}
    with read(engine) as conn:
        booked, fen = conn.execute(
            select(func.count(), func.sum(events.c.face_fen)).select_from(events)
        ).one()
        aside = conn.execute(select(func.count()).select_from(quarantine)).scalar_one()
    took = sorted(told.latencies_s)
    p99 = _at(took, 0.99)
    return {
        "sent": len(pushes),
        "statuses": dict(sorted(told.statuses.items())),
        "sent_again_rounds": rounds,
        "p50_ms": round(_at(took, 0.5) * 1e3, 1),
        "p99_ms": round(p99 * 1e3, 1),
        "max_ms": round(took[-1] * 1e3, 1),
        "p99_goal": "met" if p99 < P99_GOAL_S else "missed",
        "lost": len(sent) - booked,
        "booked_wrongly": int(fen or 0) - FACE_FEN * booked,
        "quarantined": aside,
        "probes_taken": told.probes_taken,
    }


def _ages(ages: list[float]) -> dict[str, Any]:
    if not ages:
        return {"polls": 0, "fresh_goal": "skipped"}
    ages = sorted(ages)
    fresh = "met" if ages[-1] < FRESH_GOAL_S else "missed"
    return {
        "polls": len(ages),
        "age_p50_s": round(_at(ages, 0.5), 2),
        "age_max_s": round(ages[-1], 2),
        "fresh_goal": fresh,
    }


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
