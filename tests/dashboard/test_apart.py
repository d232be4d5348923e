"""Work in processes of their own: none of them outlives the worker's end, its time, or the one that started it."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.apart import CutShort, run_apart
from dashboard.backups.folder import receipts
from dashboard.backups.jobs import BackingUp
from dashboard.backups.making import make
from dashboard.backups.plan import Plan
from domain.errors import StoreError
from tests.conftest import DATA

HANGING = 'echo $PPID > "$0.ppid"; exec 9> "$0"; exec sleep 300'
"""A tool that never ends. Its FIFO is open as long as it lives; it writes down who started it."""
PATIENCE_S = 60.0


@pytest.fixture
def life(tmp_path: Path) -> Path:
    """A FIFO: whoever reads of it waits until the tool has begun, and then until it is dead."""
    path = tmp_path / "life"
    os.mkfifo(path)
    return path


def started(life: Path, run: Callable[[], object]) -> tuple[Future[object], int]:
    """It runs in a thread; the tool has begun. The end of the FIFO that tells of its death."""
    doing = ThreadPoolExecutor(1).submit(run)
    return doing, os.open(life, os.O_RDONLY)


def is_dead(reading: int) -> bool:
    """Waits for it."""
    with os.fdopen(reading, "rb") as life:
        return life.read() == b""


def with_tool(life: Path) -> list[str]:
    """A process that waits for the tool, as ours waits for pg_dump: with pipes of its own."""
    wait = "import subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True)"
    return [sys.executable, "-c", wait, "sh", "-c", HANGING, str(life)]


def test_s4_who_is_killed_takes_its_tool_along(life: Path) -> None:
    doing, reading = started(
        life, lambda: run_apart(with_tool(life), within_s=PATIENCE_S, ending=threading.Event())
    )
    os.kill(int(life.with_name("life.ppid").read_text()), signal.SIGKILL)
    assert doing.result(PATIENCE_S) == (-signal.SIGKILL, "", "")
    assert is_dead(reading)


def test_s4_what_takes_too_long_ends_with_its_tool(life: Path) -> None:
    doing, reading = started(life, lambda: run_apart(with_tool(life), within_s=0, ending=threading.Event()))
    with pytest.raises(CutShort, match="not done within 0 minutes"):
        doing.result(PATIENCE_S)
    assert is_dead(reading)


def test_a_tool_that_shares_its_stderr_holds_nobody_up(life: Path) -> None:
    command = ["sh", "-c", f"sh -c '{HANGING}' {life} & exec 8< {life}; echo gone >&2; exit 3"]
    doing = run_apart(command, within_s=PATIENCE_S, ending=threading.Event())
    assert doing == (3, "", "gone\n")


@pytest.fixture
def hanging_dump(life: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pg_dump` that begins its file and never ends it."""
    tool = tmp_path / "bin" / "pg_dump"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nexec sh -c '{HANGING}' {life}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    return life


@pytest.mark.postgres
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_s5_a_worker_that_ends_waits_for_no_backup_and_leaves_nothing_of_it(
    engine: Engine, hanging_dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DATA_DIR": tmp_path, "DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "BACKUP_DIR": tmp_path / "kept", "CAMPAIGN": DATA / "campaign-small.toml",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"QUANQING_{name}", str(value))
    ending, plan = threading.Event(), Plan(folder=tmp_path / "kept", every=timedelta(minutes=15), days=35)
    job = BackingUp(plan, now=lambda: datetime.now(UTC), ending=ending)
    doing, reading = started(hanging_dump, job.make)
    assert len(list(plan.folder.glob("*.part"))) == 1
    ending.set()
    with pytest.raises(StoreError, match=r"^backup make: stopped with the worker$"):
        doing.result(PATIENCE_S)
    assert is_dead(reading)
    assert list(plan.folder.iterdir()) == []


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_name_is_on_the_disk_before_the_next_step(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each os.replace is followed by an fsync of its folder: only then is the new name there after a crash."""
    seen: list[tuple[str, Path]] = []
    replace, fsync = os.replace, os.fsync

    def replacing(part: Path, path: Path) -> None:
        replace(part, path)
        seen.append(("named", Path(path).parent))

    def syncing(number: int) -> None:
        fsync(number)
        seen.append(("synced", Path(os.readlink(f"/proc/self/fd/{number}"))))

    monkeypatch.setattr(os, "replace", replacing)
    monkeypatch.setattr(os, "fsync", syncing)
    kept = tmp_path / "kept"
    plan = Plan(folder=kept, every=timedelta(minutes=15), days=35)
    make(engine, plan, now=datetime(2022, 10, 28, 4, 0, tzinfo=UTC), build="b")
    named = [n for n, step in enumerate(seen) if step == ("named", kept)]
    assert len(receipts(kept)) == 1
    assert len(named) == 2  # the copy, its receipt
    assert all(seen[n + 1] == ("synced", kept) for n in named)
