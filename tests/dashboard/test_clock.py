"""One clock for all processes, real or a rehearsal's."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.clock import Clock, real_now
from domain.errors import ConfigError

START = datetime.fromisoformat("2022-10-28T08:58:00+08:00")
SINCE = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_rehearsal_runs_from_its_start_at_its_speed():
    clock = Clock.rehearsal(START, speed=60, since=SINCE)
    assert clock.at(SINCE) == START
    assert clock.at(SINCE + timedelta(seconds=2)) == START + timedelta(minutes=2)
    assert clock.at(SINCE).tzinfo is UTC
    assert clock.real_s(timedelta(minutes=2)) == 2


def test_processes_given_the_same_text_agree():
    clock = Clock.rehearsal(START, speed=2.5, since=SINCE + timedelta(microseconds=123456))
    copy = Clock.parse(str(clock))
    later = SINCE + timedelta(hours=3)
    assert copy.at(later) == clock.at(later)
    assert Clock.parse("2022-10-28T08:58:00+08:00@60 since 1772409600").at(SINCE) == START


def test_without_a_start_it_is_the_real_clock():
    clock = Clock.parse(str(Clock()))
    before = real_now()
    assert before <= clock.now() <= real_now()
    assert clock.is_real
    assert clock.speed == 1


def test_a_clock_at_speed_zero_stands_still():
    clock = Clock.parse("2022-10-28T08:58:00+08:00@0 since 1772409600")
    assert clock.at(SINCE + timedelta(days=1)) == START


@pytest.mark.parametrize(
    "text",
    [
        "noon",
        "2022-13-01T00:00:00+08:00@1 since 1",
        "2022-10-28T08:58:00@1 since 1",
        "2022-10-28T08:58:00+08:00@-1 since 1",
    ],
)
def test_a_clock_that_makes_no_sense_is_refused(text: str):
    with pytest.raises(ConfigError, match="clock"):
        Clock.parse(text)


def test_a_clock_does_not_run_backwards():
    with pytest.raises(ConfigError, match="below zero"):
        Clock.rehearsal(START, speed=-1)
