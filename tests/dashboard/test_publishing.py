"""Pictures are made at once when something came after a quiet while, and in a burst at most every so often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashboard.live.publishing import IDLE, PUBLISH_EVERY_S, Publishing
from dashboard.live.snapshot import Press
from domain.campaign import Campaign
from store.engine import write
from store.writes.intake import move_version
from tests.store.events import OPENING

NOON = OPENING + timedelta(hours=3)


@dataclass
class Watch:
    """Seconds, moved by hand."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def press(engine: Engine, small_campaign: Campaign) -> Press:
    return Press(engine=engine, campaign=small_campaign, expected=(), build="b0b0")


def move(press: Press) -> int:
    with write(press.engine) as conn:
        return move_version(conn, NOON)


def test_news_after_a_quiet_while_is_drawn_at_once_and_nothing_is_drawn_without_any(press: Press):
    watch = Watch()
    publishing = Publishing(press, lambda: NOON, monotonic=watch)
    assert publishing.run() is not IDLE
    watch.at += PUBLISH_EVERY_S
    assert publishing.run() is IDLE
    assert publishing.run() is IDLE
    version = move(press)
    assert publishing.run() == version


def test_a_burst_is_drawn_together(press: Press):
    watch = Watch()
    publishing = Publishing(press, lambda: NOON, monotonic=watch)
    publishing.run()
    for _ in range(5):
        version = move(press)
        watch.at += PUBLISH_EVERY_S / 6
        assert publishing.run() is IDLE
    watch.at += PUBLISH_EVERY_S
    assert publishing.run() == version


@pytest.mark.parametrize(("takes_s", "rests_s"), [(0.1, PUBLISH_EVERY_S), (1.0, 2.0)])
def test_the_next_picture_is_due_by_the_beginning_of_the_last_unless_that_took_long(
    press: Press, takes_s: float, rests_s: float
):
    watch = Watch()

    def now() -> datetime:  # asked once a picture, in the middle of it
        watch.at += takes_s
        return NOON

    publishing, begun = Publishing(press, now, monotonic=watch), watch.at
    assert publishing.run() is not IDLE
    move(press)
    watch.at = begun + rests_s - 0.01
    assert publishing.run() is IDLE
    watch.at = begun + rests_s
    assert publishing.run() is not IDLE
