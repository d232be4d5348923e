"""The desk's words for stages, acts, signals, verdicts and clocks; screens and ledgers use the same."""

from __future__ import annotations

from domain.casework import Action, Stage, Verdict
from domain.clocks import ClockKind, ClockState
from domain.evidence import SystemSide
from domain.signals import Signal

STAGE = {
    Stage.FOUND: "发现",
    Stage.VERIFIED: "核实",
    Stage.GRADED: "研判定级",
    Stage.ASSIGNED: "交办",
    Stage.HANDLING: "处置中",
    Stage.RESPONDED: "回应",
    Stage.CLOSED: "办结",
    Stage.FALSE_ALARM: "误报",
    Stage.REVIEWED: "复盘",
    Stage.MERGED: "已并案",
}
ACTION = {
    Action.VERIFY: "核实",
    Action.GRADE: "定级",
    Action.ASSIGN: "交办",
    Action.ACCEPT: "接办",
    Action.FEEDBACK: "反馈",
    Action.RESPOND: "回应",
    Action.BRIEF: "新闻发布",
    Action.RETURN: "退回",
    Action.RAISE: "升级",
    Action.LOWER: "降级",
    Action.MERGE: "并案",
    Action.SPLIT: "拆分",
    Action.PAUSE: "暂停计时",
    Action.RESUME: "恢复计时",
    Action.CLOSE: "办结",
    Action.DISMISS: "误报",
    Action.REOPEN: "重新打开",
    Action.REVIEW: "复盘",
}
SIGNAL = {
    Signal.PENDING: "待确认",
    Signal.FIRING: "持续",
    Signal.RECOVERING: "回落中",
    Signal.NO_DATA: "来源中断，无从判断",
    Signal.RECOVERED: "已回落",
}
VERDICT = {Verdict.REAL: "属实", Verdict.PARTLY: "部分属实", Verdict.FALSE: "误报"}
CLOCK = {
    ClockKind.FIRST_WORD: "5小时首次回应",
    ClockKind.BRIEFING: "24小时新闻发布",
    ClockKind.RESPONSE: "48小时回应",
    ClockKind.UNIT: "责任单位时限",
}
CLOCK_STATE = {
    ClockState.RUNNING: "计时中",
    ClockState.PAUSED: "已暂停",
    ClockState.MET: "已完成",
    ClockState.BROKEN: "超时",
}
SYSTEM_SIDE = {SystemSide.YES: "是", SystemSide.NO: "否", SystemSide.NO_DATA: "无数据"}
BY_PROGRAM = "系统"
CHANGE = {
    "opened": "发现",
    "reopened": "再次出现，重新打开",
    "raised": "系统升级",
    "lowered": "系统降级",
    "grown": "证据翻倍",
    "moved": "改属县区",
    "closed": "信号消失",
    "clock": "超时",
    "firing": "信号恢复",
    "recovering": "回落中",
    "no_data": "来源中断",
    **{action.value: word for action, word in ACTION.items()},
}
