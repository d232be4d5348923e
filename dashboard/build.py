"""Which build this is: the same in every process of one installation, another when a screen would look different."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "assets"
_SEEN = (("layouts", "*.py"), ("dashboard", "*.py"), ("domain", "*.py"), ("assets", "*"))
_HEX = 12


@cache
def build_id() -> str:
    """Twelve hex digits over all that decides how a page looks and works. Open pages reload when it changes."""
    total = hashlib.sha256(f"dash {version('dash')} plotly {version('plotly')}".encode())
    for folder, pattern in _SEEN:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file():
                total.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()[:_HEX]
