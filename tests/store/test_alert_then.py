"""An alert as of a past moment reads as it read then, whatever became of it since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from domain.cases import Act
from domain.casework import Action, Stage
from domain.readings import Level
from domain.signals import KEEP_OPEN
from store.engine import write
from store.migrations import downgrade, migrate
from store.queries.alert_changes import alert_changes
from store.queries.alert_then import alert_story
from store.queries.cases import find_case, history_of, open_cases
from store.queries.open_then import open_then
from store.writes.alerts import settle
from tests.store.test_cases import HOUR, MINUTE, alarm, done, raised

HERE, THERE = "140403", "140404"


def read_of(conn: Connection, alert_id: int, *, at: datetime, since: datetime) -> tuple[object, ...]:
    """All that is told of it, as of `at`, of the city and of either county."""
    until = at + timedelta(microseconds=1)
    places = (None, HERE, THERE)
    return (
        alert_story(conn, alert_id, known_by=at),
        [open_then(conn, known_by=at, county=place) for place in places],
        [alert_changes(conn, since=since, until=until, county=place) for place in places],
    )


def level_of(conn: Connection, alert_id: int) -> Level:
    case = find_case(conn, alert_id)
    assert case is not None
    return case.level


def test_what_ended_by_itself_had_ended_though_somebody_reopens_it(conn: Connection, now: datetime) -> None:
    settle(conn, "stale_feed", [alarm()], now=now, judged=False)
    (n,) = (case.alert_id for case in open_cases(conn, now=now))
    over = now + KEEP_OPEN
    settle(conn, "stale_feed", [], now=over, judged=False)
    moments = (now, over - MINUTE, over, over + HOUR)
    before = [read_of(conn, n, at=at, since=now) for at in moments]
    assert [len(open_then(conn, known_by=at, county=HERE)) for at in moments] == [1, 1, 0, 0]
    assert alert_story(conn, n, known_by=over).stage is Stage.CLOSED
    done(conn, n, over + 2 * HOUR, "reopen")
    assert [read_of(conn, n, at=at, since=now) for at in moments] == before
    assert [a.alert_id for a in open_then(conn, known_by=over + 2 * HOUR, county=HERE)] == [n]
    assert alert_story(conn, n, known_by=over + 2 * HOUR).stage is Stage.VERIFIED


def test_it_was_another_countys_before_it_moved(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now)
    before = read_of(conn, n, at=now, since=now)
    moved = now + HOUR
    for minutes in range(3):
        raised(conn, moved + minutes * MINUTE, alarm(county=THERE))
    assert read_of(conn, n, at=now, since=now) == before
    assert [[len(open_then(conn, known_by=at, county=c)) for c in (HERE, THERE)] for at in (now, moved)] == [
        [1, 0],
        [0, 1],
    ]
    assert [alert_story(conn, n, known_by=at).county for at in (now, moved)] == [HERE, THERE]
    assert [line.change for line in history_of(conn, [n])[n]] == ["opened", "moved"]


def test_what_rises_as_it_moves_counts_where_it_moved_to(conn: Connection, now: datetime) -> None:
    raised(conn, now, alarm(Level.YELLOW))
    raised(conn, now + MINUTE, alarm(Level.RED, county=THERE))
    found = [alert_changes(conn, since=now, until=now + HOUR, county=county) for county in (HERE, THERE)]
    assert found == [{"opened": 1}, {"raised": 1}]


def test_alerts_of_before_say_where_they_were_and_what_ended_by_itself(engine: Engine, now: datetime) -> None:
    over = now + KEEP_OPEN
    with write(engine) as conn:
        settle(conn, "stale_feed", [alarm(), alarm(subject="b")], now=now, judged=False)
        by_itself, reopened = [case.alert_id for case in open_cases(conn, now=now)]
        settle(conn, "stale_feed", [], now=over, judged=False)
        done(conn, reopened, over + HOUR, "reopen")
        (waiting,) = raised(conn, now, alarm(Level.RED, evidence_count=30))[:1]
        done(conn, waiting, now, Act(action=Action.LOWER, level=Level.BLUE, note="旧闻"))
        settle(conn, "burst", [], now=over)
        ids = (by_itself, reopened, waiting)
        before = [read_of(conn, n, at=over, since=now) for n in ids]
    downgrade(engine, "0047")
    migrate(engine)
    with write(engine) as conn:
        assert [read_of(conn, n, at=over, since=now) for n in ids] == before
        raised(conn, over + HOUR, alarm(Level.RED, evidence_count=59))
        assert level_of(conn, waiting) is Level.BLUE
        raised(conn, over + HOUR, alarm(Level.RED, evidence_count=60))
        assert level_of(conn, waiting) is Level.RED
