"""What was done, by whom, provably: the entries of the audit log and the hash that chains each to the one before.

The chain is plain SHA-256 and not keyed. An auditor then checks it with an export and a few lines of code and is
trusted with no secret; a key would have to outlive the campaign's own, which is destroyed at its close; and who runs
the machine would have it anyway. So the chain alone does not hold against somebody who writes the database and works
all later hashes out anew: for that its head is written down outside the database (`Anchor`), where the rewriting
shows. What came after the newest anchor is not proven yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

VERSION = "quanqing-audit-1"
GENESIS = "0" * 64
"""What stands before the first entry."""


class Action(StrEnum):
    """What is audited (promises X4). The words of these are in `ACTION`."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    DENIED = "denied"
    EXPORT = "export"
    VIEW_POSTS = "view-posts"
    VIEW_FLAGGED = "view-flagged"
    RERUN = "rerun"
    DISCREPANCY_CLOSE = "discrepancy-close"
    JUDGE_POST = "judge-post"
    ALERT_ACT = "alert-act"
    ALERT_OPEN = "alert-open"
    SHIFT = "shift"
    DISPLAY_PAIR = "display-pair"
    DISPLAY_ACT = "display-act"
    BRIEFING_ASK = "briefing-ask"
    CHANNEL_TEST = "channel-test"
    BACKTEST = "backtest"
    USER_ADD = "user-add"
    USER_RESET = "user-reset"
    USER_DISABLE = "user-disable"
    USER_ENABLE = "user-enable"
    USER_ROLE = "user-role"
    PASSWORD_CHANGE = "password-change"  # noqa: S105
    SECOND_FACTOR = "second-factor"
    SESSION_CLOSE = "session-close"
    MACHINE_ACCESS = "machine-access"
    REGISTER_LOAD = "register-load"
    SANCTIONS_LOAD = "sanctions-load"
    IMPORT = "import"
    REBUILD = "rebuild"
    MODEL = "model"
    ERASE = "erase"
    CONFIGURATION = "configuration"
    VERIFY = "verify"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"  # by a rule: no right, a wrong password, too many tries
    FAILED = "failed"


OUTCOME: Mapping[str, str] = {Outcome.DONE: "已完成", Outcome.REFUSED: "已拒绝", Outcome.FAILED: "未成功"}
ACTION: Mapping[str, str] = {
    Action.SIGN_IN: "登录",
    Action.SIGN_OUT: "退出登录",
    Action.DENIED: "越权访问",
    Action.EXPORT: "导出下载",
    Action.VIEW_POSTS: "查看帖文原文",
    Action.VIEW_FLAGGED: "查看线索明细",
    Action.RERUN: "重新读取来源",
    Action.DISCREPANCY_CLOSE: "差异结案",
    Action.JUDGE_POST: "帖文研判",
    Action.ALERT_ACT: "预警办理",
    Action.ALERT_OPEN: "人工报警",
    Action.SHIFT: "交接班",
    Action.DISPLAY_PAIR: "配对屏幕",
    Action.DISPLAY_ACT: "操作屏幕",
    Action.BRIEFING_ASK: "申请专报",
    Action.CHANNEL_TEST: "通道自检",
    Action.BACKTEST: "规则回放",
    Action.USER_ADD: "新增用户",
    Action.USER_RESET: "重设口令",
    Action.USER_DISABLE: "停用用户",
    Action.USER_ENABLE: "启用用户",
    Action.USER_ROLE: "变更角色",
    Action.PASSWORD_CHANGE: "更改本人密码",
    Action.SECOND_FACTOR: "动态口令",
    Action.SESSION_CLOSE: "结束会话",
    Action.MACHINE_ACCESS: "接口令牌",
    Action.REGISTER_LOAD: "载入名册",
    Action.SANCTIONS_LOAD: "载入惩戒台账",
    Action.IMPORT: "导入数据",
    Action.REBUILD: "重建汇总",
    Action.MODEL: "变更模型",
    Action.ERASE: "清除个人信息",
    Action.CONFIGURATION: "配置变更",
    Action.VERIFY: "校验日志",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who does something, from where, at which moment of the real clock. `name` is empty for a stranger."""

    name: str
    role: str = ""
    address: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log. `detail` is canonical JSON, its keys in order."""

    number: int  # 1, 2, 3 ... without a gap
    at: datetime
    who: str
    role: str
    address: str
    action: str
    subject: str
    outcome: str
    detail: str
    previous: str  # the hash of the entry before
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The head of the chain as it was at a moment, written down outside the database."""

    at: datetime
    number: int
    hash: str


Words = tuple[str, str, str, str, str, str, str]
"""Who, role, address, action, subject, outcome, detail."""


def seal(previous: str, number: int, at_us: int, words: Words) -> str:
    """An entry's hash. Each part stands behind its own length, so that none can pass for its neighbour's.

    `at_us`: microseconds since 1970. SHA-256 over UTF-8, in hex.
    """
    parts = (VERSION, previous, str(number), str(at_us), *words)
    text = "".join([f"{len(part)}:{part}," for part in parts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
