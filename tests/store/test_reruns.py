"""Requests to read a source at once: asked once, taken once, kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from store.engine import read, write
from store.queries.reruns import waiting_reruns
from store.schema import reruns
from store.writes.reruns import ask_rerun, take_rerun

NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=2)


def test_asking_twice_is_asking_once_until_it_is_taken(engine: Engine):
    with write(engine) as conn:
        assert ask_rerun(conn, "pay", asked_by="li", now=NOW)
        assert not ask_rerun(conn, "pay", asked_by="wang", now=SOON)
        assert ask_rerun(conn, "news", asked_by="wang", now=SOON)
    with read(engine) as conn:
        first, second = waiting_reruns(conn)
    assert (first.source, first.asked_by, first.asked_at) == ("pay", "li", NOW)
    assert (second.source, second.asked_by) == ("news", "wang")
    with write(engine) as conn:
        take_rerun(conn, first.rerun_id, now=SOON)
        assert [waiting.source for waiting in waiting_reruns(conn)] == ["news"]
        assert ask_rerun(conn, "pay", asked_by="wang", now=SOON)


def test_what_was_taken_still_says_who_asked_and_when(engine: Engine):
    with write(engine) as conn:
        ask_rerun(conn, "pay", asked_by="li", now=NOW)
        take_rerun(conn, waiting_reruns(conn)[0].rerun_id, now=SOON)
        row = conn.execute(select(reruns)).one()
    assert (row.source, row.asked_by, row.asked_at, row.taken_at) == ("pay", "li", NOW, SOON)
