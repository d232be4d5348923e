"""The wall's scenes: one question each, how long each stands, what pins one. The worker decides, browsers obey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.readings import Level, OpenAlert


class Scene(StrEnum):
    OVERVIEW = "overview"
    LAUNCH = "launch"
    COUNTIES = "counties"
    SECTORS = "sectors"
    OPINION = "opinion"
    TRUST = "trust"


NAMES: Mapping[Scene, tuple[str, str]] = {
    Scene.OVERVIEW: ("总览", "走到哪一步"),
    Scene.LAUNCH: ("首发", "发放顺不顺"),
    Scene.COUNTIES: ("区县", "谁落后、剩多少"),
    Scene.SECTORS: ("行业", "钱带动了什么"),
    Scene.OPINION: ("舆情", "群众怎么说"),
    Scene.TRUST: ("数据", "数字可不可信"),
}
"""Name and question, as they stand in the masthead."""

BEFORE_ROUND, AFTER_ROUND = timedelta(minutes=10), timedelta(minutes=30)
ALERT_PINS = timedelta(minutes=5)
"""A pinned alert gives the wall back after this, acknowledged or not."""

SCENE_OF_RULE: Mapping[str, Scene] = {
    "opinion_burst": Scene.OPINION,
    "red_line": Scene.OPINION,
    "sentiment_turning": Scene.OPINION,
    "high_reach": Scene.OPINION,
    "unanswered": Scene.OPINION,
    "stale_feed": Scene.TRUST,
    "tranche_mixing": Scene.TRUST,
    "refund_shortfall": Scene.TRUST,
    "money_fault": Scene.TRUST,
}
"""Where an alert's evidence stands; alerts of other rules pin the overview, which lists them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One scene held on every wall of the scope. `until`: campaign time."""

    scene: Scene
    why: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The order of the scenes, how long each stands (real seconds), and which one is held at present."""

    order: tuple[Scene, ...]
    dwell_s: Mapping[Scene, int]
    pin: Pin | None


def order_for(order: Sequence[Scene], *, is_city: bool) -> tuple[Scene, ...]:
    """A county's own wall has no scene that compares counties."""
    return tuple(scene for scene in order if is_city or scene is not Scene.COUNTIES)


def pin_of(opens_at: Iterable[datetime], alerts: Iterable[OpenAlert], *, now: datetime) -> Pin | None:
    """A red alert before a release, a release before an orange alert; of equal alerts the newest.

    A release pins from 10 minutes before its opening to 30 after; an alert for five minutes from when it was raised.
    """
    pressing = [a for a in alerts if a.raised_at <= now < a.raised_at + ALERT_PINS]
    red = _alert_pin(pressing, Level.RED)
    return red or _release_pin(opens_at, now) or _alert_pin(pressing, Level.ORANGE)


def _alert_pin(pressing: Sequence[OpenAlert], level: Level) -> Pin | None:
    of_level = [a for a in pressing if a.level is level]
    if not of_level:
        return None
    newest = max(of_level, key=lambda a: (a.raised_at, a.alert_id))
    scene = SCENE_OF_RULE.get(newest.rule, Scene.OVERVIEW)
    word = "红色预警" if level is Level.RED else "橙色预警"
    return Pin(scene=scene, why=word, until=newest.raised_at + ALERT_PINS)


def _release_pin(opens_at: Iterable[datetime], now: datetime) -> Pin | None:
    near = [at + AFTER_ROUND for at in opens_at if at - BEFORE_ROUND <= now < at + AFTER_ROUND]
    return Pin(scene=Scene.LAUNCH, why="发放时段", until=max(near)) if near else None
