"""A file sent again under its name: what it does not tell any more still counts, and is shown.

A row is taken back by its state alone. Left out it may be a mistake, or stand in another file: money never goes by
silence, and never without anybody seeing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import Engine

from domain.errors import ParseError
from domain.records import Event, Parsed, Payload, Record, Reject
from domain.text import excerpt
from ingest.parsing import parse_file
from ingest.source import Source
from store.engine import read
from store.queries.sources import replaced_bodies

_REASON = "stood in the file of this name before, and not in this one: it counts until a row takes it back"


def with_left_out(parsed: Parsed, source: Source, payload: Payload, *, sha256: str, engine: Engine) -> Parsed:
    """With a reject for each event of the replaced file that this one leaves out, or holds in a row nobody can read.

    `sha256`: of the payload's body.
    """
    if not payload.revision:
        return parsed
    with read(engine) as conn:
        bodies = replaced_bodies(conn, source.id, payload.name, sha256=sha256)
        before = next(_read(source, payload, bodies), None)
    if before is None:
        return parsed
    told = {_number(event) for event in _events(parsed.records)}
    gone = (event for event in _events(before.records) if _number(event) not in told and not event.cancelled)
    return replace(parsed, rejects=(*parsed.rejects, *map(_left_out, gone)))


def _read(source: Source, payload: Payload, bodies: Iterable[bytes]) -> Iterator[Parsed]:
    """Those that can be read: what was set aside whole told nothing."""
    for body in bodies:
        with suppress(ParseError):
            yield parse_file(source, replace(payload, body=body, manifest=None, revision=0))


def _events(records: Iterable[Record]) -> Iterable[Event]:
    return (record for record in records if isinstance(record, Event))


def _number(event: Event) -> tuple[str, str, str]:
    return event.sub_project, event.event_no, event.kind


def _left_out(event: Event) -> Reject:
    number = excerpt(event.event_no, 64)
    return Reject(
        row=f"{event.kind} {number}", field="event_no", reason=_REASON, excerpt=f"{event.face_fen} fen"
    )
