"""What is published stays as it is: a change is a new edition, the very same is not published twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from domain.papers import PaperKind, WantedPaper
from domain.records import Grade
from domain.terms import business_day_start
from store.engine import read, write
from store.queries.briefings import asked_for, moments_with_papers, newest_edition, paper_file, published
from store.schema import briefing_files
from store.writes.briefings import Paper, answered, ask, publish
from tests.store.events import OPENING

DAY = business_day_start(OPENING)
NOW = DAY + timedelta(days=1, hours=9)
CITY, COUNTY = (WantedPaper(scope=code, day=DAY) for code in ("140400", "140403"))
FILES = {"pdf": b"%PDF-1", "json": b"{}"}


def paper(freeze_id: str = "a" * 64, *, scope: str = "140400", **changes: Any) -> Paper:
    return Paper(
        scope=scope,
        day=DAY,
        title="长治市数字消费券运行日报",
        grade=Grade.DAILY,
        as_of=DAY + timedelta(days=1),
        known_by=DAY + timedelta(days=1),
        freeze_id=freeze_id,
        **changes,
    )


def test_a_paper_comes_back_as_it_was_published(conn: Connection):
    assert publish(conn, paper(), FILES, by="duty", now=NOW) == 1
    (found,) = published(conn)
    assert (found.scope, found.day, found.edition, found.grade) == ("140400", DAY, 1, Grade.DAILY)
    assert (found.published_at, found.published_by) == (NOW, "duty")
    assert paper_file(conn, found.briefing_id, "pdf") == (found, b"%PDF-1")
    assert paper_file(conn, found.briefing_id, "docx") is None
    assert paper_file(conn, found.briefing_id + 1, "pdf") is None


def test_a_change_is_a_new_edition_and_the_same_is_none(conn: Connection):
    publish(conn, paper(), FILES, by="duty", now=NOW)
    assert publish(conn, paper(), {"pdf": b"other"}, by="duty", now=NOW) is None
    assert publish(conn, paper("b" * 64), {"pdf": b"new"}, by="duty", now=NOW) == 2
    newest, first = published(conn)
    assert newest == newest_edition(conn, CITY)
    assert paper_file(conn, first.briefing_id, "pdf") == (first, b"%PDF-1")
    assert paper_file(conn, newest.briefing_id, "pdf") == (newest, b"new")
    assert moments_with_papers(conn, "140400") == {DAY + timedelta(days=1)}


def test_scopes_have_editions_of_their_own(conn: Connection):
    assert publish(conn, paper(), FILES, by="duty", now=NOW) == 1
    assert publish(conn, paper(scope="140403"), FILES, by="duty", now=NOW) == 1
    assert [p.scope for p in published(conn, scope="140403")] == ["140403"]
    assert moments_with_papers(conn, "140404") == set()


def test_a_crash_before_the_end_publishes_nothing(engine: Engine):
    def dying() -> None:
        with write(engine) as conn:
            publish(conn, paper(), FILES, by="duty", now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        dying()
    with read(engine) as conn:
        assert published(conn) == []
        assert conn.scalar(select(func.count()).select_from(briefing_files)) == 0


def test_asking_twice_is_asking_once_until_it_is_answered(conn: Connection):
    assert ask(conn, CITY, by="duty", now=NOW)
    assert not ask(conn, CITY, by="other", now=NOW)
    assert ask(conn, COUNTY, by="county", now=NOW + timedelta(seconds=1))
    assert [(a.wanted.scope, a.asked_by) for a in asked_for(conn)] == [
        ("140400", "duty"),
        ("140403", "county"),
    ]
    answered(conn, CITY)
    assert [a.wanted.scope for a in asked_for(conn)] == ["140403"]
    assert ask(conn, CITY, by="duty", now=NOW)


def test_kinds_and_alerts_have_editions_of_their_own(conn: Connection):
    assert publish(conn, paper(), FILES, by="duty", now=NOW) == 1
    assert publish(conn, paper(kind=PaperKind.OPINION), FILES, by="duty", now=NOW) == 1
    for alert_id in (7, 8):
        assert publish(conn, paper(kind=PaperKind.EVENT, alert_id=alert_id), FILES, by="duty", now=NOW) == 1
    found = published(conn, kinds=(PaperKind.OPINION, PaperKind.EVENT))
    assert [(p.kind, p.alert_id) for p in found] == [
        (PaperKind.EVENT, 8), (PaperKind.EVENT, 7), (PaperKind.OPINION, 0),
    ]  # fmt: skip
    assert moments_with_papers(conn, "140400", PaperKind.WEEKLY) == set()
    event = WantedPaper(scope="140400", day=DAY, kind=PaperKind.EVENT, alert_id=7)
    assert ask(conn, event, by="duty", now=NOW)
    assert ask(conn, CITY, by="duty", now=NOW)
    answered(conn, event)
    assert [a.wanted for a in asked_for(conn)] == [CITY]
