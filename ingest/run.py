"""One run of one source: fetch, archive the raw bytes, parse, save; each payload in a transaction of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError, SourceError
from domain.records import Counter, Event, Parsed, Payload, Post, Reject
from domain.statements import Statement
from ingest.admit import Admitted, admit
from ingest.alive import note_alive
from ingest.door import at_the_door, forget_at
from ingest.filed import filed, reported
from ingest.http import Http
from ingest.parsing import parse_file
from ingest.rejects import conflict
from ingest.replaced import with_left_out
from ingest.source import Source
from store.engine import read, write
from store.queries.sources import cursor_of
from store.writes import intake, ledger
from store.writes import posts as post_writes
from store.writes.counters import save_counters
from store.writes.ledger import known_at
from store.writes.statements import save_statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a run needs beside its source."""

    engine: Engine
    http: Http
    campaign: Campaign
    author_key: bytes  # for keyed hashes of author ids; lives outside the database
    fence: Callable[[Connection], None] = lambda conn: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run came to, for the log."""

    source: str
    payloads: int
    accepted: int
    duplicate: int
    quarantined: int
    trouble: str | None


def run_source(source: Source, site: Site, clock: Callable[[], datetime]) -> Outcome:
    """Fetch and save everything new. What the source does wrong is recorded and shown, never raised."""
    started = clock()
    runs: list[intake.RunRecord] = []
    with read(site.engine) as conn:
        cursor = cursor_of(conn, source.id)
    trouble: str | None = None
    try:
        for payload in source.fetch(site.http, cursor):
            runs.append(_save_payload(source, payload, site, clock))
        if not runs and not source.only_pushed:
            _note_unchanged(source, site, clock())
    except SourceError as error:
        trouble = error.message
        _note_failure(source, error, site, started=started, now=clock(), answered=bool(runs))
    trouble = trouble or next((run.message for run in runs if run.outcome == "parse_error"), None)
    return Outcome(
        source=source.id,
        payloads=len(runs),
        accepted=sum(run.accepted for run in runs),
        duplicate=sum(run.duplicate for run in runs),
        quarantined=sum(run.quarantined for run in runs),
        trouble=trouble,
    )


def import_payload(source: Source, payload: Payload, site: Site, clock: Callable[[], datetime]) -> Outcome:
    """A file brought by hand, through the very same parse and save; the source's cursor stays where it is."""
    run = _save_payload(source, replace(payload, cursor=None), site, clock)
    return Outcome(
        source=source.id,
        payloads=1,
        accepted=run.accepted,
        duplicate=run.duplicate,
        quarantined=run.quarantined,
        trouble=run.message if run.outcome == "parse_error" else None,
    )


def _save_payload(
    source: Source, payload: Payload, site: Site, clock: Callable[[], datetime]
) -> intake.RunRecord:
    started = clock()
    sha256 = hashlib.sha256(payload.body).hexdigest()
    try:
        parsed = parse_file(source, payload)
        parsed = with_left_out(parsed, source, payload, sha256=sha256, engine=site.engine)
    except ParseError as error:
        return _set_aside(source, payload, error, site, sha256=sha256, started=started, now=clock())
    money = (r for r in parsed.records if isinstance(r, (Event, Counter, Statement)))
    admitted = admit(site.campaign, money, now=started)  # before the lock: a second of half a million rows
    with write(site.engine) as conn:
        site.fence(conn)
        now = known_at(conn, clock)
        due = forget_at(source, site.campaign.retention, now)
        intake.keep_raw(conn, payload, source=source.id, sha256=sha256, now=now, forget_at=due)
        run = _save_records(conn, source, parsed, admitted, site, sha256=sha256, started=started, now=now)
        intake.source_succeeded(conn, source.id, cursor=payload.cursor, data_time=run.data_time, now=now)
        note_alive(conn, source, now)
        intake.record_run(conn, run)
        intake.move_version(conn, now)
    return run


def _save_records(
    conn: Connection,
    source: Source,
    parsed: Parsed,
    admitted: Admitted,
    site: Site,
    *,
    sha256: str,
    started: datetime,
    now: datetime,
) -> intake.RunRecord:
    said = [at_the_door(r, site.author_key, now) for r in parsed.records if isinstance(r, Post)]
    saved = ledger.save_batch(
        conn, admitted.entries, source=source.id, grade=parsed.grade, raw_sha256=sha256, now=now
    )
    counted = save_counters(conn, admitted.counters, now=now)
    stated = save_statements(conn, admitted.statements, source=source.id, raw_sha256=sha256, now=now)
    posted = post_writes.save_posts(conn, said, raw_sha256=sha256, now=now)
    rejects = (*parsed.rejects, *admitted.rejects, *map(conflict, saved.conflicting))
    data_time = _data_time(parsed, now)
    intake.quarantine(conn, rejects, source=source.id, sha256=sha256, now=now)
    spoken_for = reported(source, admitted.entries, site.campaign)
    intake.report_feed(conn, programmes=spoken_for, source=source.id, data_time=data_time, grade=parsed.grade)
    if not rejects:  # what holds rows nobody could book has not told its time whole
        told = filed(parsed, site.campaign, spoken_for, now=now)
        intake.report_filed(conn, told, source=source.id, now=now)
    accepted = saved.accepted + counted + stated + posted
    return intake.RunRecord(
        source=source.id,
        started_at=started,
        finished_at=now,
        outcome="ok",
        raw_sha256=sha256,
        rows_in=parsed.rows_in,
        accepted=accepted,
        duplicate=parsed.rows_in - accepted - saved.superseded - len(rejects),
        superseded=saved.superseded,
        quarantined=len(rejects),
        data_time=data_time,
        grade=parsed.grade,
    )


def _data_time(parsed: Parsed, now: datetime) -> datetime | None:
    """Its own word, or its newest event. Never later than now: a slip in a year must not make a feed look fresh for
    ever."""
    told = (
        [parsed.data_time]
        if parsed.data_time
        else [e.occurred_at for e in parsed.records if isinstance(e, Event)]
    )
    return min(max(told), now) if told else None


def _set_aside(
    source: Source,
    payload: Payload,
    error: ParseError,
    site: Site,
    *,
    sha256: str,
    started: datetime,
    now: datetime,
) -> intake.RunRecord:
    """A payload its connector cannot read: kept with its reason, passed by, so that what follows is not lost."""
    run = intake.RunRecord(
        source=source.id,
        started_at=started,
        finished_at=now,
        outcome="parse_error",
        raw_sha256=sha256,
        rows_in=1,
        quarantined=1,
        message=error.message,
    )
    with write(site.engine) as conn:
        site.fence(conn)
        due = forget_at(source, site.campaign.retention, now)
        intake.keep_raw(conn, payload, source=source.id, sha256=sha256, now=now, forget_at=due)
        whole = Reject(row="whole payload", field=payload.name[:64], reason=error.message)
        intake.quarantine(conn, [whole], source=source.id, sha256=sha256, now=now)
        if payload.cursor is not None:
            intake.source_succeeded(conn, source.id, cursor=payload.cursor, data_time=None, now=now)
        intake.source_failed(conn, source.id, trouble=error.message, now=now)
        intake.record_run(conn, run)
        intake.move_version(conn, now)
    return run


def _note_unchanged(source: Source, site: Site, now: datetime) -> None:
    """Nothing new is an answer too: the source is alive."""
    with write(site.engine) as conn:
        site.fence(conn)
        intake.source_succeeded(conn, source.id, cursor=None, data_time=None, now=now)
        note_alive(conn, source, now)


def _note_failure(
    source: Source, error: SourceError, site: Site, *, started: datetime, now: datetime, answered: bool
) -> None:
    """`answered`: it brought something before. Then what it wants to wait for is one of its servers, which `Http`
    leaves alone; the others are asked on."""
    wish = error.after_s if isinstance(error, FetchError) and not answered else None
    run = intake.RunRecord(
        source=source.id,
        started_at=started,
        finished_at=now,
        outcome="fetch_error" if isinstance(error, FetchError) else "parse_error",
        message=error.message,
        cause=error.cause if isinstance(error, FetchError) else None,
    )
    with write(site.engine) as conn:
        site.fence(conn)
        not_before = None if wish is None else now + timedelta(seconds=wish)
        intake.source_failed(conn, source.id, trouble=error.message, now=now, not_before=not_before)
        intake.record_run(conn, run)
        intake.move_version(conn, now)
