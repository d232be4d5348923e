"""What the audit log's entries say in Chinese; what has no word here is shown as it is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.permissions import ADMINS, MACHINES, UNASSIGNED
from dashboard.sources.discrepancy_pages import CAUSES
from domain.audit import Action, Entry
from domain.audit_chain import TAMPERING
from domain.desk_words import ACTION as ALERT_ACTION
from domain.desk_words import VERDICT
from domain.displays import ACTION as ORDER
from domain.flags import REASON
from domain.papers import PAPER
from domain.scenes import NAMES
from domain.terms import LABEL, LEVEL, UNKNOWN, local

ROLES = {
    **ADMINS,
    UNASSIGNED: "待授权",
    "machine": "接口",
    "display": "大屏",
    "console": "命令行",
    "worker": "后台",
}
"""Beside the offices of the campaign file."""

_SUBJECT = {
    "alert": "预警",
    "briefing": "专报",
    "display": "屏幕",
    "discrepancy": "差异",
    "post": "帖文",
    "flags": "线索",
    "lead": "商户线索",
    "quarantine of": "隔离区",
    "desk ledger": "处置台账",
    "posts to judge": "待研判帖文",
    "posts": "帖文",
    "audit log": "审计日志",
    "audit sample": "抽查清单",
    "roll-ups": "汇总",
    "scores": "研判结果",
    "token": "接口令牌",
    "register": "名册",
    "sanction ledger": "惩戒台账",
    "configuration": "配置文件",
    "people of events": "事件中的个人信息",
    "what is old": "到期数据",
    "by link": "按链接",
    "by author": "按发帖人",
    "rehearsal": "演练",
}
_BY_NAME = {
    Action.USER_ADD, Action.USER_RESET, Action.USER_DISABLE, Action.USER_ENABLE, Action.USER_ROLE, Action.RERUN,
    Action.IMPORT, Action.PASSWORD_CHANGE, Action.SECOND_FACTOR, Action.SESSION_CLOSE, Action.MODEL, Action.DENIED,
}  # fmt: skip
"""Their subject is a name that somebody chose, never one of our words."""

_KEY = {
    "action": "动作", "alert": "预警", "kind": "种类",
    "after": "起于", "alerts": "告警配置", "as_of": "截至", "before": "原角色",
    "broken": "首条异常", "by": "填报人", "campaign": "活动配置", "cause": "原因",
    "cells": "单元", "checked": "已校验", "county": "县区", "day": "日期",
    "due_at": "时限", "days": "有效天数", "by_office": "单位登录", "factor": "操作", "routes": "接口",
    "sessions": "会话", "edition": "版次", "file": "文件", "files": "文件", "form": "格式", "freeze_id": "冻结号",
    "inches": "对角线", "issues": "议题", "known_at": "外部通报", "label": "倾向", "level": "等级",
    "looks_like": "像是", "metres": "距离", "name": "名称", "new": "新增", "office": "承办", "order": "操作",
    "page": "页", "percent": "比例", "population": "总体", "posts": "条数", "relevance": "相关性", "role": "角色",
    "rows": "行数", "sampled": "抽取", "scene": "场景", "scope": "范围", "seed": "种子", "sha256": "哈希",
    "since": "自", "sources": "来源配置", "target": "并入", "times": "次数", "until": "至", "verdict": "结论",
    "who": "操作人", "why": "原因", "cut": "节选", "deleted": "删除行数", "digest": "摘要",
}  # fmt: skip
_VALUE: Mapping[str, Mapping[Any, str]] = {
    "cause": CAUSES,
    "label": LABEL,
    "level": LEVEL,
    "looks_like": TAMPERING,
    "kind": {kind.value: name for kind, name in PAPER.items()},
    "order": {**ORDER, "make": "发放"},
    "scene": {scene: names[0] for scene, names in NAMES.items()},
    "verdict": VERDICT,
    "factor": {"bound": "绑定手机", "reset": "重置", "code": "验证动态口令", "recovery code": "使用恢复码"},
    "sessions": {"one": "一个", "all": "全部"},
    "by_office": {"True": "是"},
    "routes": {name: words for name, (_, words) in MACHINES.items()},
    "why": {"wrong": "账号或口令不符", "wrong code": "动态口令不符", "too many tries": "尝试过多"},
    "action": ALERT_ACTION,
    "relevance": {"campaign": "与活动有关", "commerce": "商家广告", "other": "无关", "unknown": "不明"},
}
_REASON: Mapping[str, str] = REASON
_DIGEST_CHARACTERS = 12


def subject_words(entry: Entry) -> str:
    if entry.action in _BY_NAME:
        return entry.subject
    if entry.subject in _SUBJECT:
        return _SUBJECT[entry.subject]
    kind, _, which = entry.subject.rpartition(" ")
    if kind not in _SUBJECT:
        return entry.subject
    return f"{_SUBJECT[kind]} {_REASON.get(which, which) if kind == 'flags' else which}"


def detail_words(entry: Entry, names: Mapping[str, str]) -> str:
    """`names`: of offices by id, of divisions by code."""
    try:
        told = json.loads(entry.detail)
    except ValueError:  # somebody changed it behind our back
        return entry.detail
    if not isinstance(told, dict):
        return entry.detail
    return "，".join(f"{_KEY.get(key, key)} {_value(key, value, names)}" for key, value in told.items())


def _value(key: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, list):
        return "、".join(_value(key, one, names) for one in value)
    text = str(value)
    if key in ("scope", "county", "office", "role", "before"):
        return names.get(text, text)
    if key in ("as_of", "due_at", "known_at", "since", "until"):
        return _time(text)
    if len(text) == 64 and key != "name":  # a digest
        return text[:_DIGEST_CHARACTERS]
    return _VALUE.get(key, {}).get(text, text)


def _time(text: str) -> str:
    try:
        return f"{local(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return text
