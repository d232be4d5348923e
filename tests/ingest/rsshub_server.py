"""A real RSSHub, the npm package, installed once into the user's cache and started on a free port of this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LISTED = Path(__file__).parents[1] / "tools" / "rsshub"
"""package.json and its lock: every file is checked against its hash, no script of any package is run."""
INSTALLING_S = 240
STARTING_S = 60


class NoRssHub(Exception):
    """Why there is none here."""


@contextmanager
def rsshub() -> Iterator[str]:
    """Its address. Raises NoRssHub where node or npm is missing or the packages cannot be had."""
    folder = _installed()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "LISTEN_INADDR_ANY": "0",
        "NODE_ENV": "production",
    }
    server = subprocess.Popen(
        ["node", "lib/index.js"], cwd=folder / "node_modules" / "rsshub", env=environ,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(server, f"http://127.0.0.1:{port}/test/1")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _installed() -> Path:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NoRssHub("node and npm are not here")
    lock = (LISTED / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "quanqing-test-tools" / f"rsshub-{hashlib.sha256(lock).hexdigest()[:12]}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LISTED / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--omit=optional", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=INSTALLING_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NoRssHub(f"npm ci did not end within {INSTALLING_S} s") from None
    if done.returncode:
        raise NoRssHub(f"npm ci: {' '.join(done.stderr.split())[:300]}")
    (folder / "complete").touch()
    return folder


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + STARTING_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise NoRssHub(f"it did not answer within {STARTING_S} s")
