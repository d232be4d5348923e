"""A run of a source: every payload whole or not at all; bad input is set aside and nothing else is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Kind, Parsed, Post, Reject
from ingest.run import run_source
from store import schema
from store.engine import read, write
from store.queries.sources import cursor_of, version_number
from store.writes.intake import RunRecord, record_run
from tests.ingest.scripted import scripted, site
from tests.store.events import event as made
from tests.store.test_ledger import some_events


def pages(campaign: Campaign, size: int = 3) -> tuple[Parsed, ...]:
    """Claims, redemptions and refunds of every programme, mixed over small pages, one event twice."""
    by_programme = [some_events(campaign, p.id, claims=6) for p in campaign.programme]
    events = [e for row in zip(*by_programme, strict=True) for e in row]
    events.insert(7, events[0])
    return tuple(Parsed(records=tuple(events[i : i + size])) for i in range(0, len(events), size))


def count(engine: Engine, table: Any) -> int:
    with read(engine) as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def test_rows_are_conserved_in_every_run(engine: Engine, small_campaign: Campaign, now: datetime) -> None:
    city = small_campaign.city.id
    good = made(small_campaign, city, Kind.CLAIM, 1)
    foreign = made(small_campaign, city, Kind.CLAIM, 2, sub_project="nobody's")
    mixed = Parsed(
        records=(good, good, foreign), rejects=(Reject(row="row 4", field="面额(元)", reason="not money"),)
    )
    outcome = run_source(scripted(mixed), site(engine, small_campaign), lambda: now)
    assert (outcome.accepted, outcome.duplicate, outcome.quarantined) == (1, 1, 2)
    with read(engine) as conn:
        aside = conn.execute(select(schema.quarantine.c.field, schema.quarantine.c.reason)).all()
    assert {row.field for row in aside} == {"sub_project", "面额(元)"}


def test_an_amount_that_is_filled_in_is_no_new_row_and_no_repeated_one(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    whole = made(small_campaign, small_campaign.city.id, Kind.REDEMPTION, 1)
    lacking = replace(whole, order_fen=None, paid_fen=None)
    source = scripted(Parsed(records=(lacking,)), Parsed(records=(whole, whole)))
    run_source(source, site(engine, small_campaign), lambda: now)
    runs = schema.source_runs.c
    with read(engine) as conn:
        told = conn.execute(
            select(runs.rows_in, runs.accepted, runs.duplicate, runs.superseded, runs.quarantined).order_by(
                runs.run_id
            )
        ).all()
    assert [tuple(row) for row in told] == [(1, 1, 0, 0, 0), (2, 0, 1, 1, 0)]


@pytest.mark.parametrize("lost", ["accepted", "duplicate", "superseded", "quarantined"])
def test_the_store_takes_no_run_whose_rows_do_not_add_up(engine: Engine, now: datetime, lost: str) -> None:
    counts = {"accepted": 4, "duplicate": 3, "superseded": 2, "quarantined": 1}
    usual = {"source": "scripted", "started_at": now, "finished_at": now, "outcome": "ok"}
    with write(engine) as conn:
        record_run(conn, RunRecord(**usual, rows_in=10, **counts))
    with pytest.raises(IntegrityError, match="conserved"), write(engine) as conn:
        record_run(conn, RunRecord(**usual, rows_in=10, **counts | {lost: counts[lost] - 1}))
    assert count(engine, schema.source_runs) == 1


def test_an_unmapped_sub_project_is_never_guessed(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    foreign = made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1, sub_project="SX2022-H2-R")
    run_source(scripted(Parsed(records=(foreign,))), site(engine, small_campaign), lambda: now)
    assert count(engine, schema.events) == 0
    assert count(engine, schema.quarantine) == 1


def test_a_payload_that_cannot_be_read_is_set_aside_and_the_next_one_is_taken(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    good = Parsed(records=(made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1),))
    source = scripted("not the format this was written for", good)
    outcome = run_source(source, site(engine, small_campaign), lambda: now)
    assert outcome.accepted == 1
    assert outcome.trouble == "not the format this was written for"
    assert count(engine, schema.raw_archive) == 2
    with read(engine) as conn:
        assert cursor_of(conn, "scripted") == "2"


@pytest.mark.parametrize("fault", [KeyError("secret of row 7"), RecursionError(), ZeroDivisionError()])
def test_a_payload_our_own_reader_fails_on_is_set_aside_and_the_next_one_is_taken(
    engine: Engine,
    small_campaign: Campaign,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
) -> None:
    good = Parsed(records=(made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1),))
    outcome = run_source(scripted(fault, good), site(engine, small_campaign), lambda: now)
    assert outcome.accepted == 1
    assert outcome.trouble == f"the connector failed on it: {type(fault).__name__}"
    assert count(engine, schema.raw_archive) == 2
    with read(engine) as conn:
        assert conn.scalars(select(schema.quarantine.c.reason)).all() == [outcome.trouble]
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [fault]


def test_a_payload_that_memory_was_too_short_for_is_read_again(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with pytest.raises(MemoryError):
        run_source(scripted(MemoryError()), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        assert cursor_of(conn, "scripted") is None


def test_many_bad_rows_set_the_payload_aside_whole(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    bad = tuple(Reject(row=f"row {i}", field="f", reason="r") for i in range(30))
    good = (made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1),)
    outcome = run_source(
        scripted(Parsed(records=good, rejects=bad)), site(engine, small_campaign), lambda: now
    )
    assert outcome.accepted == 0
    assert "30 of 31 rows are bad" in str(outcome.trouble)


def test_a_source_that_breaks_keeps_what_came_before(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    answers = pages(small_campaign)
    broken = scripted(*answers, breaks_at=2)
    outcome = run_source(broken, site(engine, small_campaign), lambda: now)
    assert outcome.trouble == "connection refused"
    with read(engine) as conn:
        state = conn.execute(select(schema.source_state)).one()
    assert (state.cursor, state.failures_in_row, state.trouble) == ("2", 1, "connection refused")
    run_source(scripted(*answers), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        mended = conn.execute(select(schema.source_state)).one()
    assert (mended.cursor, mended.failures_in_row, mended.trouble) == (str(len(answers)), 0, None)


def test_nothing_new_leaves_the_version_and_tells_that_the_source_lives(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    source = scripted(*pages(small_campaign))
    run_source(source, site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        before = version_number(conn)
    assert run_source(source, site(engine, small_campaign), lambda: now).payloads == 0
    with read(engine) as conn:
        assert version_number(conn) == before
        assert conn.execute(select(schema.source_state.c.last_ok_at)).scalar_one() == now


def test_a_worker_that_lost_its_lease_writes_nothing(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    def fenced(conn: object) -> None:
        raise StoreError("lease has passed on")

    with pytest.raises(StoreError):
        run_source(scripted(*pages(small_campaign)), site(engine, small_campaign, fenced), lambda: now)
    assert count(engine, schema.events) == 0


def test_author_ids_are_stored_as_keyed_hashes(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    said = Post(
        source="scripted", media="weibo", external_id="1", title="", text="抢到了", url=None,
        published_at=now, author_ref="uid-12345",
    )  # fmt: skip
    run_source(scripted(Parsed(records=(said,))), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        stored = conn.execute(select(schema.posts.c.author_ref)).scalar_one()
    assert len(stored) == 64
    assert "12345" not in stored


@pytest.mark.parametrize(("ahead", "taken"), [(timedelta(hours=12), 1), (timedelta(days=365), 0)])
def test_a_row_dated_ahead_makes_no_feed_fresh_and_one_of_another_year_is_set_aside(
    engine: Engine, small_campaign: Campaign, now: datetime, ahead: timedelta, taken: int
) -> None:
    late = made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1, occurred_at=now + ahead)
    outcome = run_source(scripted(Parsed(records=(late,))), site(engine, small_campaign), lambda: now)
    assert (outcome.accepted, outcome.quarantined) == (taken, 1 - taken)
    with read(engine) as conn:
        times = [
            conn.execute(select(table.c.data_time)).scalar_one()
            for table in (schema.source_state, schema.source_runs)
        ]
        fields = conn.execute(select(schema.quarantine.c.field)).scalars().all()
    assert times == [now, now]
    assert fields == ["occurred_at"] * (1 - taken)


def test_a_post_from_the_future_has_no_date(engine: Engine, small_campaign: Campaign, now: datetime) -> None:
    said = Post(
        source="scripted",
        media="rss",
        external_id="1",
        title="",
        text="明天的新闻",
        url=None,
        published_at=now,
    )
    ahead = replace(said, external_id="2", published_at=now + timedelta(minutes=11))
    run_source(scripted(Parsed(records=(said, ahead))), site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        query = select(schema.posts.c.published_at).order_by(schema.posts.c.external_id)
        assert list(conn.execute(query).scalars()) == [now, None]


@pytest.mark.parametrize(("breaks_at", "kept"), [(0, True), (1, False)])
def test_a_source_that_brought_something_is_not_left_alone_whole_for_one_servers_wish(
    engine: Engine, small_campaign: Campaign, now: datetime, breaks_at: int, kept: bool
) -> None:
    source = scripted(*pages(small_campaign), breaks_at=breaks_at, after_s=600.0)
    run_source(source, site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        until = conn.execute(select(schema.source_state.c.not_before)).scalar_one()
    assert until == (now + timedelta(minutes=10) if kept else None)
