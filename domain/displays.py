"""Screens on walls: what is known of one, what it is told, and the limits of both."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CODE_CHARS = "34679ACDEFGHJKMNPQRTWXY"
"""What two people read alike, from afar and over the telephone: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V."""

CODE_LENGTH = 6
CODE_LASTS = timedelta(minutes=10)
NAME_CHARS = 32
INCHES = (10.0, 600.0)
METRES = (0.5, 50.0)
IDENTIFIED_FOR = timedelta(seconds=20)
LOST_AFTER = timedelta(seconds=90)
"""A screen reports every thirty seconds: three missed are a loss."""

PAIRING_LASTS = timedelta(days=400)
"""What browsers allow a cookie at most: then the screen is paired anew."""

UNSEEN_LASTS = timedelta(days=30)
"""A screen that was taken off its wall keeps no key to it."""


class Action(StrEnum):
    """What was done to a display; each is kept with who and when."""

    PAIR = "pair"
    WRONG_CODE = "wrong_code"
    RENAME = "rename"
    REVOKE = "revoke"
    IDENTIFY = "identify"
    RELOAD = "reload"
    PIN = "pin"
    UNPIN = "unpin"
    SCREEN = "screen"


ACTION: Mapping[Action, str] = {
    Action.PAIR: "配对",
    Action.WRONG_CODE: "配对码无效",
    Action.RENAME: "改名",
    Action.REVOKE: "撤销",
    Action.IDENTIFY: "点名",
    Action.RELOAD: "重新载入",
    Action.PIN: "固定场景",
    Action.UNPIN: "取消固定",
    Action.SCREEN: "调整屏幕",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """How a display hangs: what its type is measured by, and when it is dimmed (minutes of the Shanghai day)."""

    inches: float | None = None
    metres: float | None = None
    dim_from: int | None = None
    dim_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a display says of itself: numbers and our own words, checked at the door. Lengths in CSS pixels.

    `type_px`: for each scene its smallest type and its smallest headline (None: the scene has none).
    """

    build: str
    width_px: int
    height_px: int
    pixel_ratio: float
    heap_bytes: int | None
    scene: str | None
    type_px: Mapping[str, tuple[float, float | None]]


def pairing_stands(created_at: datetime, seen_at: datetime | None, *, now: datetime) -> bool:
    """Whether a pairing that nobody revoked still lets its screen in."""
    return now - created_at < PAIRING_LASTS and now - (seen_at or created_at) < UNSEEN_LASTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDisplay:
    """A display as the fleet page shows it."""

    display_id: int
    name: str
    scope: str
    screen: Screen
    pin: str | None
    created_at: datetime
    revoked_at: datetime | None
    seen_at: datetime | None
    report: Report | None

    def is_online(self, now: datetime) -> bool:
        return self.seen_at is not None and now - self.seen_at < LOST_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a display is told to be and do. `reload_no` counts: a higher one than at the page's start means reload."""

    display_id: int
    name: str
    scope: str
    screen: Screen
    pin: str | None
    identify_until: datetime | None
    reload_no: int
    is_revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayAction:
    """One line of what was done. `name`: the display's today; None where there is none."""

    name: str | None
    action: Action
    detail: str
    done_by: str
    done_at: datetime


def clean_code(typed: str) -> str | None:
    """A code as typed, in whatever case, width and grouping; None: no code of ours can look like this."""
    kept = unicodedata.normalize("NFKC", typed[: 4 * CODE_LENGTH]).upper()
    code = "".join(ch for ch in kept if not ch.isspace() and ch not in "-·.")
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_CHARS) else None


def clean_name(typed: str) -> str | None:
    """A display's name on one line, without characters nobody sees; None: nothing is left, or too much."""
    kept = "".join(ch if ch.isprintable() else " " for ch in unicodedata.normalize("NFKC", typed))
    name = " ".join(kept.split())
    return name if 0 < len(name) <= NAME_CHARS else None
