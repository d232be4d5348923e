"""People and the watch at once: one after the other, and nobody writes back over what another did."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine

from alerts.finding import Finding, Window
from alerts.watch import watch
from domain.campaign import Campaign
from domain.cases import Act, Case
from domain.casework import Action, Stage
from domain.errors import StoreError
from domain.readings import Level
from domain.signals import KEEP_OPEN
from store.engine import read, write
from store.queries.cases import find_case, history_of, open_cases
from store.queries.open_then import open_then
from store.writes.alerts import settle
from store.writes.cases import open_by_hand
from store.writes.ledger import all_known
from store.writes.redaction import redact
from store.writes.splits import split_off
from tests.store.posts import post, say, score
from tests.store.test_cases import MINUTE, alarm, done, raised

PATIENCE_S = 10
A_MOMENT_S = 0.3
Write = Callable[[Connection], object]


def one_beside_another(engine: Engine, first: Write, second: Write) -> None:
    """The second begins while the first has written and not ended. Raises what the second raises."""

    def later() -> None:
        with write(engine) as conn:
            second(conn)

    beside(engine, first, later)


def beside(
    engine: Engine, first: Write, later: Callable[[], None], *, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """The same of whatever opens its own transaction. `meanwhile`: while it waits."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        with write(engine) as conn:
            first(conn)
            done_later = threads.submit(later)
            with pytest.raises(TimeoutError):
                done_later.result(A_MOMENT_S)
            meanwhile()
        done_later.result(PATIENCE_S)


def case_of(engine: Engine, alert_id: int) -> Case:
    with read(engine) as conn:
        case = find_case(conn, alert_id)
    assert case is not None
    return case


def merge(alert_id: int, target: int, now: datetime) -> Write:
    return lambda conn: done(conn, alert_id, now, Act(action=Action.MERGE, target=target))


def test_a_look_does_not_undo_the_level_that_a_person_sets_meanwhile(engine: Engine, now: datetime) -> None:
    with write(engine) as conn:
        (n,) = raised(conn, now, alarm(Level.YELLOW))
    up = Act(action=Action.RAISE, level=Level.RED, note="因为")
    one_beside_another(
        engine,
        lambda conn: done(conn, n, now, up),
        lambda conn: settle(conn, "burst", [alarm(Level.YELLOW)], now=now + MINUTE),
    )
    case = case_of(engine, n)
    assert (case.level, case.by_hand) == (Level.RED, True)


def test_a_look_does_not_end_what_a_person_takes_up_meanwhile(engine: Engine, now: datetime) -> None:
    over = now + KEEP_OPEN
    with write(engine) as conn:
        settle(conn, "stale_feed", [alarm()], now=now, judged=False)
        (n,) = [case.alert_id for case in open_cases(conn, now=now)]
    one_beside_another(
        engine,
        lambda conn: done(conn, n, over, "verify"),
        lambda conn: settle(conn, "stale_feed", [], now=over, judged=False),
    )
    assert case_of(engine, n).stage is Stage.VERIFIED


def test_two_alerts_are_not_merged_into_each_other(engine: Engine, now: datetime) -> None:
    with write(engine) as conn:
        one, other = raised(conn, now, alarm(), alarm(subject="140404/crash"))
    with pytest.raises(StoreError, match="another open alert"):
        one_beside_another(engine, merge(one, other, now), merge(other, one, now))
    assert (case_of(engine, one).merged_into, case_of(engine, other).stage) == (other, Stage.FOUND)


def test_the_same_post_is_not_split_off_twice(engine: Engine, now: datetime) -> None:
    with write(engine) as conn:
        say(conn, (post(1), score()), (post(2), score()))
        (n,) = raised(conn, now, alarm(evidence=("1", "2"), evidence_count=2))

    def split(conn: Connection) -> None:
        split_off(conn, n, [2], title="另一件事", note="", who="wang", now=now)

    with pytest.raises(StoreError, match="some of the evidence"):
        one_beside_another(engine, split, split)


def test_a_look_does_not_write_back_what_is_forgotten_meanwhile(engine: Engine, now: datetime) -> None:
    said = "这张券在东街用不了，店主还骂人"
    one_beside_another(
        engine,
        lambda conn: settle(conn, "red_line", [alarm(title=f"疑涉：{said}")], now=now),
        lambda conn: redact(conn, [("", said, "")]),
    )
    with read(engine) as conn:
        (case,) = open_cases(conn, now=now)
        lines = history_of(conn, [case.alert_id])[case.alert_id]
    assert {case.title, *(line.title for line in lines)} == {"疑涉：—"}


def test_a_look_takes_its_moment_after_what_it_waited_for(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """A person's act at ten past, and a look that asked for its turn before: nobody could have read of it earlier."""
    moment = [now]
    with write(engine) as conn:
        (n,) = raised(conn, now, alarm(Level.YELLOW))

    class Finds:
        ID = "burst"

        def findings(self, window: Window) -> list[Finding]:
            return [
                Finding(
                    subject="140403/crash",
                    level=Level.RED,
                    title="t",
                    reasons=(),
                    evidence=("1",),
                    evidence_count=1,
                )
            ]

        def level(self, facts: object, parameters: object) -> Level:
            return Level.RED

    def act_at_ten_past(conn: Connection) -> None:
        done(conn, n, now + 10 * MINUTE, "verify")

    def look() -> None:
        watch(engine, (Finds(),), small_campaign, (), clock=lambda: moment[0])

    def pass_a_minute() -> None:
        moment[0] = now + 11 * MINUTE

    beside(engine, act_at_ten_past, look, meanwhile=pass_a_minute)
    with read(engine) as conn:
        lines = history_of(conn, [n])[n]
    assert [(line.change, line.at) for line in lines[1:]] == [
        ("verify", now + 10 * MINUTE), ("raised", now + 11 * MINUTE),
    ]  # fmt: skip


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_alert_that_is_being_written_is_waited_for_and_is_among_those_of_its_moment(
    engine: Engine, now: datetime, by_hand: bool
) -> None:
    def written(conn: Connection) -> None:
        if by_hand:
            open_by_hand(conn, title="踩踏", level=Level.RED, county=None, note="", who="wang", now=now)
        else:
            settle(conn, "burst", [alarm()], now=now)

    def told() -> int:
        all_known(engine)
        with read(engine) as conn:
            return len(open_then(conn, known_by=now, county=None))

    with ThreadPoolExecutor(max_workers=1) as threads:
        with write(engine) as conn:
            written(conn)
            paper = threads.submit(told)
            with pytest.raises(TimeoutError):
                paper.result(A_MOMENT_S)
        assert paper.result(PATIENCE_S) == 1
