"""Every promise about access, secrets and persons has a test that bears its name: `test_w8_...` proves W8."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PROMISES = [
    *(f"W{n}" for n in range(1, 13)),
    *(f"X{n}" for n in range(1, 5)),
    *(f"P{n}" for n in range(1, 6)),
]


@pytest.fixture(scope="module")
def names() -> list[str]:
    return [
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    ]


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_has_a_test_of_its_name(promise: str, names: list[str]):
    assert [name for name in names if name.startswith(f"test_{promise.lower()}_")]
