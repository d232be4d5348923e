"""Where backups go, how often and for how long, as a deployment says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from domain.errors import ConfigError

MOST_DAYS = 35
"""A backup keeps what was deleted meanwhile: people are promised that it is gone after so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    folder: Path
    every: timedelta
    days: int


def plan_of(given: Mapping[str, str], *, prefix: str, folder: Path) -> Plan | None:
    """From BACKUP_DIR, BACKUP_MINUTES, BACKUP_DAYS. None: no folder is named. Raises ConfigError with the variable."""
    if "BACKUP_DIR" not in given:
        return None
    minutes = _whole(given, "BACKUP_MINUTES", "15", most=24 * 60, prefix=prefix)
    days = _whole(given, "BACKUP_DAYS", str(MOST_DAYS), most=MOST_DAYS, prefix=prefix)
    return Plan(folder=folder / given["BACKUP_DIR"], every=timedelta(minutes=minutes), days=days)


def _whole(given: Mapping[str, str], name: str, default: str, *, most: int, prefix: str) -> int:
    said = given.get(name, default)
    if not (said.isascii() and said.isdigit() and len(said) < 6 and 1 <= int(said) <= most):
        raise ConfigError(f"{prefix}{name}: {said!r} is not 1 to {most}")
    return int(said)
