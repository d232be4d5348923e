"""X1: one mark in every secret of the whole suite, so that one search tells whether any of them got out.

Random tokens (sessions, screens, machines, codes of a sign-in elsewhere, the key a deployment makes for itself) carry
it by themselves, in this process and in those that tests start. A test that makes one up writes `geheim` into it.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planting import sitecustomize

MARK, WORD = sitecustomize._MARK, "geheim"
"""Tests write the short one into what they make up; it is too short to be told from chance once it is base64."""

PLANTING = Path(sitecustomize.__file__).parent
LAST = "test_canaries.py"
said: dict[str, list[str]] = {}
"""By test, what it and all it called printed or logged."""

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PLANTING), os.environ.get("PYTHONPATH"))))


def canary(name: str) -> str:
    """A secret that is told from others by `name`."""
    return f"{MARK}-{name}"


def spellings() -> tuple[bytes, ...]:
    """As it stands in plain text, in an address, in JSON, and in base64 at each offset."""
    coded = (base64.b64encode(b"x" * shift + MARK.encode()).decode().rstrip("=") for shift in range(3))
    return (WORD.encode(), *(word[4 if shift else 0 : -2].encode() for shift, word in enumerate(coded)))


def holds(content: bytes) -> bool:
    return any(spelling in content for spelling in spellings())


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    words = [text for name, text in report.sections if name.startswith("Captured")]
    if any(WORD in text for text in words):
        said.setdefault(report.nodeid, []).extend(text for text in words if WORD in text)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The search comes after everything there is to search through."""
    items.sort(key=lambda item: item.path.name == LAST)


assert secrets.token_urlsafe is sitecustomize.token_urlsafe
