"""The whole chain as it is run: rehearse, its servers, the worker and the web as processes of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from domain.measures import FIGURES
from domain.topics import TOPICS, Topic

SECONDS = 25


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def rehearsal(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "dashboard",
        "rehearse",
        "--data",
        str(folder),
        "--port",
        str(free_port()),
    ]
    process = subprocess.Popen(
        [*command, *arguments], stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environ()
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def quanqing(folder: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", *arguments, "--data", str(folder)],
        capture_output=True, text=True, encoding="utf-8", env=environ(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("QUANQING_")}


def assert_equal_to_the_truth(folder: Path) -> dict[str, Any]:
    """By our own comparison, not the command's: every row, every figure, and the total."""
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    ours = quanqing(folder, "totals", "--by", "programme,tranche,sector", "--json")

    def rows(document: dict[str, Any]) -> dict[tuple[str, ...], tuple[int, ...]]:
        return {
            (r["programme"], r["tranche"], r["sector"]): tuple(r[name] for name in FIGURES)
            for r in document["rows"]
        }

    assert rows(ours) == rows(truth["published"])
    assert ours["total"] == {name: truth["published"]["total"][name] for name in FIGURES}
    assert ours["total"]["redeemed_net_fen"] > 0
    by_programme = quanqing(folder, "totals", "--by", "programme", "--json")
    assert by_programme["total"] == ours["total"]
    assert quanqing(folder, "verify", "--json")["clean"] is True
    return truth


@pytest.mark.slow
@pytest.mark.parametrize("faults", ["none", "some"])
def test_after_a_rehearsal_the_ledger_equals_the_truth_to_the_fen(tmp_path: Path, faults: str) -> None:
    with rehearsal(tmp_path, "--speed", "600", "--for", str(SECONDS), "--faults", faults) as process:
        _, said = process.communicate(timeout=SECONDS + 120)
    assert process.returncode == 0, said
    truth = assert_equal_to_the_truth(tmp_path)
    hit = {name for name, hits in truth["faults"].items() if hits}
    assert bool(hit) == (faults == "some")
    posts = [json.loads(line) for line in printed(tmp_path, "posts", "--json", "--limit", "100000")]
    theirs, stored = ({(p["source"], p["external_id"]) for p in them} for them in (truth["posts"], posts))
    assert stored <= theirs
    lost = {source for source, _ in theirs - stored}
    assert lost <= ({"hot-weibo", "hot-douyin"} if faults == "some" else set()), (
        "only a cut answer loses a title"
    )
    assert all(p["relevance"] for p in posts), "every post has a score"
    raised = {json.loads(line)["alert"]["rule"] for line in printed(tmp_path, "alerts", "--json")}
    if faults == "none":  # a crowded machine may make a source late: that is no matter of money
        assert {topic for rule in raised for topic in TOPICS[rule]} <= {Topic.OPINION, Topic.DATA}
        assert raised.isdisjoint({"quarantined_rows", "unreconciled", "unanswered"})
    levels = quanqing(tmp_path, "rules", "recheck")
    assert (levels["others"], levels["unknown"]) == ([], [])


@pytest.mark.slow
def test_a_worker_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10_000)
    dice = random.Random(seed)
    killed = 0
    with rehearsal(tmp_path, "--speed", "600", "--for", str(SECONDS), "--faults", "some") as process:
        while not _workers(process.pid) and process.poll() is None:
            time.sleep(0.2)  # a busy machine takes its time before there is one
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends and process.poll() is None:
            time.sleep(dice.uniform(1.5, 4.0))
            killed += _kill_worker(process.pid)
        _, said = process.communicate(timeout=180)
    assert process.returncode == 0, (seed, said)
    assert killed >= 4, (seed, killed)
    assert_equal_to_the_truth(tmp_path)


def _kill_worker(parent: int) -> int:
    found = _workers(parent)
    for worker in found:
        worker.kill()
    return len(found)


def _workers(parent: int) -> list[psutil.Process]:
    """The one that is at work, if any: one that is dead and not yet buried has no words of command."""
    found = []
    for child in psutil.Process(parent).children():
        with suppress(psutil.NoSuchProcess):
            found += [child] if "work" in child.cmdline() else []
    return found


def printed(folder: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", *arguments, "--data", str(folder)],
        capture_output=True, text=True, encoding="utf-8", env=environ(), check=True,
    )  # fmt: skip
    return done.stdout.splitlines()
