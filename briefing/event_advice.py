"""风险研判 and 对策建议 of one alert, by rule: what its level, its posts and the money beside them call for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from briefing.voices import merged
from domain.clocks import LIMITS, URGENT, ClockKind
from domain.evidence import SystemSide
from domain.issues import ISSUES, IssueKind
from domain.lead_units import LEAD_UNIT
from domain.readings import Level
from domain.terms import LEVEL, clock, count, month_day
from store.queries.alert_then import AlertStory
from store.queries.briefed import Said

_HOUR = timedelta(hours=1)
_MEANS = {
    Level.BLUE: "一般，零散反映",
    Level.YELLOW: "较大，多个来源出现、负面上升",
    Level.ORANGE: "重大，传播较快或涉敏感内容",
    Level.RED: "特别重大，可能影响社会秩序",
}
_BESIDE = {
    SystemSide.YES: "领取或核销在同一时段中断，建议支付平台立即核查接口和核销链路，恢复后公告。",
    SystemSide.NO: "领取和核销未见中断，建议侧重规则说明和个案答复，不以系统故障对外解释。",
    SystemSide.NO_DATA: "支付数据不足以对照，建议催报同一时段数据后复核。",
}


def risks(story: AlertStory, posts: Sequence[Said], others: int, as_of: datetime) -> Iterator[str]:
    """Whether it still grows, from the last hour and the one before it."""
    last, before = (
        merged([p for p in posts if as_of - _HOUR * (n + 1) <= p.at < as_of - _HOUR * n]) for n in (0, 1)
    )
    trend = "仍在上升" if last > before else "正在回落" if last < before else "持平" if last else "暂无新增"
    grade = f"当前为{LEVEL[story.level]}（{_MEANS[story.level]}）"
    if posts:
        yield f"{grade}；最近一小时合并后{count(last)}条，前一小时{count(before)}条，传播{trend}。"
    else:
        yield f"{grade}；尚无同类帖文，传播情况不明。"
    if others:
        yield f"同一区域另有未关闭预警{count(others)}项，存在叠加可能。"


def advice(story: AlertStory, issue: str | None, side: SystemSide, *, as_of: datetime) -> Iterator[str]:
    yield from _clock(story, as_of)
    if issue is not None and ISSUES[issue].kind in (IssueKind.CLUE, IssueKind.RISK):
        yield f"线索转{LEAD_UNIT[issue]}核查，核实前不作结论、不点名。"
    elif issue is not None:
        yield f"由{LEAD_UNIT[issue]}牵头核实并回应（按工作方案分工），属地县区配合。"
    yield _BESIDE[side]


def _clock(story: AlertStory, as_of: datetime) -> Iterator[str]:
    """The first clock that binds; one that was ever paused is left to the desk, which counts the pauses."""
    changes = {line.change for line in story.history}
    if "pause" in changes:
        return
    if story.level in URGENT:
        since = next(line.at for line in story.history if line.level in URGENT)
        kind, name = ClockKind.FIRST_WORD, "首次回应"
    else:
        since, kind, name = story.raised_at, ClockKind.RESPONSE, "回应"
    due = since + LIMITS[kind]
    at = f"{month_day(due)}{clock(due)}"
    if "respond" in changes:
        yield f"{name}时限为{at}，已回应；建议跟踪反馈，至回落后办结。"
    elif as_of > due:
        yield f"{name}时限为{at}，已超时；建议立即回应并说明原因。"
    else:
        yield f"{name}时限为{at}，尚未回应；建议在时限前发布权威信息。"
