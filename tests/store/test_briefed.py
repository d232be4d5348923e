"""What a briefing reads is the same on both engines, and does not know what came later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, insert, select

from briefing.compose import compose
from briefing.trust import quality_section
from dashboard.live.readings import Readings
from dashboard.live.shared import Shared
from domain.campaign import Campaign
from domain.readings import Scope
from domain.readings_scenes import Discrepancies
from domain.records import Grade, Kind
from domain.statements import Metric
from store.queries.briefed import feeds_then, open_differences, said
from store.queries.sources import Expected
from store.schema import day_grades, source_alive, source_runs
from tests.store.events import OPENING, event
from tests.store.judged import save, used
from tests.store.posts import post, say, score
from tests.store.stated_day import DAY, MIDNIGHT, feed, run, state

LATER = OPENING + timedelta(hours=9)
CITY = Scope(code="140400", name="长治市", is_city=True)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)


def test_what_came_later_was_not_known(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 1), used(small_campaign))
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.CLAIM, 2), now=LATER + timedelta(hours=1))
    say(conn, (post(1), score()), now=LATER)
    say(conn, (post(2, "另一条"), score()), now=LATER + timedelta(hours=1))
    span = {"since": OPENING, "until": LATER, "known_by": LATER}
    assert [p.text for p in said(conn, **span)] == ["消费券抢不到"]
    assert feeds_then(conn, known_by=LATER) == {}
    feed = Expected(source="pay", name="市民付", side="payment", stale_after_s=300)
    paper = compose(conn, small_campaign, (feed,), CITY, as_of=LATER)
    assert sum(f.figures.claimed_count for f in paper.facts) == 1
    assert paper == compose(conn, small_campaign, (feed,), CITY, as_of=LATER)


def test_a_source_that_answers_and_has_nothing_new_is_not_late(conn: Connection) -> None:
    counts = dict.fromkeys(("rows_in", "accepted", "duplicate", "superseded", "quarantined"), 0)
    times = {"started_at": OPENING, "finished_at": OPENING}
    conn.execute(insert(source_runs).values(source="forum", outcome="ok", **times, **counts))
    conn.execute(insert(source_alive).values(source="forum", since=OPENING, until=LATER))
    forum = Expected(source="forum", name="论坛", side="opinion", stale_after_s=900)
    states = []
    for moment in (OPENING - timedelta(hours=1), LATER - timedelta(hours=1), LATER + timedelta(hours=1)):
        section = quality_section((forum,), feeds_then(conn, known_by=moment), 0, as_of=moment)
        states.append(section.tables[0].rows[0][1:3])
    assert states == [("暂无数据", "—"), ("正常", "09:00"), ("滞后", "09:00")]


def test_a_source_of_day_files_is_late_in_a_paper_when_it_is_on_the_wall(conn: Connection) -> None:
    """At 18:00 of the launch day its first file is still to come; thirty hours later it is overdue."""
    conn.execute(insert(source_alive).values(source="pay", since=OPENING, until=OPENING + timedelta(hours=9)))
    pay = Expected(source="pay", name="支付宝", side="payment", stale_after_s=600)
    bills = replace(pay, counts=True, files_from=OPENING.date())
    states = []
    for moment in (OPENING + timedelta(hours=9), OPENING + timedelta(hours=39)):
        section = quality_section((bills,), feeds_then(conn, known_by=moment), 0, as_of=moment)
        states.append(section.tables[0].rows[0][1:3])
    assert states == [("正常", "—"), ("滞后", "—")]


def test_nothing_compared_is_no_zero_differences(conn: Connection, small_campaign: Campaign) -> None:
    """Days are graded without a word from any platform, and one's word is none about another's."""
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
    feed(conn, MIDNIGHT, daily=MIDNIGHT)
    silent, stated, other = (MIDNIGHT + timedelta(hours=n) for n in (6, 7, 8))
    run(conn, small_campaign, silent)
    assert conn.execute(select(day_grades.c.day).where(day_grades.c.programme == "city")).all()
    for metric, at, count in ((Metric.REFUNDED, stated, 0), (Metric.CLAIMED, other, 2)):
        state(conn, small_campaign, metric, count, None, stated_at=at)
        run(conn, small_campaign, at)
    told = [open_differences(conn, ["city"], known_by=at) for at in (silent, stated, other)]
    assert told == [None, 0, 1]
    assert open_differences(conn, ["luzhou"], known_by=other) is None
    section = compose(conn, small_campaign, (), COUNTY, as_of=other)
    shown = [
        Readings(Shared(conn, small_campaign, (), now=at, good={}), CITY).trust.discrepancies
        for at in (silent, other)
    ]
    assert shown == [None, Discrepancies(open_count=1, open_fen=0)], "as the wall has it"
    assert "与平台汇总数不一致未关闭：—。" in [s for part in section.sections for s in part.sentences]


def test_a_final_day_was_compared_though_only_counters_told_of_it(conn: Connection) -> None:
    graded = {"programme": "city", "day": DAY, "grade": Grade.DAILY.value, "graded_at": MIDNIGHT}
    conn.execute(insert(day_grades).values(graded))
    settled = MIDNIGHT + timedelta(days=3)
    conn.execute(insert(day_grades).values(graded | {"grade": Grade.FINAL.value, "graded_at": settled}))
    moments = (MIDNIGHT, settled)
    assert [open_differences(conn, ["city"], known_by=at) for at in moments] == [None, 0]
