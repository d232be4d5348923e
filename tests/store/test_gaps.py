"""A silence is either a calm or a gap: the stretches in which a source answered tell which."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from domain.readings import FeedHealth, Health
from store.queries.gaps import gap_causes, silent_by_hour, source_gaps, was_alive
from store.schema import source_alive
from store.writes import intake

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
STALE_S = 600


def heard(conn: Connection, now: datetime, *minutes: float) -> None:
    for minute in minutes:
        intake.source_alive(conn, "s", joined=2 * MINUTE, now=now + minute * MINUTE)


def gaps(conn: Connection, now: datetime, since: float, until: float) -> list[tuple[float, float]]:
    found = source_gaps(
        conn, "s", since=now + since * MINUTE, until=now + until * MINUTE, stale_after_s=STALE_S
    )
    return [((g.since - now) / MINUTE, (g.until - now) / MINUTE) for g in found]


def test_answers_look_after_look_are_one_row_and_no_gap(conn: Connection, now: datetime) -> None:
    heard(conn, now, *range(120))
    assert conn.execute(select(func.count()).select_from(source_alive)).scalar_one() == 1
    assert gaps(conn, now, 0, 119) == []


def test_a_silence_is_a_gap_from_the_last_answer_to_the_next(conn: Connection, now: datetime) -> None:
    heard(conn, now, *range(30), *range(90, 120))
    assert gaps(conn, now, 0, 119) == [(29, 90)]
    assert gaps(conn, now, 40, 60) == [(40, 60)]
    assert gaps(conn, now, 0, 60) == [(29, 60)]
    assert gaps(conn, now, 95, 119) == []


def test_a_short_silence_is_none(conn: Connection, now: datetime) -> None:
    heard(conn, now, *range(30), *range(38, 60))
    assert gaps(conn, now, 0, 59) == []


def test_a_source_never_heard_is_one_gap(conn: Connection, now: datetime) -> None:
    assert gaps(conn, now, 0, 60) == [(0, 60)]
    heard(conn, now, 100)
    assert gaps(conn, now, 0, 60) == [(0, 60)]
    assert gaps(conn, now, 0, 105) == [(0, 100)]


def test_a_source_asked_once_a_day_is_alive_between_two_answers(conn: Connection, now: datetime) -> None:
    heard(conn, now, 0, 24 * 60, 48 * 60)
    found = source_gaps(conn, "s", since=now, until=now + 48 * HOUR, stale_after_s=26 * 3600)
    assert found == ()


def test_an_hour_can_be_asked_for(conn: Connection, now: datetime) -> None:
    heard(conn, now, *range(61), *range(150, 180))
    alive = [
        was_alive(conn, "s", hour=now + n * HOUR, now=now + 180 * MINUTE, stale_after_s=STALE_S)
        for n in range(3)
    ]
    assert alive == [True, False, False]


def test_a_clock_that_goes_back_breaks_nothing(conn: Connection, now: datetime) -> None:
    heard(conn, now, 0, 1, 2, 1, 0, 3)
    assert gaps(conn, now, 0, 3) == []


@pytest.mark.parametrize("seed", range(5))
def test_gaps_agree_with_counting_minute_by_minute(conn: Connection, now: datetime, seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    answers = sorted(rng.sample(range(600), rng.choice((5, 60, 300))))
    heard(conn, now, *answers)
    since, until = sorted(rng.sample(range(600), 2))
    expected = set()
    for minute in range(since, until):
        before = max((a for a in answers if a <= minute), default=None)
        after = min((a for a in answers if minute < a < until), default=until)
        if before is None or after - before > 10:
            expected.add(minute)
    found = {m for g in gaps(conn, now, since, until) for m in range(int(g[0]), int(g[1]))}
    assert found == expected


def test_every_hour_names_the_opinion_sources_nobody_heard(conn: Connection, now: datetime) -> None:
    def health(source: str, side: str) -> FeedHealth:
        return FeedHealth(
            source=source, name=source.upper(), side=side, health=Health.FRESH, data_time=None, last_ok_at=now,
            seen_at=now, stale_after_s=STALE_S, delay_allowed_s=STALE_S, quarantined_count=0, trouble=None,
        )  # fmt: skip

    heard(conn, now, *range(61), *range(150, 240))
    sources = [health("s", "opinion"), health("never", "opinion"), health("pay", "payment")]
    hours = [now + n * HOUR for n in range(4)]
    assert silent_by_hour(conn, sources, hours=hours, now=now + 239 * MINUTE) == (
        ("NEVER",), ("S", "NEVER"), ("S", "NEVER"), ("NEVER",),
    )  # fmt: skip
    assert silent_by_hour(conn, sources, hours=[], now=now) == ()


def test_a_gap_says_what_the_source_died_of(conn: Connection, now: datetime) -> None:
    heard(conn, now, *range(10), *range(60, 70))
    causes = ("blocked", "captcha", "captcha", None)
    for minute, cause in enumerate(causes, start=20):
        at = now + minute * MINUTE
        run = intake.RunRecord(
            source="s", started_at=at, finished_at=at, outcome="fetch_error", message="x", cause=cause
        )
        intake.record_run(conn, run)
    (gap,) = source_gaps(conn, "s", since=now, until=now + 69 * MINUTE, stale_after_s=STALE_S)
    assert gap_causes(conn, "s", gap) == ("captcha", "blocked")
    assert gap_causes(conn, "other", gap) == ()
