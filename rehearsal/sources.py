"""The `sources.toml` of a rehearsal: where its servers are reached and how often they are asked."""

from __future__ import annotations

from pathlib import Path

from domain.campaign import Campaign, load_campaign
from domain.terms import local

CAMPAIGN = Path(__file__).parent / "campaign.toml"


def token_env(platform: str) -> str:
    """The environment variable that holds a platform's bearer token."""
    return f"QUANQING_REHEARSAL_{platform.upper().replace('-', '_')}_TOKEN"


def sources_toml(base_url: str, folder: Path, *, campaign: Campaign | None = None) -> str:
    """Every source of the rehearsal. `every_s` and `stale_after_s` are seconds of the rehearsal's clock.

    `folder` is the stage's; each bank drops into a folder of its own below it. Without `campaign`, the rehearsal's own.
    """
    campaign = campaign or load_campaign(CAMPAIGN)
    base = base_url.rstrip("/")
    parts = ["# 演练信息源 / written by the rehearsal; times are seconds of its clock"]
    used = {p.platform for p in campaign.programme}
    for platform in campaign.platform:
        if platform.id not in used:
            continue
        if platform.kind == "bank_drop":
            fields = {
                "platform": platform.id,
                "folder": str(folder / platform.id),
                "format": bank_form(platform),
            }
            parts.append(_source(platform.id, "bank_drop", platform.name, 60, 7_200, fields))
        else:
            fields = {
                "base_url": f"{base}/pay/{platform.id}",
                "platform": platform.id,
                "token_env": token_env(platform.id),
                "statements_from": f"{local(campaign.campaign.launch_at):%Y-%m-%d}",
            }
            parts.append(_source(platform.id, "json_api", platform.name, 15, 180, fields))
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


def bank_form(platform: object) -> str:
    """csv or xlsx: a key of the platform's own."""
    return str(getattr(platform, "format", "csv"))


def _source(id_: str, kind: str, name: str, every_s: int, stale_after_s: int, fields: dict[str, str]) -> str:
    lines = [
        "[[source]]",
        f'id = "{id_}"',
        f'kind = "{kind}"',
        f'name = "{name}"',
        f"every_s = {every_s}",
        f"stale_after_s = {stale_after_s}",
        *(f"{key} = {_quoted(value)}" for key, value in fields.items()),
    ]
    return "\n".join(lines)


def _quoted(value: str) -> str:
    """A TOML basic string: a Windows path keeps its backslashes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
