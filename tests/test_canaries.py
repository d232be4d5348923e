"""X1, after the whole suite: no secret of any test is in what any of them left behind or said.

What is packed or keyed inside a database is looked through in `tests/dashboard/test_secrets.py`, on a deployment whose
every setting is a canary; here it is every test's.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import MARK, canary, files, holds, said

MEANT_FOR = {
    "secret.key": "the one place of the key a deployment makes for itself",
    "settings.env": "what a rehearsal hands on with its data folder",
    ".env": "settings as a deployment writes them",
    "common_passwords.txt": "the public list of what everybody tries; one of them is the tests' word",
    "sources.toml": "what a test writes a secret into, to see it refused where its name belongs",
}
"""Files that are there to hold a secret."""
PRINTS = re.compile(r"\[display-")
"""What is there to print a secret: `quanqing display` says a screen's link, once."""


def test_x1_no_test_left_a_secret_in_a_file(tmp_path_factory: pytest.TempPathFactory):
    leaks = [
        str(path.relative_to(tmp_path_factory.getbasetemp()))
        for path in files(tmp_path_factory.getbasetemp())
        if path.name not in MEANT_FOR and holds(path.read_bytes())
    ]
    assert leaks == []


def test_x1_no_test_said_a_secret():
    assert {test: words for test, words in said.items() if not PRINTS.search(test)} == {}


def test_x1_every_token_of_every_process_carries_the_mark():
    program = "import secrets; print(secrets.token_urlsafe(32))"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    for token in (secrets.token_urlsafe(32), child.strip()):
        assert token.startswith(MARK)
        assert len(token) == 43
    assert secrets.token_urlsafe(32) != secrets.token_urlsafe(32)


@pytest.mark.parametrize("name", ["quanqing.db", "work.log", "paper.json"])
def test_x1_a_secret_that_is_left_is_found(tmp_path: Path, name: str):
    """Taken away again: the search above looks here, too."""
    file = tmp_path / name
    for spelled in (canary("x"), f"Basic {_base64(canary('x'))}", f"?token={canary('x')}%0a"):
        file.write_text(f"... {spelled} ...")
        assert holds(file.read_bytes())
    assert not holds(gzip.compress(canary("x").encode())), "what is packed is another test's"
    os.remove(file)


def _base64(text: str) -> str:
    import base64

    return base64.b64encode(f"user:{text}".encode()).decode()
