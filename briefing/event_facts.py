"""What every 快报 says first, whatever the alert is of: what was found, how it stands, what was done."""

from __future__ import annotations

from datetime import datetime

from briefing.paper import Figure, Kind, tell
from briefing.reference import key
from briefing.text import moment_words
from domain.desk_words import CHANGE, STAGE
from domain.personal import mask_personal
from domain.terms import LEVEL, clock, month_day, span
from store.queries.alert_then import AlertStory

BASICS, MATTER, FIRST, ORIGIN = "基本情况", "预警事项", "首次发现时的事项", "拆自"
_TITLE_CHARACTERS, _STEPS_SHOWN = 80, 6


def at_words(moment: datetime) -> str:
    return f"{month_day(moment)}{clock(moment)}"


def shown_title(title: str, *, longest: int = _TITLE_CHARACTERS) -> str:
    """People open alerts, too, and may name somebody. `longest`: in characters."""
    plain = mask_personal(title)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def found_sentence(story: AlertStory, as_of: datetime) -> str:
    origin = origin_words(story)
    found, cited = ("系统监测发现", ()) if origin is None else ("由{}拆出", ((origin, key(BASICS, ORIGIN)),))
    signal = "信号已回落" if story.receded else f"已持续{span(as_of - story.raised_at)}"
    return tell(
        f"{at_words(story.raised_at)}，{found}：{{}}。截至{moment_words(as_of)}为{LEVEL[story.level]}预警，"
        f"处于“{STAGE[story.stage]}”阶段，{signal}。",
        *cited,
        (shown_title(story.title), key(BASICS, MATTER)),
    )


def origin_words(story: AlertStory) -> str | None:
    """People took it out of another alert; the system found only that one."""
    first = story.origin
    return None if first is None else f"预警{first.alert_id}“{shown_title(first.title)}”"


def steps_sentence(story: AlertStory) -> str:
    """The last of what was done, without who and without the notes: these may name people."""
    words = [f"{clock(line.at)}{CHANGE.get(line.change, line.change)}" for line in story.history]
    shown = words if len(words) <= _STEPS_SHOWN else ["（此前从略）", *words[-_STEPS_SHOWN:]]
    return f"处置经过：{'；'.join(shown)}。"


def matter_figures(story: AlertStory) -> tuple[Figure, ...]:
    first, origin = shown_title(story.history[0].title), origin_words(story)
    return (
        Figure(name=MATTER, kind=Kind.TEXT, cell=shown_title(story.title)),
        Figure(name=FIRST, kind=Kind.TEXT, cell=first),
        *((Figure(name=ORIGIN, kind=Kind.TEXT, cell=origin),) if origin else ()),
    )


def first_sentence(story: AlertStory) -> tuple[str, ...]:
    """Where it began as something else than it is now."""
    first = shown_title(story.history[0].title)
    if first == shown_title(story.title):
        return ()
    return (tell("首次发现时为：{}。", (first, key(BASICS, FIRST))),)
