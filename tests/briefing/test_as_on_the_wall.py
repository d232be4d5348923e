"""A scope has one grade: the wall's of a moment is that of the paper of the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert

from briefing.money import read_ledger
from domain.campaign import Campaign
from domain.readings import Scope
from domain.records import Grade, Kind
from store.queries.grades import days_of
from store.queries.progress import Money
from store.schema import day_grades
from store.writes.intake import RunRecord, record_run, report_feed
from tests.store.events import OPENING, event
from tests.store.judged import save

CITY = Scope(code="140400", name="长治市", is_city=True)
BEFORE_LAUNCH, ENDED = OPENING + timedelta(days=1), OPENING + timedelta(days=40)


@pytest.mark.parametrize(("now", "grade"), [(BEFORE_LAUNCH, Grade.FINAL), (ENDED, Grade.FLASH)])
def test_the_city_is_no_better_than_a_county_that_has_launched_and_was_never_heard_of(
    conn: Connection, small_campaign: Campaign, now: datetime, grade: Grade
) -> None:
    """上党区 launches on the third day; until then it has nothing that could be graded."""
    for programme in ("city", "luzhou"):
        save(conn, small_campaign, event(small_campaign, programme, Kind.CLAIM, 1))
        heard_of(conn, programme, now)
        days = days_of(small_campaign, small_campaign.programmes[programme], until=now)
        final = {"programme": programme, "graded_at": now, "grade": "final"}
        conn.execute(insert(day_grades), [{**final, "day": day} for day in days])
    money = Money(conn, small_campaign, CITY, now=now, late={})
    assert money.headline().stamp.grade is grade
    assert {s.stamp.grade for s in money.sectors()} == {money.curve().stamp.grade} == {grade}
    assert read_ledger(conn, small_campaign, CITY, as_of=now, known_by=now).grade is grade


def heard_of(conn: Connection, programme: str, at: datetime) -> None:
    told = {"source": programme, "grade": Grade.DAILY, "data_time": at}
    report_feed(conn, programmes=[programme], **told)
    record_run(conn, RunRecord(outcome="ok", started_at=at, finished_at=at, **told))
