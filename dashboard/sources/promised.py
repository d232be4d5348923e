"""What `sources.toml` promises of each source, read without its connectors: the web process loads none of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final, TypeGuard

from domain.errors import ConfigError
from domain.sources_file import COUNTING, source_tables
from store.queries.sources import Expected

SIDES: Final = {
    "bank_drop": "payment",
    "json_api": "payment",
    "wechatpay": "payment",
    "alipay": "payment",
    "unionpay": "payment",
    "rss": "opinion",
    "hotlist": "opinion",
    "hotlists": "opinion",
    "weibo_search": "opinion",
    "crawler_drop": "opinion",
    "hotline": "opinion",
    "webhook_in": "opinion",
}
"""Kind -> side. The connectors say it themselves; a test holds the two against each other."""


def promised(path: Path) -> tuple[Expected, ...]:
    """Every `[[source]]` in the file's order. Raises ConfigError; the worker checks the rest of the file."""
    return tuple(
        _expected(path, entry, position) for position, entry in enumerate(source_tables(path), start=1)
    )


def _expected(path: Path, entry: dict[str, Any], position: int) -> Expected:
    label = f"{path}: source number {position}"
    kind, stale_after_s, every_s = (entry.get(key) for key in ("kind", "stale_after_s", "every_s"))
    if not isinstance(kind, str) or kind not in SIDES:
        raise ConfigError(f"{label}: kind: none of {', '.join(sorted(SIDES))}")
    if not _is_number(stale_after_s):
        raise ConfigError(f"{label}: stale_after_s: not a number of seconds")
    named = {key: entry.get(key) for key in ("id", "name")}
    for key, value in named.items():
        if not isinstance(value, str):
            raise ConfigError(f"{label}: {key}: not a text")
    platform = entry.get("platform")
    return Expected(
        source=entry["id"],
        name=entry["name"],
        side=SIDES[kind],
        stale_after_s=stale_after_s,
        platform=platform if isinstance(platform, str) else None,
        every_s=every_s if _is_number(every_s) else None,
        counts=kind in COUNTING,
        files_from=_files_from(entry),
    )


def _files_from(entry: dict[str, Any]) -> date | None:
    """As the connectors say it themselves: Alipay's bills, UnionPay's settlement files."""
    files = entry.get("files")
    told = entry.get("bills_from") or (files.get("since") if isinstance(files, dict) else None)
    try:
        return told if told is None else date.fromisoformat(str(told))
    except ValueError:
        return None  # the worker refuses the file


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
