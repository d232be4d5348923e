"""Every promise has its tests: of access, secrets and persons by name, `test_w8_...`; of data by tests/README.md."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.store.test_mutants import MUTANTS

TESTS = Path(__file__).parent
PROMISES = [
    *(f"W{n}" for n in range(1, 13)),
    *(f"X{n}" for n in range(1, 5)),
    *(f"P{n}" for n in range(1, 6)),
]
INVARIANTS = [f"I{n}" for n in range(1, 23)]
LISTED = [*(f"F{n}" for n in range(1, 12)), *(f"L{n}" for n in range(1, 13)), *INVARIANTS]
ROWS: dict[str, list[tuple[str, str]]] = {
    promise: re.findall(r"`([\w/]+\.py)::(\w+)`", row)
    for promise, row in re.findall(
        r"^\| ([A-Z]\d+) \|(.*)$", (TESTS / "README.md").read_text("utf-8"), re.MULTILINE
    )
}
"""Promise -> (file below this folder, test) of its line in the table."""


@cache
def defined(file: Path) -> frozenset[str]:
    """The tests that a file holds."""
    found = (ast.FunctionDef, ast.AsyncFunctionDef)
    body = ast.parse(file.read_text("utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, found) and node.name.startswith("test_"))


@pytest.fixture(scope="module")
def names() -> list[str]:
    return [name for file in TESTS.rglob("test_*.py") for name in defined(file)]


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_has_a_test_of_its_name(promise: str, names: list[str]):
    assert [name for name in names if name.startswith(f"test_{promise.lower()}_")]


@pytest.mark.parametrize("promise", LISTED)
def test_each_fault_and_each_invariant_has_a_line_of_tests_that_exist(promise: str):
    named = ROWS.get(promise, [])
    assert named, f"tests/README.md has no line for {promise}, or one that names no test"
    assert [
        f"{file}::{test}"
        for file, test in named
        if not (TESTS / file).is_file() or test not in defined(TESTS / file)
    ] == []


def test_the_table_has_no_line_of_something_else():
    assert list(ROWS) == LISTED


def test_every_invariant_is_hurt_by_a_seeded_mistake():
    hurt = {number for seed in MUTANTS for number in re.findall(r"\bI\d+\b", seed.__doc__ or "")}
    assert hurt == set(INVARIANTS)
