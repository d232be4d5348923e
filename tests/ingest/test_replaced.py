"""A file sent again with fewer rows: what it leaves out still counts, and everybody can see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar, Literal

from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import ParseError
from domain.records import Kind, Parsed, Payload
from ingest.http import Http
from ingest.run import run_source
from ingest.source import Source
from store import schema
from store.engine import read
from store.queries.verify import verify
from tests.ingest.scripted import site
from tests.store.events import event as made


class _Replacing(Source):
    """One file, again and again under one name; a file is a list of places in `events`."""

    side: ClassVar[Literal["payment"]] = "payment"
    events: tuple[Any, ...]
    files: tuple[tuple[int, ...] | None, ...]

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        for n, file in enumerate(self.files):
            yield Payload(name="day 1", body=json.dumps(file).encode(), media_type="text/plain", revision=n)

    def parse(self, payload: Payload) -> Parsed:
        places = json.loads(payload.body)
        if places is None:
            raise ParseError(self.id, "not the format this was written for")
        events = (replace(self.events[at], revision=payload.revision) for at in places)
        return Parsed(records=tuple(events))


def _run(
    engine: Engine, campaign: Campaign, now: datetime, *files: tuple[int, ...] | None
) -> tuple[list[str], list[tuple[int, int, int, int]]]:
    """What is set aside for a row that is left out, and of each run what came in, was new, corrected and set aside."""
    told = tuple(made(campaign, campaign.city.id, Kind.CLAIM, n) for n in range(3))
    source = _Replacing(
        id="bank", kind="bank", name="银行", every_s=60, stale_after_s=180, events=told, files=files
    )
    seconds = count()
    run_source(source, site(engine, campaign), lambda: now + timedelta(seconds=next(seconds)))
    c, runs = schema.quarantine.c, schema.source_runs.c
    with read(engine) as conn:
        assert verify(conn, campaign) == []
        rows = conn.execute(select(c.row).where(c.reason.like("stood in%")).order_by(c.row)).scalars().all()
        counted = conn.execute(select(runs.rows_in, runs.accepted, runs.duplicate, runs.quarantined))
        return list(rows), [tuple(row) for row in counted]


def test_what_a_replacement_leaves_out_is_shown_and_still_counts(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    rows, runs = _run(engine, small_campaign, now, (0, 1, 2), (1,))
    assert [row.split()[0] for row in rows] == ["claim", "claim"]
    assert [(n, accepted, aside) for n, accepted, _, aside in runs] == [(3, 3, 0), (3, 0, 2)]
    with read(engine) as conn:
        assert len(conn.execute(select(schema.events)).all()) == 3


def test_it_is_held_against_the_file_just_before_it(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    rows, _ = _run(engine, small_campaign, now, (0, 1), (0, 1, 2), (0, 1))
    assert len(rows) == 1


def test_more_rows_leave_nothing_out_and_what_could_not_be_read_told_nothing(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    assert _run(engine, small_campaign, now, (0,), (0, 1))[0] == []
    assert len(_run(engine, small_campaign, now, (0, 1), None, (1,))[0]) == 1


def test_it_is_not_held_against_a_file_our_own_reader_failed_on(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """It told nothing; the file before it did."""
    rows, runs = _run(engine, small_campaign, now, (0, 1), (0, 2, 9), (0,))
    assert [row.split()[0] for row in rows] == ["claim"]
    assert [aside for *_, aside in runs] == [0, 1, 1]
