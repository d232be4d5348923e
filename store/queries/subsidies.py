"""Where the audited subsidies stand, application by application, straight from the events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, case, select

from domain.records import SUBSIDY_KINDS, Kind
from domain.subsidies import Case, Step, SubsidyProgress, cases_of, progress_of
from store.queries.recompute import standing_events

_Home = tuple[str, str, str]
"""(programme, platform, sub_project): what an application's number is unique within."""


def subsidy_progress(conn: Connection, programmes: Sequence[str]) -> list[SubsidyProgress]:
    """One for each programme, in the order given, with everything that does not add up listed."""
    cases: dict[str, list[Case]] = defaultdict(list)
    for (programme, _, _), steps in sorted(_steps(conn, programmes).items()):
        cases[programme] += cases_of(steps)
    return [progress_of(programme, cases[programme]) for programme in programmes]


def _steps(conn: Connection, programmes: Sequence[str]) -> dict[_Home, list[Step]]:
    rows = standing_events(None).c
    number = case((rows.kind == Kind.APPLICATION.value, rows.event_no), else_=rows.origin_event_no)
    home = (rows.programme, rows.platform, rows.sub_project)
    query = select(
        *home, number.label("application_no"), rows.event_no, rows.kind, rows.face_fen, rows.occurred_at
    ).where(rows.programme.in_(programmes), rows.kind.in_(sorted(kind.value for kind in SUBSIDY_KINDS)))
    found: dict[_Home, list[Step]] = defaultdict(list)
    for programme, platform, sub_project, application_no, event_no, kind, face_fen, at in conn.execute(query):
        found[programme, platform, sub_project].append(
            Step(
                programme=programme,
                application_no=application_no,
                event_no=event_no,
                kind=Kind(kind),
                face_fen=face_fen,
                occurred_at=at,
            )
        )
    return found
