"""`sources.toml` as a list of tables: what both who fetches and who only shows the sources begin with."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from domain.errors import ConfigError

COUNTING = frozenset({"alipay", "unionpay"})
"""Kinds that count while the day goes on, and tell single events in the day's file, the next morning, if at all."""


def source_tables(path: Path) -> list[dict[str, Any]]:
    """Every `[[source]]` in the file's order, its keys unchecked. Raises ConfigError naming the file."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    unknown = sorted(content.keys() - {"source"})
    if unknown:
        raise ConfigError(f"{path}: unknown keys: {', '.join(unknown)}")
    entries = content.get("source", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{path}: source: write each one as [[source]]")
    return entries
