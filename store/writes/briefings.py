"""Publishing papers, and asking for them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert

from domain.papers import PaperKind, WantedPaper
from domain.records import Grade
from store.queries.briefings import newest_edition, of
from store.schema import briefing_files, briefing_troubles, briefings, briefings_asked
from store.writes import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as it is about to be published. `day`: its start; `freeze_id`: over everything it says."""

    scope: str
    day: datetime
    title: str
    grade: Grade
    as_of: datetime
    known_by: datetime
    freeze_id: str
    pages: int | None = None
    checks: tuple[str, ...] | None = None
    kind: PaperKind = PaperKind.DAILY
    alert_id: int = 0

    @property
    def wanted(self) -> WantedPaper:
        return WantedPaper(scope=self.scope, day=self.day, kind=self.kind, alert_id=self.alert_id)


def publish(
    conn: Connection, paper: Paper, files: Mapping[str, bytes], *, by: str, now: datetime
) -> int | None:
    """The edition it became; None where the newest edition says the very same. Nothing published is touched.

    `files`: by their form, `pdf`, `docx` ... In the caller's transaction: all of them or none.
    """
    before = newest_edition(conn, paper.wanted)
    if before is not None and before.freeze_id == paper.freeze_id:
        return None
    edition = 1 if before is None else before.edition + 1
    row = {**asdict(paper), "edition": edition, "published_at": now, "published_by": by}
    briefing_id = conn.execute(
        insert(briefings).returning(briefings.c.briefing_id),
        {
            **row,
            "kind": paper.kind.value,
            "grade": paper.grade.value,
            "checks": list(paper.checks) if paper.checks else None,
        },
    ).scalar_one()
    conn.execute(
        insert(briefing_files),
        [
            {
                "briefing_id": briefing_id,
                "form": form,
                "sha256": hashlib.sha256(body).hexdigest(),
                "body": body,
            }
            for form, body in files.items()
        ],
    )
    return edition


def ask(conn: Connection, wanted: WantedPaper, *, by: str, now: datetime) -> bool:
    """Whether it was not asked for already."""
    row = {**_key(wanted), "asked_by": by, "asked_at": now}
    return bool(upsert.insert_new(conn, briefings_asked, [row], returning=[briefings_asked.c.scope]))


def answered(conn: Connection, wanted: WantedPaper) -> None:
    """Neither asked for nor in trouble any more."""
    for table in (briefings_asked, briefing_troubles):
        conn.execute(delete(table).where(*of(table, wanted)))


def note_trouble(conn: Connection, wanted: WantedPaper, *, trouble: str, now: datetime) -> None:
    """Why the newest attempt published nothing, in the office's words."""
    table = briefing_troubles
    conn.execute(delete(table).where(*of(table, wanted)))
    conn.execute(insert(table), {**_key(wanted), "at": now, "trouble": trouble})


def _key(wanted: WantedPaper) -> dict[str, object]:
    return asdict(wanted) | {"kind": wanted.kind.value}
