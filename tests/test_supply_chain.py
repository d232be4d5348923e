"""Q1: our code holds nothing bandit knows to be dangerous, and what we build on nothing known to be vulnerable."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
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
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if line[:1].isalnum()]
    (tmp_path / "one.txt").write_text(
        next(line for line in lines if line.startswith("jinja2")).split(" ")[0] + "\n"
    )
    trouble, first = audit(tmp_path / "one.txt")
    if trouble or any("skip_reason" in d for d in first):
        pytest.skip(f"pip-audit: no source of advisories answers here: {trouble or first[0]['skip_reason']}")
    trouble, found = audit(LOCK)
    assert not trouble
    assert len(found) >= len(lines) - 5  # what another platform needs is left out
    assert {d["name"]: d["vulns"] for d in found if d.get("vulns")} == {}


def audit(requirements: Path) -> tuple[str, list[dict[str, Any]]]:
    """What went wrong, and each package with what is known of it."""
    done = run("pip_audit", "--requirement", str(requirements), "--disable-pip", "--no-deps", "--format", "json",
               "--progress-spinner", "off")  # fmt: skip
    try:
        return "", json.loads(done.stdout)["dependencies"]
    except json.JSONDecodeError:
        return done.stderr.strip()[-300:], []
