"""Settling: an alert opens once, rises, falls, stays through a flutter and closes; each change is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from alerts.finding import Finding, Window
from alerts.judge import judge
from alerts.rules import RULES
from alerts.watch import GATHERING, watch
from domain.campaign import Campaign
from domain.flags import Reason
from domain.readings import Level
from domain.records import Grade, Kind
from domain.signals import KEEP_OPEN
from domain.topics import is_about_posts
from store import schema
from store.engine import read, write
from store.queries.alert_then import alert_story
from store.queries.alerts import open_alerts
from store.queries.cases import open_cases
from store.queries.open_then import open_then
from store.queries.sources import Expected, version_number
from store.writes.alerts import Alarm, settle
from store.writes.intake import source_succeeded
from store.writes.ledger import save_batch
from tests.store.events import entries, event


def alarm(level: Level = Level.YELLOW, subject: str = "140403/crash") -> Alarm:
    return Alarm(
        subject=subject,
        level=level,
        title="t",
        reasons=("r",),
        evidence=("1",),
        evidence_count=1,
        county="140403",
    )


def history(conn: Connection) -> list[str]:
    return list(
        conn.execute(
            select(schema.alert_history.c.change).order_by(schema.alert_history.c.entry_id)
        ).scalars()
    )


def test_a_finding_opens_once_and_is_refreshed(conn: Connection, now: datetime) -> None:
    settle(conn, "burst", [alarm()], now=now)
    again = settle(conn, "burst", [alarm()], now=now + timedelta(minutes=1))
    assert (again.refreshed, again.visible) == (1, False)
    (found,) = open_alerts(conn)
    assert (found.raised_at, found.refreshed_at) == (now, now + timedelta(minutes=1))
    assert history(conn) == ["opened"]


def test_what_raised_an_alert_stays_with_it_when_its_window_has_moved_on(
    conn: Connection, now: datetime
) -> None:
    for minutes in range(90):
        said = tuple(map(str, range(max(minutes - 60, 0), minutes + 10)))
        one = replace(
            alarm(), evidence=said, evidence_count=len(said), began_at=now + timedelta(minutes=minutes - 60)
        )
        settle(conn, "burst", [one], now=now + timedelta(minutes=minutes), gathers=True)
    (row,) = conn.execute(select(schema.alerts))
    assert (row.evidence, row.evidence_count) == ([str(n) for n in range(99)], 99)
    assert row.began_at == now - timedelta(minutes=60)


def test_an_alert_of_a_state_holds_what_the_state_is_now(conn: Connection, now: datetime) -> None:
    for said in (("1", "2"), ("2", "3")):
        settle(conn, "unanswered", [replace(alarm(), evidence=said, evidence_count=2)], now=now)
    assert conn.execute(select(schema.alerts.c.evidence)).scalar_one() == ["2", "3"]


def test_every_rule_that_looks_at_posts_of_a_moving_window_gathers_them() -> None:
    of_tickets = {"unanswered"}  # what is answered is evidence no more
    assert {rule.ID for rule in RULES if is_about_posts(rule.ID)} - of_tickets == GATHERING


def test_a_level_rises_and_falls_and_each_change_is_kept(conn: Connection, now: datetime) -> None:
    settle(conn, "burst", [alarm(Level.YELLOW)], now=now)
    settle(conn, "burst", [alarm(Level.RED)], now=now)
    for minutes in range(16):
        settle(conn, "burst", [alarm(Level.ORANGE)], now=now + timedelta(minutes=minutes))
    assert history(conn) == ["opened", "raised", "lowered"]
    assert open_alerts(conn)[0].level is Level.ORANGE


def test_a_level_that_falls_for_a_moment_does_not_flap(conn: Connection, now: datetime) -> None:
    for minutes in range(60):
        level = Level.RED if minutes % 10 == 0 else Level.ORANGE
        settle(conn, "burst", [alarm(level)], now=now + timedelta(minutes=minutes))
    assert history(conn) == ["opened"]


def test_an_alert_not_found_for_a_moment_stays_open(conn: Connection, now: datetime) -> None:
    settle(conn, "burst", [alarm()], now=now)
    settle(conn, "burst", [], now=now + KEEP_OPEN - timedelta(seconds=1))
    assert len(open_alerts(conn)) == 1
    assert not open_alerts(conn)[0].receded
    settle(conn, "burst", [], now=now + KEEP_OPEN)
    assert [a.receded for a in open_alerts(conn)] == [True]
    assert history(conn) == ["opened", "closed"]


def test_what_has_receded_is_called_by_its_gravest_look_wherever_it_is_read(
    conn: Connection, now: datetime
) -> None:
    """Not by the last one before it went, the mildest of all. Level and evidence stay as they are."""
    looks = (
        (Level.YELLOW, 9),
        (Level.ORANGE, 60),
        (Level.ORANGE, 120),
        (Level.YELLOW, 130),
        (Level.YELLOW, 8),
    )
    for minute, (level, n) in enumerate(looks):
        one = replace(alarm(level), title=f"1 小时 {n} 条", evidence_count=n)
        settle(conn, "burst", [one], now=now + timedelta(minutes=minute), gathers=True)
    gone_at, later = now + timedelta(minutes=4) + KEEP_OPEN, now + timedelta(hours=1)
    before = conn.execute(select(schema.alerts)).one()
    assert open_alerts(conn)[0].title == "1 小时 8 条"  # what there is now
    settle(conn, "burst", [], now=gone_at)
    after, peak = conn.execute(select(schema.alerts)).one(), "最高时 1 小时 120 条"
    assert [a.title for a in open_alerts(conn)] == [peak]  # the wall
    assert [c.title for c in open_cases(conn, now=later)] == [peak]  # the desk
    assert [a.title for a in open_then(conn, known_by=later, county=None)] == [peak]  # papers
    assert alert_story(conn, after.alert_id, known_by=later).title == peak
    assert alert_story(conn, after.alert_id, known_by=now + timedelta(minutes=5)).title == "1 小时 120 条"
    kept = ("level", "computed_level", "evidence", "evidence_count", "facts")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    again = replace(alarm(), title="1 小时 10 条", evidence_count=10)
    settle(conn, "burst", [again], now=later)
    assert open_alerts(conn)[0].title == "1 小时 10 条"
    settle(conn, "burst", [], now=later + KEEP_OPEN)
    assert open_alerts(conn)[0].title == peak


def test_what_was_gravest_at_last_keeps_its_title_and_so_does_what_is_done(
    conn: Connection, now: datetime
) -> None:
    """As does what nobody has to judge: it is over with its cause, and no alert that is still open."""
    for rule, level in (("burst", Level.ORANGE), ("stale_feed", Level.YELLOW)):
        settle(conn, rule, [replace(alarm(), title="first")], now=now)
        settle(conn, rule, [replace(alarm(level), title="last")], now=now, judged=rule == "burst")
        last = replace(alarm(Level.BLUE), title="mildest")
        if rule == "stale_feed":
            settle(conn, rule, [last], now=now, judged=False)
        settle(conn, rule, [], now=now + KEEP_OPEN, judged=rule == "burst")
    rows = conn.execute(select(schema.alerts.c.title).order_by(schema.alerts.c.alert_id))
    assert list(rows.scalars()) == ["last", "mildest"]


def test_rules_do_not_close_each_others_alerts(conn: Connection, now: datetime) -> None:
    settle(conn, "burst", [alarm()], now=now)
    settle(conn, "other", [], now=now + timedelta(days=1))
    assert len(open_alerts(conn)) == 1


def test_the_gravest_stands_first(conn: Connection, now: datetime) -> None:
    settle(conn, "burst", [alarm(Level.BLUE, "a"), alarm(Level.RED, "b"), alarm(Level.YELLOW, "c")], now=now)
    assert [a.level for a in open_alerts(conn)] == [Level.RED, Level.YELLOW, Level.BLUE]


def test_a_redemption_below_its_minimum_and_a_silent_feed_reach_the_board(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """The whole way: stored events and a source's state -> window -> rules -> open alerts, and a moved version."""
    city = small_campaign.city.id
    low = entries(small_campaign, event(small_campaign, city, Kind.REDEMPTION, 1, order_fen=100))
    with write(engine) as conn:
        save_batch(conn, low, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)
        source_succeeded(conn, "pay", cursor=None, data_time=now - timedelta(hours=1), now=now)
        before = version_number(conn)
    expected = (Expected(source="pay", name="市民付", side="payment", stale_after_s=600),)
    judge(engine, small_campaign, now=now)
    watch(engine, RULES, small_campaign, expected, clock=lambda: now)
    watch(engine, RULES, small_campaign, expected, clock=lambda: now + timedelta(minutes=1))
    with read(engine) as conn:
        found = {(a.rule, a.subject) for a in open_alerts(conn)}
        assert found == {("money_fault", f"{city}/below-minimum"), ("stale_feed", "pay")}
        assert version_number(conn) > before


def test_a_programme_booked_under_two_tranches_stops_no_rule(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """A file said another tranche at first: each has its flagged events, and the programme has one alert of them."""
    city = small_campaign.city.id
    uses = [event(small_campaign, city, Kind.REDEMPTION, number, order_fen=100) for number in (1, 2)]
    first, second = entries(small_campaign, *uses)
    low = (replace(first, tranche="T2"), second)
    with write(engine) as conn:
        save_batch(conn, low, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)
    board = judge(engine, small_campaign, now=now)
    assert {c.tranche for c in board.of(Reason.BELOW_MINIMUM) or ()} == {"T1", "T2"}
    watch(engine, RULES, small_campaign, (), clock=lambda: now)
    with read(engine) as conn:
        counts = {(a.rule, a.subject): a.evidence_count for a in open_cases(conn, now=now)}
    assert counts[("money_fault", f"{city}/below-minimum")] == 2
    assert "tranche_mixing" in {rule for rule, _ in counts}


@pytest.mark.parametrize("levels", [(Level.BLUE, Level.RED), (Level.RED, Level.BLUE)])
def test_of_two_findings_of_one_subject_the_graver_stands(
    conn: Connection, now: datetime, levels: tuple[Level, Level]
) -> None:
    found = [alarm(level) for level in levels]
    for minutes in range(2):
        settled = settle(conn, "burst", found, now=now + timedelta(minutes=minutes))
        assert (settled.opened, settled.refreshed) == (1 - minutes, minutes)
    assert [a.level for a in open_alerts(conn)] == [Level.RED]


def test_a_rule_that_dies_changes_nothing(engine: Engine, small_campaign: Campaign, now: datetime) -> None:
    class Dies:
        ID = "dies"

        def findings(self, window: Window) -> list[Finding]:
            raise ArithmeticError("a fault in the rule")

    class Finds:
        ID = "finds"

        def findings(self, window: Window) -> list[Finding]:
            return [
                Finding(subject="s", level=Level.BLUE, title="t", reasons=(), evidence=(), evidence_count=0)
            ]

    with pytest.raises(ArithmeticError):
        watch(engine, (Finds(), Dies()), small_campaign, (), clock=lambda: now)
    with read(engine) as conn:
        assert open_alerts(conn) == ()
