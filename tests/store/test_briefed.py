"""What a briefing reads is the same on both engines, and does not know what came later."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, insert

from briefing.compose import compose
from briefing.trust import quality_section
from domain.campaign import Campaign
from domain.readings import Scope
from domain.records import Kind
from store.queries.briefed import feeds_then, said
from store.queries.sources import Expected
from store.schema import source_alive, source_runs
from tests.store.events import OPENING, event
from tests.store.judged import save, used
from tests.store.posts import post, say, score

LATER = OPENING + timedelta(hours=9)
CITY = Scope(code="140400", name="长治市", is_city=True)


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
