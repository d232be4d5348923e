"""The clock a paper tells of an alert: the desk's own, worked out from the history alone, as it was known then."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection

from briefing.due import due_of, due_words
from domain.cases import Act
from domain.casework import Action
from domain.clocks import next_due
from domain.readings import Level
from store.queries.alert_then import alert_story
from store.queries.cases import find_case
from store.writes.alerts import settle
from store.writes.splits import split_off
from tests.store.posts import post, say, score
from tests.store.test_cases import CLOSE, HOUR, alarm, assigned, done, graded

BY_POSTS, BY_MONEY = "opinion_burst", "stale_feed"
ASSIGNED = ("verify", "grade", "assign")
WAY = (*ASSIGNED, "pause", "resume", "accept", "feedback", "return", "assign", "accept", "respond", "brief")
"""What people did, an hour after each other."""


def raised(conn: Connection, rule: str, now: datetime, level: Level = Level.ORANGE) -> int:
    settle(conn, rule, [alarm(level)], now=now)
    return 1


def walk(conn: Connection, alert_id: int, steps: tuple[str, ...], now: datetime) -> datetime:
    for step in steps:
        now += HOUR
        acts = {"grade": graded(), "assign": assigned(now), "lower": _lowered(), "close": CLOSE}
        done(conn, alert_id, now, acts.get(step, step))
    return now


def _lowered() -> Act:
    return Act(action=Action.LOWER, level=Level.YELLOW, note="因为")


@pytest.mark.parametrize("rule", [BY_POSTS, BY_MONEY])
def test_it_is_the_one_the_desk_looks_at_after_every_step(conn: Connection, now: datetime, rule: str) -> None:
    alert_id, at = raised(conn, rule, now), now
    for step in WAY:
        at = walk(conn, alert_id, (step,), at)
        for look in (at, at + 2 * HOUR):
            found, case = (
                due_of(alert_story(conn, alert_id, known_by=at), as_of=look),
                find_case(conn, alert_id),
            )
            assert case is not None
            waiting = next_due(case.timing, now=look)
            assert found == waiting if waiting else found is None or found.stopped_at is not None, step


@pytest.mark.parametrize(("way", "level"), [(("verify",), Level.YELLOW), (WAY, Level.RED)])
def test_of_what_came_back_it_is_the_one_that_began_then(
    conn: Connection, now: datetime, way: tuple[str, ...], level: Level
) -> None:
    alert_id = raised(conn, BY_POSTS, now, Level.BLUE)
    closed = walk(conn, alert_id, (*way, "close"), now)
    back = closed + 24 * HOUR
    raised(conn, BY_POSTS, back, level)
    at = walk(conn, alert_id, ASSIGNED, back)
    found = due_of(alert_story(conn, alert_id, known_by=at), as_of=at)
    case = find_case(conn, alert_id)
    assert case is not None
    assert found == next_due(case.timing, now=at)
    assert found is not None
    assert found.due_at > back


def test_what_came_later_is_not_told(conn: Connection, now: datetime) -> None:
    alert_id = raised(conn, BY_MONEY, now)
    walk(conn, alert_id, ASSIGNED, now)
    assert due_of(alert_story(conn, alert_id, known_by=now + HOUR), as_of=now + HOUR) is None


def test_of_a_late_file_nobody_is_owed_a_word(conn: Connection, now: datetime) -> None:
    """Only the deadline binds that was set when it was assigned."""
    alert_id = raised(conn, BY_MONEY, now, Level.RED)
    at = now + 9 * HOUR
    assert due_of(alert_story(conn, alert_id, known_by=at), as_of=at) is None


@pytest.mark.parametrize("end", ["close", "dismiss"])
def test_none_runs_on_what_is_over(conn: Connection, now: datetime, end: str) -> None:
    alert_id = raised(conn, BY_POSTS, now)
    at = walk(conn, alert_id, ("verify", end), now) + 9 * HOUR
    assert due_of(alert_story(conn, alert_id, known_by=at), as_of=at) is None


def test_what_was_split_off_has_the_first_ones_clocks_and_tells_none_of_its_own(
    conn: Connection, now: datetime
) -> None:
    """It gained no time by the split, and its own history does not say when the first one was raised."""
    say(conn, *((post(n, f"抢不到{n}", published_at=now), score()) for n in (1, 2)), now=now)
    settle(conn, BY_POSTS, [alarm(evidence=("1", "2"), evidence_count=2)], now=now)
    number = split_off(conn, 1, [2], title="另一件事", note="", who="wang", now=now + 4 * HOUR)
    at = now + 5 * HOUR
    assert due_of(alert_story(conn, number, known_by=at), as_of=at) is None


@pytest.mark.parametrize(
    ("rule", "ways", "after", "words"),
    [
        (BY_POSTS, (), 1, "首次回应时限为10月28日15:00，尚未回应"),
        (BY_POSTS, (), 6, "首次回应时限为10月28日15:00，已超时"),
        (BY_POSTS, ("verify", "lower"), 1, "回应时限为10月30日10:00，尚未回应"),
        (BY_POSTS, ("pause",), 1, "首次回应计时暂停"),
        (BY_MONEY, ASSIGNED, 1, "办理时限为10月28日15:00，尚未办理"),
        (BY_MONEY, (*ASSIGNED, "accept", "feedback"), 0, "办理时限为10月28日15:00，已办理"),
    ],
)
def test_its_words(
    conn: Connection, now: datetime, rule: str, ways: tuple[str, ...], after: int, words: str
) -> None:
    alert_id = raised(conn, rule, now)
    at = walk(conn, alert_id, ways, now) + after * HOUR
    due = due_of(alert_story(conn, alert_id, known_by=at), as_of=at)
    assert due is not None
    assert due_words(due) == words
