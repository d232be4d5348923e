"""风险研判 and 对策建议 of one alert, by rule: what its level, its posts and the money beside them call for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from briefing.due import due_of, due_words
from briefing.paper import Figure, Kind, Section, tell
from briefing.reference import key
from briefing.voices import merged
from domain.clocks import ClockState
from domain.evidence import SystemSide
from domain.issues import ISSUES, IssueKind
from domain.lead_units import LEAD_UNIT
from domain.readings import Level
from domain.terms import LEVEL, count
from store.queries.alert_then import AlertStory
from store.queries.briefed import Said

RISKS = "风险研判"
LAST_HOUR, HOUR_BEFORE = "最近一小时合并后（条）", "前一小时合并后（条）"
OTHERS = "同一区域另有未关闭预警（项）"
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


def risks_section(story: AlertStory, posts: Sequence[Said], others: int, as_of: datetime) -> Section:
    """Whether it still grows, from the last hour and the one before it."""
    last, before = (
        merged([p for p in posts if as_of - _HOUR * (n + 1) <= p.at < as_of - _HOUR * n]) for n in (0, 1)
    )
    names = ((LAST_HOUR, last), (HOUR_BEFORE, before), (OTHERS, others))
    return Section(
        heading=RISKS,
        sentences=(*_spreading(story, posts, last, before), *_others(others)),
        figures=tuple(Figure(name=name, kind=Kind.COUNT, cell=n) for name, n in names),
    )


def _spreading(story: AlertStory, posts: Sequence[Said], last: int, before: int) -> Iterator[str]:
    trend = "仍在上升" if last > before else "正在回落" if last < before else "持平" if last else "暂无新增"
    grade = f"当前为{LEVEL[story.level]}（{_MEANS[story.level]}）"
    if posts:
        yield tell(
            f"{grade}；最近一小时合并后{{}}，前一小时{{}}，传播{trend}。",
            (f"{count(last)}条", key(RISKS, LAST_HOUR)),
            (f"{count(before)}条", key(RISKS, HOUR_BEFORE)),
        )
    else:
        yield f"{grade}；尚无同类帖文，传播情况不明。"


def _others(others: int) -> Iterator[str]:
    if others:
        yield tell("同一区域另有未关闭预警{}，存在叠加可能。", (f"{count(others)}项", key(RISKS, OTHERS)))


def advice(story: AlertStory, issue: str | None, side: SystemSide, *, as_of: datetime) -> Iterator[str]:
    yield from _clock(story, as_of)
    if issue is not None and ISSUES[issue].kind in (IssueKind.CLUE, IssueKind.RISK):
        yield f"线索转{LEAD_UNIT[issue]}核查，核实前不作结论、不点名。"
    elif issue is not None:
        yield f"由{LEAD_UNIT[issue]}牵头核实并回应（按工作方案分工），属地县区配合。"
    yield _BESIDE[side]


def _clock(story: AlertStory, as_of: datetime) -> Iterator[str]:
    due = due_of(story, as_of=as_of)
    if due is not None:
        then = (
            "建议跟踪反馈，至回落后办结" if due.stopped_at
            else "建议立即回应并说明原因" if due.state is ClockState.BROKEN
            else "建议在时限前发布权威信息"
        )  # fmt: skip
        yield f"{due_words(due)}；{then}。"
