"""What was closed and comes back worse is a matter of its own: nothing done of the first answers it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from alerts.channels import KINDS
from alerts.tell import outgoing
from domain.cases import Case
from domain.casework import Stage
from domain.clocks import LIMITS, ClockKind, ClockState, clocks
from domain.delivery import Occasion, Outgoing
from domain.readings import Level
from domain.signals import KEEP_OPEN
from store.queries.cases import find_case, history_of, open_cases
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


def looked(conn: Connection, level: Level, now: datetime, volume: int = 1) -> list[str]:
    """What is told after a look at it."""
    changed = {"burst": settle(conn, "burst", [alarm(level, volume=volume)], now=now)}
    before = _waiting(conn)
    enqueue(conn, outgoing(conn, changed, [GROUP], now=now), now=now)
    return _waiting(conn)[len(before) :]


def _waiting(conn: Connection) -> list[str]:
    return [row.occasion for row in conn.execute(_OUTBOX)]


def test_its_level_is_told_though_that_level_was_told_before(conn: Connection, now: datetime) -> None:
    assert looked(conn, Level.RED, now) == ["level:red"]
    (n,) = (case.alert_id for case in open_cases(conn, now=now))
    for minutes in range(1, 18):
        assert looked(conn, Level.YELLOW, now + minutes * MINUTE) == []
    done(conn, n, now + HOUR, "verify", CLOSE)
    assert looked(conn, Level.ORANGE, now + DAY) == ["level:orange:1"]
    assert looked(conn, Level.ORANGE, now + DAY + MINUTE) == []
    assert looked(conn, Level.RED, now + DAY + 2 * MINUTE) == ["level:red:1"]


def test_what_grows_is_told_again_each_time_it_has_doubled(conn: Connection, now: datetime) -> None:
    """Promise A2: within a level, not before the evidence is twice what was told."""
    found = [20, 39, 40, 79, 40, 80, 12, 160]
    told = [looked(conn, Level.RED, now + n * MINUTE, volume) for n, volume in enumerate(found)]
    assert told == [["level:red"], [], ["grown:red:1"], [], [], ["grown:red:2"], [], ["grown:red:3"]]
    (case,) = open_cases(conn, now=now)
    changes = [line.change for line in history_of(conn, [case.alert_id])[case.alert_id]]
    assert changes == ["opened", "grown", "grown", "grown"]


def test_a_rise_is_told_as_a_rise_and_growth_counts_from_there(conn: Connection, now: datetime) -> None:
    found = [
        (Level.YELLOW, 8),
        (Level.ORANGE, 30),
        (Level.YELLOW, 60),
        (Level.ORANGE, 59),
        (Level.ORANGE, 60),
    ]
    told = [looked(conn, level, now + n * MINUTE, volume) for n, (level, volume) in enumerate(found)]
    assert told == [["level:yellow"], ["level:orange"], [], [], ["grown:orange:1"]]


def test_what_receded_and_comes_again_is_told_if_it_is_twice_as_much(conn: Connection, now: datetime) -> None:
    looked(conn, Level.YELLOW, now, 10)
    settle(conn, "burst", [], now=now + KEEP_OPEN)
    assert looked(conn, Level.YELLOW, now + HOUR, 10) == []
    settle(conn, "burst", [], now=now + HOUR + KEEP_OPEN)
    assert looked(conn, Level.YELLOW, now + 2 * HOUR, 20) == ["grown:yellow:1"]
    (then,) = open_then(conn, known_by=now + 2 * HOUR, county=None)
    assert not then.receded


def test_what_was_closed_comes_back_when_it_is_twice_as_much_as_then(conn: Connection, now: datetime) -> None:
    looked(conn, Level.RED, now, 20)
    (n,) = (case.alert_id for case in open_cases(conn, now=now))
    assert looked(conn, Level.RED, now + MINUTE, 39) == []
    done(conn, n, now + MINUTE, "verify", CLOSE)
    assert looked(conn, Level.RED, now + 2 * MINUTE, 77) == []
    assert case_of(conn, n).stage is Stage.CLOSED
    assert looked(conn, Level.RED, now + 3 * MINUTE, 78) == ["level:red:1"]
    assert (case_of(conn, n).stage, case_of(conn, n).timing.raised_at) == (Stage.FOUND, now + 3 * MINUTE)


def test_what_dances_around_the_threshold_when_it_is_closed_stays_closed(
    conn: Connection, now: datetime
) -> None:
    looked(conn, Level.YELLOW, now, 20)
    (n,) = (case.alert_id for case in open_cases(conn, now=now))
    looked(conn, Level.BLUE, now + MINUTE, 6)
    done(conn, n, now + MINUTE, "verify", "dismiss")
    for minutes in range(2, 60):
        found = (Level.YELLOW, 20) if minutes % 20 == 0 else (Level.BLUE, 6)
        assert looked(conn, found[0], now + minutes * MINUTE, found[1]) == []
    lines = [line.change for line in history_of(conn, [n])[n]]
    assert lines == ["opened", "verify", "dismiss"]


def test_a_level_told_before_it_came_back_is_no_reason_to_be_silent(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now)

    def told(occasion: Occasion) -> int:
        level = Level(occasion.what)
        one = Outgoing(alert_id=n, occasion=str(occasion), channel="g", level=level, title="t", reasons=())
        return enqueue(conn, [one], now=now)

    said = [("red", ""), ("orange", "1"), ("yellow", "1"), ("red", "1"), ("blue", "2"), ("red", "")]
    assert [told(Occasion("level", level, again)) for level, again in said] == [1, 1, 0, 1, 1, 0]
