"""A web process of its own with a wall as small as can be, for tests that kill it. Started by uvicorn as a factory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.settings import read_settings
from dashboard.web import App, create_app
from domain.campaign import load_campaign
from store.engine import open_store

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 60  # on a busy machine


def small_wall() -> Component:
    """As little as a wall can be: three elements live.js fills, one it is told to fill, one chart."""
    clock = [html.Div(id=name) for name in ("wall-clock", "wall-date", "wall-connection")]
    return html.Main(
        [*clock, html.Div("—", id="total"), dcc.Graph(id="curve", config={"displayModeBar": False})]
    )


def app() -> App:
    """As `dashboard.serving.app_from_env`, with the small wall and the build the test asks for."""
    settings = read_settings()
    engine = open_store(settings.database_url)
    campaign = load_campaign(settings.campaign)
    build = os.environ["LITTLE_BUILD"]
    return create_app(settings, engine, settings.clock, campaign, wall_layout=small_wall, build=build)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Server:
    """uvicorn in a process group of its own, on a free port that stays the same over restarts."""

    def __init__(
        self,
        environ: dict[str, str],
        *,
        workers: int = 1,
        factory: str = "tests.dashboard.little_house:app",
        log: IO[bytes] | None = None,
    ) -> None:
        self.environ = {"QUANQING_SECOND_FACTOR": "off"} | environ  # its own tests turn it on
        self._workers, self._factory, self._log = workers, factory, log
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environ: str) -> None:
        program = (
            f"import uvicorn; from dashboard.web import SERVE; uvicorn.run('{self._factory}', "
            f"host='127.0.0.1', port={self.port}, workers={self._workers}, log_level='warning', **SERVE)"
        )
        self.environ |= environ
        whole = {**os.environ, **self.environ, "QUANQING_BASE_URL": self.address}
        command = [sys.executable, "-c", program]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=whole, stdout=self._log, stderr=self._log, start_new_session=True
        )
        self._wait_until_up()

    @property
    def is_up(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        """Of the process that minds the others."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As a person would, with Ctrl-C. Returns the exit code."""
        return self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        os.killpg(process.pid, how)
        return process.wait(timeout=15)

    def _wait_until_up(self) -> None:
        end = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < end and self._process and self._process.poll() is None:
            try:
                with urllib.request.urlopen(self.address + "/healthz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise TimeoutError("the web process did not come up")
