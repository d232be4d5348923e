"""The worker's own jobs, as far as people hear of them: what each is called, and one that does not get to its end."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime

SOURCE_PREFIX = "source "
JOB: Mapping[str, str] = {
    "drain the inbox": "接收推送",
    "asked sources": "按要求重新读取来源",
    "score": "帖文评分",
    "group reposts": "转发归并",
    "judge": "核销规则核对",
    "reconcile": "对账",
    "watch": "预警研判",
    "asked backtests": "规则回测",
    "tell": "发送通知",
    "publish papers": "专报生成",
    "anchor the audit log": "审计日志核验与锚定",
    "deliver papers": "专报报送",
    "publish": "大屏画面生成",
    "measure delays": "来源时延统计",
    "forget what is old": "到期数据清除",
    "back up": "备份",
    "backup drill": "备份恢复演练",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingJob:
    """A job whose last run failed. `last_ok_at`: None where none ever succeeded."""

    name: str
    failures_in_row: int
    last_ok_at: datetime | None
    trouble: str


def is_run(name: str, sources: Container[str]) -> bool:
    """False: no program of today has such a job, or no source of these is its own. It can come to no end any more."""
    if name.startswith(SOURCE_PREFIX):
        return name.removeprefix(SOURCE_PREFIX) in sources
    return name in JOB


def job_words(name: str) -> str:
    """Of a source's own job: the source, by its id. Raises KeyError for what `is_run` says no of."""
    if name.startswith(SOURCE_PREFIX):
        return f"读取来源 {name.removeprefix(SOURCE_PREFIX)}"
    return JOB[name]
