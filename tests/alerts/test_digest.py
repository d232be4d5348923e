"""Blue and yellow wait for the digest's time and go out as one; orange and red never wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from alerts.finding import Finding, Window
from alerts.rules import RULES
from alerts.watch import watch
from domain.campaign import Campaign
from domain.readings import Level
from tests.alerts.test_deliver import Receiver, group, sent

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DIGEST = {"digest": ("08:30", "17:00")}


class Four:
    """One thing of each level."""

    ID = RULES[0].ID

    def findings(self, window: Window) -> list[Finding]:
        return [
            Finding(subject=f"{n}", level=level, title=f"第{n}件", reasons=(), evidence=(), evidence_count=0)
            for n, level in enumerate(Level)
        ]


@pytest.mark.parametrize(
    ("at", "until"),
    [((8, 29), (8, 30)), ((8, 30), (17, 0)), ((16, 59), (17, 0)), ((17, 0), (32, 30)), ((23, 0), (32, 30))],
)
def test_the_next_digest_is_today_or_tomorrow(
    now: datetime, at: tuple[int, int], until: tuple[int, int]
) -> None:
    midnight = now.replace(hour=0, minute=0)
    asked = midnight + timedelta(hours=at[0], minutes=at[1])
    channel = group(**DIGEST)
    for level in (Level.BLUE, Level.YELLOW):
        assert channel.held_until(level, asked) == midnight + timedelta(hours=until[0], minutes=until[1])
    assert channel.held_until(Level.ORANGE, asked) is channel.held_until(Level.RED, asked) is None
    assert group().held_until(Level.BLUE, asked) is None


def test_what_is_not_urgent_goes_out_together_at_the_digests_time(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    receiver, channel = Receiver(), group(**DIGEST)
    watch(engine, (Four(),), small_campaign, (), clock=lambda: now, channels=(channel,))
    assert sent(engine, receiver, now, **DIGEST) == 2
    assert "2 条预警：红色 1、橙色 1" in receiver.got[0]
    assert sent(engine, receiver, now + 6 * HOUR, **DIGEST) == 0
    assert sent(engine, receiver, now + 7 * HOUR, **DIGEST) == 2
    assert "2 条预警：黄色 1、蓝色 1" in receiver.got[1]


def test_a_digest_in_quiet_hours_waits_for_their_end(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    night = {"digest": ("23:00",), "quiet": "22:00-07:00"}
    receiver, channel = Receiver(), group(**night)
    watch(engine, (Four(),), small_campaign, (), clock=lambda: now, channels=(channel,))
    assert [sent(engine, receiver, now + hours * HOUR, **night) for hours in (0, 14, 21)] == [2, 0, 2]


@pytest.mark.parametrize("digest", [("24:00",), ("8:30",), "08:30", ("08:30", 3)])
def test_a_time_that_is_none_is_refused(digest: object) -> None:
    with pytest.raises(ValidationError):
        group(digest=digest)
