"""What is merged into another alert goes on being looked for: what gets worse of it gets worse of the other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from alerts.tell import outgoing
from domain.cases import Act, Case
from domain.casework import Action, Stage
from domain.readings import Level
from domain.signals import KEEP_OPEN
from store.queries.alert_then import alert_story
from store.queries.cases import find_case, history_of, open_cases
from store.schema import outbox
from store.writes.alerts import settle
from store.writes.cases import open_by_hand
from store.writes.outbox import enqueue
from tests.store.test_cases import CLOSE, HOUR, MINUTE, alarm, done, raised
from tests.store.test_reopened import GROUP

OTHER = "140404/crash"


def merged(conn: Connection, now: datetime) -> tuple[int, int]:
    """Both yellow, of ten voices: the first into the second."""
    one, other = raised(conn, now, *(alarm(Level.YELLOW, s, volume=10) for s in ("140403/crash", OTHER)))
    done(conn, one, now, Act(action=Action.MERGE, target=other))
    return one, other


def look(conn: Connection, now: datetime, level: Level, volume: int = 10) -> list[tuple[int, str]]:
    """(alert, occasion) of what is told after a look that finds the first so, and the other as it was."""
    found = [alarm(level, volume=volume), alarm(Level.YELLOW, OTHER, volume=10)]
    before = _told(conn)
    changed = {"burst": settle(conn, "burst", found, now=now)}
    enqueue(conn, outgoing(conn, changed, [GROUP], now=now), now=now)
    return _told(conn)[len(before) :]


def _told(conn: Connection) -> list[tuple[int, str]]:
    query = select(outbox.c.alert_id, outbox.c.occasion).order_by(outbox.c.message_id)
    return [(row.alert_id, row.occasion) for row in conn.execute(query)]


def case_of(conn: Connection, alert_id: int) -> Case:
    case = find_case(conn, alert_id)
    assert case is not None
    return case


def test_its_rise_is_the_targets_and_is_told_of_it(conn: Connection, now: datetime) -> None:
    one, other = merged(conn, now)
    assert look(conn, now + MINUTE, Level.RED) == [(other, "level:red")]
    case, line = case_of(conn, other), history_of(conn, [other])[other][-1]
    assert (case.level, case.stage, case.computed_level) == (Level.RED, Stage.FOUND, Level.YELLOW)
    assert (line.change, line.level, line.title, line.note) == ("raised", Level.RED, "t", f"from={one}")
    assert case.timing.urgent_since == now + MINUTE
    assert alert_story(conn, other, known_by=now + MINUTE).level is Level.RED


def test_the_target_stays_up_for_as_long_and_falls_when_both_have(conn: Connection, now: datetime) -> None:
    _, other = merged(conn, now)
    for minutes in range(1, 40):
        look(conn, now + minutes * MINUTE, Level.RED)
    assert case_of(conn, other).level is Level.RED
    for minutes in range(40, 60):
        look(conn, now + minutes * MINUTE, Level.YELLOW)
    assert case_of(conn, other).level is Level.RED  # the fall of the one has to last, and then the other's
    for minutes in range(60, 80):
        look(conn, now + minutes * MINUTE, Level.YELLOW)
    assert case_of(conn, other).level is Level.YELLOW


def test_what_doubles_of_it_is_told_of_the_target(conn: Connection, now: datetime) -> None:
    _, other = merged(conn, now)
    assert look(conn, now + MINUTE, Level.YELLOW, 20) == [(other, "grown:yellow:1")]
    assert look(conn, now + 2 * MINUTE, Level.YELLOW, 39) == []


def test_a_rise_to_less_than_the_targets_level_is_no_news(conn: Connection, now: datetime) -> None:
    _, other = merged(conn, now)
    done(conn, other, now, Act(action=Action.RAISE, level=Level.RED, note="因为"))
    look(conn, now + MINUTE, Level.YELLOW)
    assert look(conn, now + 2 * MINUTE, Level.ORANGE) == []
    assert case_of(conn, other).level is Level.RED


def test_a_concluded_target_comes_back_only_by_worse_than_it_was_concluded_at(
    conn: Connection, now: datetime
) -> None:
    _, other = merged(conn, now)
    look(conn, now, Level.YELLOW, 19)
    done(conn, other, now, "verify", CLOSE)
    assert look(conn, now + MINUTE, Level.YELLOW, 37) == []
    assert case_of(conn, other).stage is Stage.CLOSED
    assert look(conn, now + 2 * MINUTE, Level.YELLOW, 38) == [(other, "level:yellow:1")]
    case = case_of(conn, other)
    assert (case.stage, case.verdict, case.level) == (Stage.FOUND, None, Level.YELLOW)


def test_a_chain_leads_to_its_end_and_what_no_rule_finds_rises_too(conn: Connection, now: datetime) -> None:
    _, other = merged(conn, now)
    end = open_by_hand(conn, title="踩踏", level=Level.BLUE, county=None, note="", who="wang", now=now)
    done(conn, other, now, Act(action=Action.MERGE, target=end))
    assert look(conn, now + MINUTE, Level.ORANGE)[-1] == (end, "level:orange")
    assert (case_of(conn, end).level, case_of(conn, end).title) == (Level.ORANGE, "踩踏")


def test_what_is_split_out_again_rises_alone(conn: Connection, now: datetime) -> None:
    one, other = merged(conn, now)
    done(conn, one, now, "split")
    assert look(conn, now + HOUR, Level.RED) == [(one, "level:red")]
    settle(conn, "burst", [], now=now + HOUR + KEEP_OPEN)
    assert {c.alert_id: c.level for c in open_cases(conn, now=now)} == {one: Level.RED, other: Level.YELLOW}
