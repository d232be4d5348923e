"""The papers that were published, the ones asked for, and the ones the timetable still owes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from domain.papers import PaperKind, WantedPaper
from domain.records import Grade
from store.schema import briefing_deliveries, briefing_files, briefing_troubles, briefings, briefings_asked

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
    known_by: datetime  # later than its moment only where it corrects itself
    freeze_id: str
    published_at: datetime
    published_by: str
    pages: int | None
    checks: tuple[str, ...]  # that were held before it was published
    withheld_at: datetime | None  # since when it is not given out: it quotes what was to be forgotten
    kind: PaperKind = PaperKind.DAILY
    alert_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One channel's."""

    channel: str
    recipients: tuple[str, ...]
    sent_at: datetime | None
    is_given_up: bool
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    sha256: Mapping[str, str]  # by form
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A paper that could not be published."""

    wanted: WantedPaper
    at: datetime
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    wanted: WantedPaper
    asked_by: str
    asked_at: datetime


def published(
    conn: Connection, *, scope: str | None = None, kinds: Collection[PaperKind] = tuple(PaperKind)
) -> list[Published]:
    """Newest day first, of a day the newest edition first. `scope` None: all of them."""
    c = briefings.c
    query = (
        _all()
        .where(c.kind.in_([kind.value for kind in kinds]))
        .order_by(c.day.desc(), c.kind, c.scope, c.alert_id.desc(), c.edition.desc())
        .limit(SHOWN)
    )
    return _read(conn, query if scope is None else query.where(c.scope == scope))


def newest_edition(conn: Connection, wanted: WantedPaper) -> Published | None:
    query = _all().where(*of(briefings, wanted))
    found = _read(conn, query.order_by(briefings.c.edition.desc()).limit(1))
    return found[0] if found else None


def edition_of(conn: Connection, scope: str, freeze_id: str) -> Published | None:
    """The first edition that held what the id stands for."""
    query = _all().where(briefings.c.scope == scope, briefings.c.freeze_id == freeze_id)
    found = _read(conn, query.order_by(briefings.c.briefing_id).limit(1))
    return found[0] if found else None


def of(table: Table, wanted: WantedPaper) -> tuple[ColumnElement[bool], ...]:
    """What is of this paper."""
    c = table.c
    return (
        c.kind == wanted.kind.value,
        c.alert_id == wanted.alert_id,
        c.scope == wanted.scope,
        c.day == wanted.day,
    )


def editions_at(
    conn: Connection,
    scope: str,
    as_of: datetime,
    *,
    known_by: datetime,
    kind: PaperKind = PaperKind.DAILY,
    alert_id: int = 0,
) -> list[Published]:
    """The editions of one moment that were out then: the first, and what corrects it, in their order."""
    c = briefings.c
    query = _all().where(
        c.kind == kind.value,
        c.alert_id == alert_id,
        c.scope == scope,
        c.as_of == as_of,
        c.published_at <= known_by,
        c.known_by < known_by,
    )
    return _read(conn, query.order_by(c.edition))


def told_before(
    conn: Connection, scope: str, day: datetime, *, known_by: datetime
) -> list[tuple[datetime, datetime]]:
    """Of each earlier day's last daily paper out then: its moment, and until when changes of it have been told.

    Every paper tells what had changed in those that were out at its own moment. Newest day first.
    """
    c = briefings.c
    daily = c.kind == PaperKind.DAILY.value
    query = _all().where(daily, c.scope == scope, c.published_at <= known_by, c.known_by <= known_by)
    papers = _read(conn, query.order_by(c.day.desc(), c.as_of, c.edition.desc()))
    last = {paper.day: paper for paper in papers if paper.day < day}
    return [
        (of.as_of, max([of.known_by, *(p.known_by for p in papers if _tells(p, of))])) for of in last.values()
    ]


def _tells(paper: Published, of: Published) -> bool:
    """A paper that corrects itself corrects no other."""
    return paper.known_by >= of.published_at and paper.as_of in (of.as_of, paper.known_by)


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
    return [Asked(wanted=_wanted(row), asked_by=row.asked_by, asked_at=row.asked_at) for row in rows]


def troubles(conn: Connection) -> list[Trouble]:
    """Newest day first."""
    query = select(briefing_troubles).order_by(briefing_troubles.c.day.desc(), briefing_troubles.c.scope)
    return [Trouble(wanted=_wanted(row), at=row.at, trouble=row.trouble) for row in conn.execute(query)]


def receipts(conn: Connection, papers: Sequence[Published]) -> dict[int, Receipt]:
    """By briefing."""
    ids = [paper.briefing_id for paper in papers]
    hashes: dict[int, dict[str, str]] = defaultdict(dict)
    files, out = briefing_files.c, briefing_deliveries.c
    query = select(files.briefing_id, files.form, files.sha256).where(files.briefing_id.in_(ids))
    for briefing_id, form, sha256 in conn.execute(query.order_by(files.form)):
        hashes[briefing_id][form] = sha256
    sent: dict[int, list[Delivery]] = defaultdict(list)
    for row in conn.execute(
        select(briefing_deliveries).where(out.briefing_id.in_(ids)).order_by(out.channel)
    ):
        sent[row.briefing_id].append(
            Delivery(
                channel=row.channel,
                recipients=tuple(row.recipients),
                sent_at=row.sent_at,
                is_given_up=row.dead_at is not None,
                trouble=row.trouble,
            )
        )
    return {n: Receipt(sha256=hashes[n], deliveries=tuple(sent[n])) for n in ids}


def moments_with_papers(conn: Connection, scope: str, kind: PaperKind = PaperKind.DAILY) -> set[datetime]:
    """Their as-of times: a paper of the afternoon is not the day's."""
    c = briefings.c
    return set(conn.scalars(select(c.as_of).where(c.scope == scope, c.kind == kind.value).distinct()))


def _wanted(row: Row[Any]) -> WantedPaper:
    return WantedPaper(scope=row.scope, day=row.day, kind=PaperKind(row.kind), alert_id=row.alert_id)


def _all() -> Select[tuple[object, ...]]:
    return select(briefings)


def _read(conn: Connection, query: Select[tuple[object, ...]]) -> list[Published]:
    return [
        Published(
            **{
                **row._mapping,
                "kind": PaperKind(row.kind),
                "grade": Grade(row.grade),
                "checks": tuple(row.checks or ()),
            }
        )
        for row in conn.execute(query)
    ]
