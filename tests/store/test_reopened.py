"""What was closed and comes back worse is a matter of its own: nothing done of the first answers it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from alerts.channels import KINDS
from alerts.tell import outgoing
from domain.cases import Act, Case
from domain.casework import Action, Stage
from domain.clocks import LIMITS, ClockKind, ClockState, clocks
from domain.delivery import Occasion, Outgoing
from domain.readings import Level
from store.queries.cases import find_case, open_cases
from store.queries.open_then import open_then
from store.schema import outbox
from store.writes.alerts import settle
from store.writes.cases import break_clocks
from store.writes.outbox import enqueue
from store.writes.splits import split_off
from tests.store.posts import post, say, score
from tests.store.test_cases import CLOSE, HOUR, MINUTE, alarm, assigned, done, graded, raised

DAY = timedelta(days=1)
_OUTBOX = select(outbox.c.occasion).order_by(outbox.c.message_id)
GROUP = KINDS["wecom"].model_validate(
    {"id": "g", "kind": "wecom", "name": "群", "url": "https://x.example/send?key=abcdefgh1"}
)


def answered(conn: Connection, now: datetime, level: Level = Level.ORANGE) -> int:
    """Told of, worked on in every way, its clocks stopped for an hour, and closed."""
    (n,) = raised(conn, now, alarm(level))
    done(conn, n, now, "verify", graded(level), assigned(now), "accept", "pause")
    done(conn, n, now + HOUR, "resume", "feedback", "brief", "respond", CLOSE)
    return n


def case_of(conn: Connection, alert_id: int) -> Case:
    case = find_case(conn, alert_id)
    assert case is not None
    return case


def states(case: Case, at: datetime) -> dict[ClockKind, ClockState]:
    return {clock.kind: clock.state for clock in clocks(case.timing, now=at)}


@pytest.mark.parametrize("limit", [ClockKind.FIRST_WORD, ClockKind.BRIEFING])
def test_its_clocks_begin_when_it_comes_back(conn: Connection, now: datetime, limit: ClockKind) -> None:
    n, back = answered(conn, now), now + DAY
    raised(conn, back, alarm(Level.RED))
    case = case_of(conn, n)
    assert (case.stage, case.office, case.verdict, case.raised_at) == (Stage.FOUND, None, None, now)
    assert set(states(case, back)) == {ClockKind.FIRST_WORD, ClockKind.BRIEFING}  # no unit has a deadline
    due = back + LIMITS[limit]
    assert states(case, due)[limit] is ClockState.RUNNING
    assert states(case, due + MINUTE)[limit] is ClockState.BROKEN
    done(
        conn, n, back + HOUR, "verify", graded(Level.RED), assigned(back + HOUR), "accept", "brief", "respond"
    )
    assert states(case_of(conn, n), due + MINUTE)[limit] is ClockState.MET


def test_what_is_not_urgent_has_its_two_days_from_then(conn: Connection, now: datetime) -> None:
    n, back = answered(conn, now, Level.BLUE), now + 3 * DAY
    raised(conn, back, alarm(Level.YELLOW))
    assert break_clocks(conn, open_cases(conn, now=back), now=back + 2 * DAY) == []
    late = break_clocks(conn, open_cases(conn, now=back), now=back + 2 * DAY + MINUTE)
    assert [(clock.what, news.alert_id) for clock, news in late] == [("response", n)]
    (then,) = open_then(conn, known_by=back, county=None)
    assert then.raised_at == now  # found it was when it was found first


def test_it_does_not_stand_still_because_the_first_was_closed_while_it_did(
    conn: Connection, now: datetime
) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, "verify", "pause", CLOSE)
    raised(conn, now + DAY, alarm(Level.RED))
    case = case_of(conn, n)
    assert case.timing.paused_at is None
    assert states(case, now + DAY + 6 * HOUR)[ClockKind.FIRST_WORD] is ClockState.BROKEN


def test_what_is_split_off_it_has_its_clocks(conn: Connection, now: datetime) -> None:
    say(conn, (post(1), score()), (post(2), score()))
    said = {"evidence": ("1", "2"), "evidence_count": 2}
    (n,) = raised(conn, now, alarm(Level.BLUE, **said))
    done(conn, n, now, "verify", CLOSE)
    back = now + 3 * DAY
    raised(conn, back, alarm(Level.YELLOW, **said))
    new = split_off(conn, n, [2], title="另一件事", note="", who="wang", now=back + HOUR)
    assert case_of(conn, new).timing.raised_at == case_of(conn, n).timing.raised_at == back


def test_closed_twice_the_second_time_counts(conn: Connection, now: datetime) -> None:
    n = answered(conn, now, Level.YELLOW)
    raised(conn, now + DAY, alarm(Level.ORANGE))
    done(conn, n, now + DAY, "verify", "dismiss")
    raised(conn, now + 2 * DAY, alarm(Level.RED))
    timing = case_of(conn, n).timing
    assert (timing.raised_at, timing.urgent_since) == (now + 2 * DAY, now + 2 * DAY)


def looked(conn: Connection, level: Level, now: datetime) -> list[str]:
    """What is told after a look at it."""
    changed = {"burst": settle(conn, "burst", [alarm(level)], now=now)}
    before = _waiting(conn)
    enqueue(conn, outgoing(conn, changed, [GROUP], now=now), now=now)
    return _waiting(conn)[len(before) :]


def _waiting(conn: Connection) -> list[str]:
    return [row.occasion for row in conn.execute(_OUTBOX)]


def test_its_level_is_told_though_that_level_was_told_before(conn: Connection, now: datetime) -> None:
    assert looked(conn, Level.RED, now) == ["level:red"]
    (n,) = (case.alert_id for case in open_cases(conn, now=now))
    done(conn, n, now, Act(action=Action.LOWER, level=Level.YELLOW, note="因为"), "verify", CLOSE)
    for minutes in range(1, 18):
        assert looked(conn, Level.YELLOW, now + minutes * MINUTE) == []
    assert looked(conn, Level.ORANGE, now + DAY) == ["level:orange:1"]
    assert looked(conn, Level.ORANGE, now + DAY + MINUTE) == []
    assert looked(conn, Level.RED, now + DAY + 2 * MINUTE) == ["level:red:1"]


def test_a_level_told_before_it_came_back_is_no_reason_to_be_silent(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now)

    def told(occasion: Occasion) -> int:
        level = Level(occasion.what)
        one = Outgoing(alert_id=n, occasion=str(occasion), channel="g", level=level, title="t", reasons=())
        return enqueue(conn, [one], now=now)

    said = [("red", ""), ("orange", "1"), ("yellow", "1"), ("red", "1"), ("blue", "2"), ("red", "")]
    assert [told(Occasion("level", level, again)) for level, again in said] == [1, 1, 0, 1, 1, 0]
