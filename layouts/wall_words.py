"""Words and shapes several panels of the wall share: a source's health, an age, a level."""

from datetime import datetime, timedelta

from domain.readings import Health, Level
from domain.terms import span

HEALTH = {
    Health.DOWN: ("▼", "中断", "down"),
    Health.LATE: ("▲", "迟到", "late"),
    Health.NEVER: ("○", "未接入", "never"),
    Health.FRESH: ("●", "正常", "fresh"),
}
"""Shape, word and CSS class, the worst first."""

LEVEL_SHAPE = {Level.RED: "▲", Level.ORANGE: "◆", Level.YELLOW: "■", Level.BLUE: "●"}
"""The gravest first."""


def age(at: datetime, as_of: datetime) -> str:
    """How old something is, coarse: under a minute is said so, or the line would change every second."""
    gone = max(timedelta(0), as_of - at)
    return "1 分内" if gone < timedelta(minutes=1) else short_span(gone)


def short_span(gone: timedelta) -> str:
    """40 秒, 5 分, 3 时, 2 天: the larger unit alone."""
    words = span(gone).replace("分钟", "分").replace("小时", "时")
    return " ".join(words.split(" ")[:2])
