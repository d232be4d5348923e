"""The papers that were published, the ones asked for, and the ones the timetable still owes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select

from domain.records import Grade
from store.schema import briefing_files, briefings, briefings_asked

SHOWN = 100
"""As many papers as the page lists: a season of one campaign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One edition, without its files."""

    briefing_id: int
    scope: str
    day: datetime
    edition: int
    title: str
    grade: Grade
    as_of: datetime
    freeze_id: str
    published_at: datetime
    published_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    scope: str
    day: datetime
    asked_by: str
    asked_at: datetime


def published(conn: Connection, *, scope: str | None = None) -> list[Published]:
    """Newest day first, of a day the newest edition first. `scope` None: all of them."""
    query = (
        _all().order_by(briefings.c.day.desc(), briefings.c.scope, briefings.c.edition.desc()).limit(SHOWN)
    )
    return _read(conn, query if scope is None else query.where(briefings.c.scope == scope))


def newest_edition(conn: Connection, scope: str, day: datetime) -> Published | None:
    query = _all().where(briefings.c.scope == scope, briefings.c.day == day)
    found = _read(conn, query.order_by(briefings.c.edition.desc()).limit(1))
    return found[0] if found else None


def paper_file(conn: Connection, briefing_id: int, form: str) -> tuple[Published, bytes] | None:
    """The edition and one of its files, as it was published."""
    files = briefing_files.c
    body = conn.scalars(
        select(files.body).where(files.briefing_id == briefing_id, files.form == form)
    ).one_or_none()
    if body is None:
        return None
    return _read(conn, _all().where(briefings.c.briefing_id == briefing_id))[0], bytes(body)


def asked_for(conn: Connection) -> list[Asked]:
    """Who asked first comes first."""
    rows = conn.execute(select(briefings_asked).order_by(briefings_asked.c.asked_at))
    return [Asked(**row._mapping) for row in rows]


def days_with_papers(conn: Connection, scope: str) -> set[datetime]:
    return set(conn.scalars(select(briefings.c.day).where(briefings.c.scope == scope).distinct()))


def _all() -> Select[tuple[object, ...]]:
    return select(briefings)


def _read(conn: Connection, query: Select[tuple[object, ...]]) -> list[Published]:
    return [
        Published(**{**row._mapping, "grade": Grade(row._mapping["grade"])}) for row in conn.execute(query)
    ]
