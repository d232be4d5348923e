"""Q1: our code holds nothing bandit knows to be dangerous, and what we build on nothing known to be vulnerable."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_bandit_finds_nothing():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "root_packages"
    ]
    done = run(
        "bandit", "--configfile", "pyproject.toml", "--recursive", "--format", "json", "--quiet", *packages
    )
    found = json.loads(done.stdout)
    assert found["errors"] == []
    assert [
        f"{r['filename']}:{r['line_number']} {r['test_id']} {r['issue_text']}" for r in found["results"]
    ] == []
    assert found["metrics"]["_totals"]["loc"] > 10_000


def test_bandit_would_find_something(tmp_path: Path):
    (tmp_path / "bad.py").write_text("import yaml\nyaml.load(open('x'))\nexec(input())\n")
    done = run(
        "bandit", "--configfile", "pyproject.toml", "--format", "json", "--quiet", str(tmp_path / "bad.py")
    )
    assert {found["test_id"] for found in json.loads(done.stdout)["results"]} >= {"B102", "B506"}


@pytest.mark.slow
def test_nothing_we_build_on_is_known_to_be_vulnerable(tmp_path: Path):
    """Asks for one package first: where nobody answers for it, nobody would for the others."""
    (tmp_path / "one.txt").write_text(pin("jinja2").split(" ")[0] + "\n")
    for service in SERVICES:
        trouble, first = audit(tmp_path / "one.txt", *service)
        if not trouble and not left_out(first):
            assert known_to_be_vulnerable(LOCK, *service) == {}
            return
    pytest.skip(f"pip-audit: no source of advisories answers here: {trouble or left_out(first)}")


SERVICES = tuple(("--vulnerability-service", name, "--timeout", "5") for name in ("pypi", "osv"))


PLANTED = "jinja2==2.10"
ADVISORY = {
    "schema_version": "1.6.0", "id": "GHSA-462w-v97r-4m45", "aliases": ["CVE-2019-10906"],
    "modified": "2024-10-21T00:00:00Z", "published": "2019-04-10T14:30:24Z",
    "summary": "Jinja2 sandbox escape via string formatting",
    "affected": [{"package": {"name": "jinja2", "ecosystem": "PyPI"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}]}],
}  # fmt: skip
"""As the database of open-source vulnerabilities (osv.dev) tells it, in its own format."""


@pytest.fixture
def osv() -> Iterator[tuple[str, list[str]]]:
    """A source of advisories that knows of one, and what it was asked of."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert self.path == "/v1/query"
            assert wanted["package"]["ecosystem"] == "PyPI"
            name = f"{wanted['package']['name']}=={wanted['version']}"
            asked.append(name)
            body = json.dumps({"vulns": [ADVISORY]} if name == PLANTED else {}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_vulnerable_pin_would_be_found(tmp_path: Path, osv: tuple[str, list[str]]):
    """Of our own lock with one release in the place of another: so that the test above can fail."""
    address, asked = osv
    service = ("--vulnerability-service", "osv", "--osv-url", address)
    assert known_to_be_vulnerable(LOCK, *service) == {}
    assert pin("jinja2").split(" ")[0] in asked
    planted = tmp_path / "planted.lock"
    planted.write_text(LOCK.read_text("utf-8").replace(pin("jinja2").split(" ")[0], PLANTED))
    assert known_to_be_vulnerable(planted, *service) == {"jinja2": ["CVE-2019-10906"]}


@pytest.mark.slow
def test_a_source_that_does_not_answer_is_no_clean_bill(tmp_path: Path):
    nobody = ("--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/v1/query")
    (tmp_path / "one.txt").write_text(PLANTED + "\n")
    trouble, found = audit(tmp_path / "one.txt", *nobody)
    assert trouble
    assert found == []


def pin(name: str) -> str:
    return next(line for line in pins() if line.startswith(f"{name}=="))


def pins() -> list[str]:
    return [line for line in LOCK.read_text("utf-8").splitlines() if line[:1].isalnum()]


def left_out(found: list[dict[str, Any]]) -> list[str]:
    """Packages of which nobody said anything: not the same as nothing to say."""
    return [d["skip_reason"] for d in found if "skip_reason" in d]


def known_to_be_vulnerable(requirements: Path, *service: str) -> dict[str, list[str]]:
    """By package, the advisories. Fails where some of it was not asked for."""
    trouble, found = audit(requirements, *service)
    assert not trouble
    assert left_out(found) == []
    assert len(found) >= len(pins()) - 5  # what another platform needs is left out
    return {d["name"]: [v["id"] for v in d["vulns"]] for d in found if d["vulns"]}


def audit(requirements: Path, *service: str) -> tuple[str, list[dict[str, Any]]]:
    """What went wrong, and each package with what is known of it."""
    done = run("pip_audit", "--requirement", str(requirements), "--disable-pip", "--no-deps", "--format", "json",
               "--progress-spinner", "off", *service)  # fmt: skip
    try:
        return "", json.loads(done.stdout)["dependencies"]
    except json.JSONDecodeError:
        return done.stderr.strip()[-300:], []
