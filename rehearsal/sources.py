"""The `sources.toml` of a rehearsal: where its servers are reached and how often they are asked.

`every_s` and `stale_after_s` are seconds of the rehearsal's clock. Secrets stand there by name only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from domain.campaign import Campaign
from rehearsal.casting import Role

CAMPAIGN = Path(__file__).parent / "campaign.toml"


def sources_toml(base_url: str, campaign: Campaign, roles: Iterable[Role]) -> str:
    """Every source of the rehearsal: its platforms, its feeds, its hot lists."""
    base = base_url.rstrip("/")
    parts = ["# 演练信息源 / written by the rehearsal; times are seconds of its clock"]
    for role in roles:
        platform = campaign.platforms[role.server.platform]
        fields = role.settings(f"{base}/pay/{platform.id}")
        parts.append(
            _source(platform.id, platform.kind, platform.name, role.every_s, role.stale_after_s, fields)
        )
    parts += [
        _source("news-rss", "rss", "上党晚报(示例)", 60, 1_800, {"url": f"{base}/rss/news.xml", "media": "news"}),
        _source("forum-atom", "rss", "漳河论坛(示例)", 60, 1_800, {"url": f"{base}/rss/forum.atom", "media": "forum"}),
        _source(
            "hot-weibo", "hotlist", "微博热榜(示例)", 120, 1_800,
            {"base_url": f"{base}/hot", "list_id": "weibo"},
        ),
        _source(
            "hot-douyin", "hotlist", "抖音热榜(示例)", 120, 1_800,
            {"base_url": f"{base}/hot", "list_id": "douyin"},
        ),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _source(id_: str, kind: str, name: str, every_s: int, stale_after_s: int, fields: dict[str, Any]) -> str:
    lines = [
        "[[source]]",
        f'id = "{id_}"',
        f'kind = "{kind}"',
        f'name = "{name}"',
        f"every_s = {every_s}",
        f"stale_after_s = {stale_after_s}",
        *(f"{key} = {_value(value)}" for key, value in fields.items()),
    ]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"  {_value(item)},\n" for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else _quoted(value)


def _quoted(value: str) -> str:
    """A TOML basic string: a Windows path keeps its backslashes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
