"""The worker and the web as processes of their own, started again when they die."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from dashboard.commands.house import say

STOP_WITHIN_S = 20.0


@contextmanager
def kept_running(environ: dict[str, str], *, host: str, port: int, folder: Path) -> Iterator[None]:
    """The worker and the web as in production: processes of their own, started again when they die."""
    stop = threading.Event()
    commands = {"work": ["work"], "web": ["serve", "--host", host, "--port", str(port)]}
    keepers = [
        threading.Thread(target=_keep, args=(name, arguments, environ, folder, stop), name=name)
        for name, arguments in commands.items()
    ]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        stop.set()
        for keeper in keepers:
            keeper.join()


def _keep(
    name: str, arguments: list[str], environ: dict[str, str], folder: Path, stop: threading.Event
) -> None:
    with (folder / f"{name}.log").open("ab") as log:
        while not stop.is_set():
            command = [sys.executable, "-m", "dashboard", *arguments]
            process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)  # noqa: S603
            while process.poll() is None and not stop.wait(0.2):
                pass
            if process.poll() is None:
                _end(process)
            elif not stop.wait(1.0):
                say(f"{name} 进程退出 (状态 {process.returncode})，重新启动；日志 {folder / (name + '.log')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    try:
        return bool(httpx.get(address, timeout=2.0, trust_env=False).is_success)
    except httpx.HTTPError:
        return False
