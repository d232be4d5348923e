"""The clocks of a case as people work on it: what a pause lengthens, and what another unit's deadline is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from alerts.channels import KINDS
from alerts.tell import outgoing
from domain.cases import Act
from domain.casework import Action
from domain.clocks import ClockKind, ClockState, RunningClock, clocks
from domain.readings import Level
from store.queries.cases import find_case, open_cases
from store.schema import outbox
from store.writes.cases import break_clocks
from store.writes.outbox import enqueue
from tests.store.test_cases import HOUR, alarm, done, graded, raised

GROUP = KINDS["wecom"].model_validate(
    {"id": "g", "kind": "wecom", "name": "群", "url": "https://x.example/send?key=abcdefgh1"}
)
PAUSE, RESUME = (Act(action=action, note="x") for action in (Action.PAUSE, Action.RESUME))


def assign(office: str, due: datetime) -> Act:
    return Act(action=Action.ASSIGN, office=office, due_at=due)


def clock(conn: Connection, alert_id: int, kind: ClockKind, now: datetime) -> RunningClock | None:
    case = find_case(conn, alert_id)
    assert case is not None
    return next((c for c in clocks(case.timing, now=now) if c.kind is kind), None)


def told(conn: Connection, now: datetime) -> list[str]:
    return [clock.what for clock, _ in break_clocks(conn, open_cases(conn, now=now), now=now)]


def test_a_pause_before_the_assignment_moves_no_deadline_and_one_after_it_does(
    conn: Connection, now: datetime
) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, "verify", graded(Level.YELLOW), PAUSE)
    done(conn, n, now + 10 * HOUR, RESUME, assign("a", now + 13 * HOUR))
    done(conn, n, now + 11 * HOUR, PAUSE)
    done(conn, n, now + 12 * HOUR, RESUME)
    unit, response = (clock(conn, n, k, now + 13 * HOUR) for k in (ClockKind.UNIT, ClockKind.RESPONSE))
    assert unit is not None
    assert response is not None
    assert (unit.due_at, response.due_at) == (now + 14 * HOUR, now + 59 * HOUR)


def test_a_pause_before_the_rise_does_not_lengthen_its_five_hours(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, PAUSE)
    done(conn, n, now + 10 * HOUR, RESUME)
    raised(conn, now + 10 * HOUR, alarm(Level.RED))
    first = clock(conn, n, ClockKind.FIRST_WORD, now + 11 * HOUR)
    assert first is not None
    assert first.due_at == now + 15 * HOUR


def test_another_units_deadline_is_told_of_too_and_each_once(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, "verify", graded(Level.YELLOW), assign("a", now + HOUR))
    assert told(conn, now + 2 * HOUR) == ["unit"]
    done(conn, n, now + 2 * HOUR, assign("b", now + 4 * HOUR))
    assert [told(conn, now + hours * HOUR) for hours in (3, 5, 6)] == [[], ["unit"], []]


def test_each_units_broken_deadline_is_a_message_of_its_own(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, "verify", graded(Level.YELLOW))
    written = []
    for hours, office in ((0, "a"), (2, "b"), (4, "c")):
        begun = now + hours * HOUR
        done(conn, n, begun, assign(office, begun + HOUR))
        late = begun + 2 * HOUR
        enqueue(conn, outgoing(conn, {}, [GROUP], now=late), now=late)
        written.append(tuple(conn.scalars(select(outbox.c.occasion).order_by(outbox.c.message_id))))
    assert written[-1] == ("clock:unit", "clock:unit:1", "clock:unit:2")
    assert [len(told) for told in written] == [1, 2, 3]


def test_what_the_unit_gave_back_is_due_from_nobody(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, "verify", graded(Level.YELLOW), assign("a", now + HOUR), "return")
    assert clock(conn, n, ClockKind.UNIT, now + 2 * HOUR) is None
    assert told(conn, now + 2 * HOUR) == []


def test_an_answer_of_the_unit_before_stops_no_clock_of_the_next_and_its_own_does(
    conn: Connection, now: datetime
) -> None:
    (n,) = raised(conn, now)
    done(conn, n, now, "verify", graded(), assign("a", now + HOUR), "accept", "respond")
    done(conn, n, now + HOUR, "return", "return", assign("b", now + 3 * HOUR), "accept")
    late = clock(conn, n, ClockKind.UNIT, now + 4 * HOUR)
    assert late is not None
    assert (late.state, late.stopped_at) == (ClockState.BROKEN, None)
    done(conn, n, now + 2 * HOUR, "respond")
    met, first = (clock(conn, n, k, now + 4 * HOUR) for k in (ClockKind.UNIT, ClockKind.FIRST_WORD))
    assert met is not None
    assert first is not None
    assert (met.state, met.stopped_at) == (ClockState.MET, now + 2 * HOUR)
    assert first.stopped_at == now, "the first word stays the first"
