"""People at work on alerts: every act leaves a line, and what the table does not allow changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.cases import Act, record_of
from domain.casework import Action, Stage, Verdict
from domain.errors import StoreError
from domain.readings import Level
from domain.signals import KEEP_OPEN, Signal
from store.queries.alerts import alerts_since, open_alerts
from store.queries.cases import cases_since, find_case, history_of, open_cases
from store.queries.open_then import open_then
from store.writes.alerts import Alarm, settle
from store.writes.cases import act, break_clocks, open_by_hand
from store.writes.splits import split_off
from tests.store.posts import post, say, score

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def alarm(level: Level = Level.ORANGE, subject: str = "140403/crash", **more: object) -> Alarm:
    fields: dict[str, object] = {
        "subject": subject, "level": level, "title": "t", "reasons": ("r",), "evidence": ("1",), "evidence_count": 1,
        "county": "140403",
    }  # fmt: skip
    return Alarm(**(fields | more))  # type: ignore[arg-type]


def raised(conn: Connection, now: datetime, *alarms: Alarm) -> list[int]:
    settle(conn, "burst", list(alarms) or [alarm()], now=now)
    return [case.alert_id for case in open_cases(conn, now=now)]


def done(conn: Connection, alert_id: int, now: datetime, *acts: Act | str) -> None:
    for what in acts:
        act(
            conn,
            alert_id,
            Act(action=Action(what), note="因为") if isinstance(what, str) else what,
            who="wang",
            now=now,
        )


def graded(level: Level = Level.ORANGE) -> Act:
    return Act(action=Action.GRADE, level=level)


def assigned(now: datetime) -> Act:
    return Act(action=Action.ASSIGN, office="commerce", due_at=now + 2 * HOUR)


CLOSE = Act(action=Action.CLOSE, note="已修复", verdict=Verdict.REAL)


def test_the_whole_way_is_kept_with_who_and_when(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now)
    later = now + MINUTE
    done(
        conn, n, later, "verify", graded(), assigned(later), "accept", "feedback", "respond", CLOSE, "review"
    )
    lines = history_of(conn, [n])[n]
    assert [line.change for line in lines] == [
        "opened", "verify", "grade", "assign", "accept", "feedback", "respond", "close", "review",
    ]  # fmt: skip
    assert {line.who for line in lines[1:]} == {"wang"}
    assert lines[0].who is None
    case = find_case(conn, n)
    assert case is not None
    assert (case.stage, case.verdict, case.office) == (Stage.REVIEWED, Verdict.REAL, "commerce")


@pytest.mark.parametrize(
    "what",
    [
        "close", "assign", "grade", "respond", "reopen",
        Act(action=Action.LOWER, level=Level.RED, note="x"), Act(action=Action.RAISE, level=Level.BLUE, note="x"),
        Act(action=Action.PAUSE), Act(action=Action.DISMISS), Act(action=Action.MERGE, target=999),
        Act(action=Action.RESUME, note="x"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_changes_nothing(conn: Connection, now: datetime, what: Act | str) -> None:
    (n,) = raised(conn, now)
    before = find_case(conn, n)
    with pytest.raises(StoreError):
        done(conn, n, now, what)
    assert find_case(conn, n) == before
    assert len(history_of(conn, [n])[n]) == 1


def test_closing_asks_for_a_verdict_and_assigning_for_a_deadline_to_come(
    conn: Connection, now: datetime
) -> None:
    (n,) = raised(conn, now)
    done(conn, n, now, "verify", graded())
    for bad in (Act(action=Action.CLOSE, note="x"), Act(action=Action.ASSIGN, office="commerce", due_at=now)):
        with pytest.raises(StoreError):
            done(conn, n, now, bad)


def test_a_level_set_by_hand_stands_until_it_gets_worse(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, Act(action=Action.LOWER, level=Level.BLUE, note="旧闻"))
    raised(conn, now + MINUTE, alarm(Level.YELLOW))
    assert open_cases(conn, now=now)[0].level is Level.BLUE
    raised(conn, now + 2 * MINUTE, alarm(Level.RED))
    assert open_cases(conn, now=now)[0].level is Level.RED
    assert [line.change for line in history_of(conn, [n])[n]] == ["opened", "lower", "raised"]


def test_a_level_lowered_by_hand_rises_only_by_worse_than_it_was_lowered_at(
    conn: Connection, now: datetime
) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW, volume=20))
    raised(conn, now, alarm(Level.YELLOW, volume=39))
    done(conn, n, now, Act(action=Action.LOWER, level=Level.BLUE, note="旧闻"))
    dancing = [(Level.BLUE, 5), (Level.YELLOW, 20), (Level.YELLOW, 40), (Level.BLUE, 90), (Level.YELLOW, 77)]
    for n_th, (level, volume) in enumerate((*dancing, (Level.YELLOW, 78)), 1):
        case = find_case(conn, n)
        assert case is not None
        assert (case.level, case.by_hand) == (Level.BLUE, True)
        raised(conn, now + n_th * MINUTE, alarm(level, volume=volume))
    assert [line.change for line in history_of(conn, [n])[n]] == ["opened", "lower", "raised"]


def test_what_is_closed_stays_closed_while_it_fires_and_comes_back_when_it_gets_worse(
    conn: Connection, now: datetime
) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    done(conn, n, now, "verify", CLOSE)
    assert raised(conn, now + MINUTE, alarm(Level.YELLOW)) == []
    assert open_alerts(conn) == ()
    assert raised(conn, now + 2 * MINUTE, alarm(Level.ORANGE)) == [n]
    assert find_case(conn, n).stage is Stage.FOUND  # type: ignore[union-attr]


def test_an_alert_waits_for_its_verdict_after_its_cause_is_gone(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now)
    settle(conn, "burst", [], now=now + KEEP_OPEN)
    assert [a.receded for a in open_alerts(conn)] == [True]
    assert [c.signal for c in open_cases(conn, now=now)] == [Signal.RECOVERED]
    assert raised(conn, now + HOUR) == [n]  # it comes again: the same case
    assert [a.receded for a in open_alerts(conn)] == [False]


def test_wall_and_desk_hold_the_same_alerts(conn: Connection, now: datetime) -> None:
    raised(conn, now, alarm(Level.RED), alarm(Level.BLUE, "140404/crash"))
    open_by_hand(conn, title="停电", level=Level.RED, county=None, note="", who="wang", now=now)
    settle(conn, "burst", [], now=now + KEEP_OPEN)
    on_the_wall = {a.alert_id: a.receded for a in open_alerts(conn)}
    assert set(on_the_wall) == {c.alert_id for c in open_cases(conn, now=now)}
    assert sorted(on_the_wall.values()) == [
        False,
        True,
        True,
    ]  # what a person entered has no signal to recede


def test_merchant_leads_leave_the_wall_with_their_cause_and_stay_on_their_list(
    conn: Connection, now: datetime
) -> None:
    settle(conn, "quick_refund", [alarm()], now=now)
    assert len(open_alerts(conn)) == 1
    settle(conn, "quick_refund", [], now=now + KEEP_OPEN)
    assert (open_alerts(conn), len(open_cases(conn, now=now))) == ((), 1)
    assert open_then(conn, known_by=now + HOUR, county=None) == []


def test_what_was_open_at_a_moment_is_told_from_the_history(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now, alarm(Level.YELLOW))
    settle(conn, "burst", [], now=now + KEEP_OPEN)
    done(conn, n, now + HOUR, "verify", CLOSE)
    raised(conn, now + 2 * HOUR, alarm(Level.RED))
    settle(conn, "stale_feed", [alarm()], now=now, judged=False)
    settle(conn, "stale_feed", [], now=now + KEEP_OPEN, judged=False)

    def then(after: timedelta) -> list[tuple[str, str, bool]]:
        found = open_then(conn, known_by=now + after, county="140403")
        return [(a.rule, a.level, a.receded) for a in found]

    assert then(-MINUTE) == []
    assert then(MINUTE) == [("burst", "yellow", False), ("stale_feed", "orange", False)]
    assert then(KEEP_OPEN) == [("burst", "yellow", True)]
    assert then(HOUR) == []
    assert then(2 * HOUR) == [("burst", "red", False)]
    assert open_then(conn, known_by=now + 2 * HOUR, county="140404") == []


def test_what_nobody_has_to_judge_is_over_with_its_cause(conn: Connection, now: datetime) -> None:
    settle(conn, "stale_feed", [alarm()], now=now, judged=False)
    settle(conn, "stale_feed", [], now=now + KEEP_OPEN, judged=False)
    assert open_cases(conn, now=now) == ()


def test_a_source_that_fell_silent_closes_nothing(conn: Connection, now: datetime) -> None:
    raised(conn, now, alarm(sources=("weibo",)))
    settle(conn, "burst", [], now=now + 5 * HOUR, silent=frozenset({"weibo"}))
    (case,) = open_cases(conn, now=now)
    assert (case.signal, case.signal_ended_at) == (Signal.NO_DATA, None)


def test_a_pending_alert_is_nobodys_business_and_leaves_without_a_trace(
    conn: Connection, now: datetime
) -> None:
    settle(conn, "stale_feed", [alarm()], now=now, hold=MINUTE)
    assert open_alerts(conn) == open_cases(conn, now=now) == ()
    settle(conn, "stale_feed", [], now=now + timedelta(seconds=30), hold=MINUTE)
    settled = settle(conn, "stale_feed", [alarm()], now=now + MINUTE, hold=MINUTE)
    assert settled.announced == ()
    settled = settle(conn, "stale_feed", [alarm()], now=now + 2 * MINUTE, hold=MINUTE)
    assert (settled.opened, len(settled.announced)) == (1, 1)


def test_what_passed_before_anybody_heard_of_it_is_nobodys(conn: Connection, now: datetime) -> None:
    """Neither a case, nor a line of the ledger, nor something to merge into: with it the other would be gone, too."""
    (heard,) = raised(conn, now)
    settle(conn, "stale_feed", [alarm(subject="pay")], now=now, hold=HOUR)
    with pytest.raises(StoreError):
        done(conn, heard, now, Act(action=Action.MERGE, target=heard + 1))
    settle(conn, "stale_feed", [], now=now + MINUTE)
    assert find_case(conn, heard + 1) is None
    assert [case.alert_id for case in cases_since(conn, since=None)] == [heard]
    assert [alert.alert_id for alert, _ in alerts_since(conn, since=None)] == [heard]


def test_merging_points_to_another_open_alert(conn: Connection, now: datetime) -> None:
    first, second = raised(conn, now, alarm(), alarm(subject="140404/crash"))
    done(conn, first, now, Act(action=Action.MERGE, target=second, note="同一事件"))
    assert [c.alert_id for c in open_cases(conn, now=now)] == [second]
    assert find_case(conn, first).merged_into == second  # type: ignore[union-attr]


def test_the_queue_goes_by_level_and_then_by_clock(conn: Connection, now: datetime) -> None:
    settle(conn, "burst", [alarm(Level.YELLOW, "a")], now=now - HOUR)
    settle(conn, "other", [alarm(Level.RED, "b")], now=now)
    settle(conn, "third", [alarm(Level.RED, "c")], now=now - HOUR)
    assert [c.subject for c in open_cases(conn, now=now)] == ["c", "b", "a"]


def test_a_broken_clock_is_told_of_once(conn: Connection, now: datetime) -> None:
    (n,) = raised(conn, now)
    late = now + 6 * HOUR
    told = [break_clocks(conn, open_cases(conn, now=t), now=t) for t in (now, late, late, now + 25 * HOUR)]
    assert [[clock.what for clock, _ in news] for news in told] == [[], ["first_word"], [], ["briefing"]]
    assert [line.note for line in history_of(conn, [n])[n]][1:] == ["first_word", "briefing"]


def test_precision_lead_and_missed_come_from_verdicts(conn: Connection, now: datetime) -> None:
    ids = raised(conn, now, *(alarm(subject=s) for s in "abcd"))
    known = Act(action=Action.CLOSE, note="x", verdict=Verdict.PARTLY, known_at=now + 3 * HOUR)
    done(conn, ids[0], now, "verify", CLOSE)
    done(conn, ids[1], now + 4 * HOUR, "verify", known)
    done(conn, ids[2], now, "dismiss")
    open_by_hand(conn, title="群里先传开", level=Level.YELLOW, county=None, note="", who="wang", now=now)
    found = record_of(cases_since(conn, since=None))
    assert (found.judged_count, found.real_count, found.missed_count, found.waiting_count) == (3, 2, 1, 1)
    assert (found.precision, found.recall, found.lead) == (2 / 3, 2 / 3, 3 * HOUR)


def test_nobody_told_of_it_before_it_is_that_moment(conn: Connection, now: datetime) -> None:
    """A year mistyped would make the alert centuries earlier than others, and the median with it."""
    (n,) = raised(conn, now)
    done(conn, n, now, "verify")
    late = Act(action=Action.CLOSE, note="x", verdict=Verdict.REAL, known_at=now + HOUR)
    with pytest.raises(StoreError):
        act(conn, n, late, who="wang", now=now)
    act(conn, n, replace(late, known_at=now), who="wang", now=now)
    found = record_of(cases_since(conn, since=None))
    assert (found.led_count, found.lead) == (1, timedelta(0))


def test_without_a_verdict_nothing_is_claimed(conn: Connection, now: datetime) -> None:
    raised(conn, now)
    found = record_of(cases_since(conn, since=None))
    assert (found.precision, found.lead) == (None, None)


def test_a_split_leaves_the_first_alert_its_name(conn: Connection, now: datetime) -> None:
    """Papers call an alert by the last line of its history."""
    say(conn, *((post(no, f"抢不到{no}", published_at=now), score()) for no in (1, 2)), now=now)
    (first,) = raised(conn, now, alarm(title="第一件事", evidence=("1", "2"), evidence_count=2))
    second = split_off(conn, first, [2], title="另一件事", note="", who="wang", now=now + HOUR)
    told = {a.alert_id: a.title for a in open_then(conn, known_by=now + HOUR, county=None)}
    assert told == {first: "第一件事", second: "另一件事"}
