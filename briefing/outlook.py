"""Risks with the clocks that run on them, and what people say in three sentences: the leaders' page has no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from briefing.due import due_of, due_words
from briefing.event_facts import shown_title
from briefing.paper import Figure, Kind, Section, Told, joined, tell
from briefing.reference import key
from briefing.talk import ISSUE_TABLE, POSTS
from briefing.trust import OPEN_ALERTS, lasted, without_leads
from domain.readings import Level
from domain.terms import LEVEL, count
from store.queries.alert_then import alert_story
from store.queries.open_then import AlertThen

RISKS, TALK = "风险与时限", "舆情概况"
MOST_ALERTS, MOST_ISSUES, MOST_SOURCES = 3, 3, 3
_TWO_LINES = 44
"""In characters, of an alert's title."""
_GRAVITY = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)


def risks_section(
    conn: Connection,
    alerts: Sequence[AlertThen],
    *,
    balance: str,
    stale: Sequence[str],
    as_of: datetime,
) -> Section:
    """`balance`: the fund's own sentence. `stale`: names of sources that are late; an annex has all."""
    listed = without_leads(alerts)
    gravest = sorted(
        listed, key=lambda a: (_GRAVITY.index(Level(a.level)), a.receded, a.raised_at, a.alert_id)
    )
    named = gravest[:MOST_ALERTS]
    named_late = "、".join(stale[:MOST_SOURCES]) + ("等" if len(stale) > MOST_SOURCES else "")
    late = (f"滞后或暂无数据的来源：{named_late}，相关数字可能偏低。",) if stale else ()
    return Section(
        heading=RISKS,
        sentences=(_levels(listed), *(_alert(conn, a, as_of) for a in named), balance, *late),
        figures=(
            *(Figure(name=_level_name(lv), kind=Kind.COUNT, cell=n) for lv, n in _counts(listed)),
            *(Figure(name=_alert_name(a), kind=Kind.TEXT, cell=_title(a)) for a in named),
        ),
    )


def _counts(alerts: Sequence[AlertThen]) -> Iterator[tuple[Level, int]]:
    for level in _GRAVITY:
        n = sum(a.level == level.value for a in alerts)
        if n:
            yield level, n


def _level_name(level: Level) -> str:
    return f"{LEVEL[level]}预警（项）"


def _title(alert: AlertThen) -> str:
    return shown_title(alert.title, longest=_TWO_LINES)


def _alert_name(alert: AlertThen) -> str:
    return f"预警{alert.alert_id}"


def _levels(alerts: Sequence[AlertThen]) -> str:
    if not alerts:
        return "无未关闭预警。"
    parts = [
        tell(f"{LEVEL[lv]}{{}}", (f"{count(n)}项", key(RISKS, _level_name(lv)))) for lv, n in _counts(alerts)
    ]
    head = tell("未关闭预警{}，其中", (f"{count(len(alerts))}项", key("预警", OPEN_ALERTS)))
    return joined(head, joined(*parts, between="、"), "。")


def _alert(conn: Connection, alert: AlertThen, as_of: datetime) -> Told:
    """Its level, its words, how long it has lasted or that it has receded, and the clock that runs on it, if any."""
    due = due_of(alert_story(conn, alert.alert_id, known_by=as_of), as_of=as_of)
    clock = f"；{due_words(due)}" if due else ""
    return tell(
        f"{LEVEL[alert.level]}：{{}}，{lasted(alert, as_of=as_of)}{clock}。",
        (_title(alert), key(RISKS, _alert_name(alert))),
    )


def talk_section(talk: Section) -> Section:
    """Of the day's opinion: how much, in which tone, about what."""
    issues = next((table for table in talk.tables if table.id == ISSUE_TABLE), None)
    about = (
        [
            tell(f"{name}{{}}", (f"{count(int(n or 0))}条", key(ISSUE_TABLE, str(name), POSTS)))
            for name, n, *_ in issues.rows[:MOST_ISSUES]
        ]
        if issues
        else []
    )
    most = (joined("反映较多的是：", joined(*about, between="、"), "。"),) if about else ()
    return Section(heading=TALK, sentences=(*talk.sentences[:2], *most))
