"""What is merged counts with its target: neither grave news nor a clock gets lost on the way."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection

from domain.cases import Act, Case
from domain.casework import Action
from domain.readings import Level
from store.queries.alerts import open_alerts
from store.queries.cases import find_case, history_of, open_cases
from store.queries.open_then import open_then
from store.writes.alerts import settle
from tests.store.test_cases import HOUR, alarm, done


def two(conn: Connection, now: datetime, level: Level, into: Level) -> tuple[int, int]:
    """One of that level, and an hour later another one that it is merged into."""
    found = [alarm(level, subject="a")]
    settle(conn, "burst", found, now=now)
    settle(conn, "burst", [*found, alarm(into, subject="b")], now=now + HOUR)
    first, second = sorted(case.alert_id for case in open_cases(conn, now=now))
    done(conn, first, now + HOUR, Act(action=Action.MERGE, target=second, note="同一件事"))
    return first, second


def queue(conn: Connection, now: datetime) -> list[tuple[int, Level]]:
    return [(case.alert_id, case.level) for case in open_cases(conn, now=now)]


def case_of(conn: Connection, alert_id: int) -> Case:
    case = find_case(conn, alert_id)
    assert case is not None
    return case


def test_the_target_is_as_grave_as_what_is_merged_into_it(conn: Connection, now: datetime) -> None:
    first, second = two(conn, now, Level.RED, Level.BLUE)
    assert queue(conn, now) == [(second, Level.RED)]
    assert [(a.alert_id, a.level) for a in open_alerts(conn)] == [(second, Level.RED)]
    line = history_of(conn, [second])[second][-1]
    assert (line.change, line.level, line.who, line.note) == ("raise", Level.RED, "wang", f"from={first}")
    assert [a.level for a in open_then(conn, known_by=now + HOUR, county=None)] == ["red"]
    settle(conn, "burst", [alarm(Level.RED, subject="a"), alarm(Level.BLUE, subject="b")], now=now + 3 * HOUR)
    assert queue(conn, now) == [(second, Level.RED)]  # for as long as what was merged is found so grave


def test_a_merge_gains_no_time(conn: Connection, now: datetime) -> None:
    _, second = two(conn, now, Level.RED, Level.ORANGE)
    assert case_of(conn, second).timing.urgent_since == now


def test_of_two_equally_grave_the_earlier_clock_goes_on(conn: Connection, now: datetime) -> None:
    first, second = two(conn, now, Level.ORANGE, Level.ORANGE)
    case, line = case_of(conn, second), history_of(conn, [second])[second][-1]
    assert (case.timing.urgent_since, case.by_hand) == (now, False)
    assert (line.change, line.note) == ("merge", f"from={first}")


@pytest.mark.parametrize("into", [Level.ORANGE, Level.RED])
def test_what_is_no_graver_leaves_the_target_as_it_is(conn: Connection, now: datetime, into: Level) -> None:
    _, second = two(conn, now, Level.YELLOW, into)
    assert queue(conn, now) == [(second, into)]
    assert [line.change for line in history_of(conn, [second])[second]] == ["opened"]
