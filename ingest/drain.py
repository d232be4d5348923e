"""The inbox: what platforms pushed goes the way of what was fetched, many messages to a transaction.

A push is never all there is: messages get lost. So a drained message moves no cursor and no data time, and what is
wrong with one of them is no failure of its source. Of a source that only pushes it is the sign of life.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import ParseError
from domain.records import Counter, Entry, Event, Grade, InboxMessage, Payload, Post, Reject
from domain.statements import Statement
from ingest.admit import admit
from ingest.alive import note_alive
from ingest.door import at_the_door, forget_at
from ingest.parsing import parse
from ingest.rejects import conflict
from ingest.run import Site
from ingest.source import PushedSource, Source
from store.engine import read, write
from store.queries.inbox import undrained
from store.writes import intake, ledger
from store.writes import posts as post_writes
from store.writes.inbox import mark_drained
from store.writes.ledger import known_at

BATCH = 500
"""Messages by transaction: at most this much is done again after a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One message, read."""

    inbox_id: int
    payload: Payload
    sha256: str
    received_at: datetime
    entries: tuple[Entry, ...]
    posts: tuple[Post, ...]
    rejects: tuple[Reject, ...]
    is_read: bool


def drain(sources: Iterable[Source], site: Site, clock: Callable[[], datetime]) -> int:
    """Everything that waits, oldest first. Returns how many messages were drained."""
    pushed = {source.id: source for source in sources if isinstance(source, PushedSource)}
    drained = 0
    while pushed:
        with read(site.engine) as conn:
            waiting = undrained(conn, pushed, limit=BATCH)
        for source in pushed.values():
            own = [(number, message) for number, message in waiting if message.source == source.id]
            if own:
                _save(source, own, site, clock)
        drained += len(waiting)
        if len(waiting) < BATCH:
            break
    return drained


def _save(
    source: PushedSource,
    waiting: Sequence[tuple[int, InboxMessage]],
    site: Site,
    clock: Callable[[], datetime],
) -> None:
    started = clock()
    opened = [_open(source, number, message, site) for number, message in waiting]
    entries = [entry for one in opened for entry in one.entries]
    hashes = [one.sha256 for one in opened for _ in one.entries]
    with write(site.engine) as conn:
        site.fence(conn)
        now = known_at(conn, clock)
        for one in opened:
            intake.keep_raw(
                conn,
                one.payload,
                source=source.id,
                sha256=one.sha256,
                now=now,
                forget_at=forget_at(source, site.campaign.retention, now),
            )
        saved = ledger.save_batch(
            conn, entries, source=source.id, grade=Grade.FLASH, raw_sha256=hashes, now=now
        )
        posted = sum(_save_posts(conn, one, site, now) for one in opened)
        spoken = sum(len(one.posts) for one in opened)
        stood_in = dict(zip(map(id, entries), hashes, strict=True))
        for one in opened:
            intake.quarantine(conn, one.rejects, source=source.id, sha256=one.sha256, now=now)
        for entry in saved.conflicting:
            intake.quarantine(conn, [conflict(entry)], source=source.id, sha256=stood_in[id(entry)], now=now)
        mark_drained(conn, [one.inbox_id for one in opened], now=now)
        if source.only_pushed:
            _note_life(conn, source, opened)
        rejected = sum(len(one.rejects) for one in opened) + len(saved.conflicting)
        run = intake.RunRecord(
            source=source.id,
            started_at=started,
            finished_at=now,
            outcome="ok",
            rows_in=len(entries) + spoken + rejected - len(saved.conflicting),
            accepted=saved.accepted + posted,
            duplicate=saved.duplicate + spoken - posted,
            superseded=saved.superseded,
            quarantined=rejected,
        )
        intake.record_run(conn, run)
        intake.move_version(conn, now)


def _save_posts(conn: Connection, one: _Opened, site: Site, now: datetime) -> int:
    said = [at_the_door(post, site.author_key, now) for post in one.posts]
    return post_writes.save_posts(conn, said, raw_sha256=one.sha256, now=now)


def _note_life(conn: Connection, source: PushedSource, opened: Sequence[_Opened]) -> None:
    for heard in sorted({one.received_at for one in opened if one.is_read}):
        intake.source_succeeded(conn, source.id, cursor=None, data_time=None, now=heard)
        note_alive(conn, source, heard)


def _open(source: PushedSource, inbox_id: int, message: InboxMessage, site: Site) -> _Opened:
    payload = source.payload_of(message)
    entries: tuple[Entry, ...] = ()
    posts: tuple[Post, ...] = ()
    is_read = True
    try:
        parsed = parse(source, payload)
    except ParseError as error:
        is_read = False
        rejects: tuple[Reject, ...] = (
            Reject(row=message.message_id, field=payload.name, reason=error.message),
        )
    else:
        posts = tuple(record for record in parsed.records if isinstance(record, Post))
        told = [record for record in parsed.records if isinstance(record, Event)]
        admitted = admit(site.campaign, told, now=message.received_at)
        entries = admitted.entries
        others = [record for record in parsed.records if isinstance(record, (Counter, Statement))]
        rejects = (*parsed.rejects, *admitted.rejects, *(_no_event(message, other) for other in others))
    return _Opened(
        inbox_id=inbox_id,
        payload=payload,
        sha256=hashlib.sha256(payload.body).hexdigest(),
        received_at=message.received_at,
        entries=entries,
        posts=posts,
        rejects=rejects,
        is_read=is_read,
    )


def _no_event(message: InboxMessage, record: Counter | Statement) -> Reject:
    """A connector that tells more than this was written for loses nothing: the bytes are kept, and somebody sees it."""
    return Reject(
        row=message.message_id, field=type(record).__name__, reason="only events and posts can be pushed"
    )
