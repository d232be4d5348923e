"""Reconciliation: exactly one open discrepancy where a platform's total is not ours, and the grade of every day.

Whatever it decides follows from what is stored: run twice, it changes nothing the second time. The ledger is read
and never written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from domain.campaign import Campaign
from domain.statements import Cause, Discrepancy, Subject
from store.queries.compared import comparisons
from store.queries.comparison import Comparison
from store.queries.discrepancies import accepted_discrepancies, open_discrepancies
from store.queries.grades import graded, newest_grades
from store.queries.unsettled import given_way
from store.schema import ALL, EVER, day_grades, discrepancies
from store.writes import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What one run changed, and what it left waiting for a feed to become whole."""

    opened: int
    refreshed: int
    closed: int
    regraded: int
    waiting: int

    @property
    def visible(self) -> bool:
        return bool(self.opened or self.refreshed or self.closed or self.regraded)


def reconcile(
    conn: Connection, campaign: Campaign, *, now: datetime, compared: Sequence[Comparison] | None = None
) -> Reconciled:
    """Hold every stated total against the ledger. In the caller's transaction.

    `compared`: what `comparisons` found a moment ago in a transaction that only read, so that nobody who writes waits
    for the comparing. What has changed since is settled by the next run.
    """
    found = comparisons(conn, campaign, now=now) if compared is None else compared
    changes = _settle(conn, [c for c in found if c.is_due], now=now)
    changes["closed"] += _close_given_way(conn, found, now=now)
    return Reconciled(
        **changes,
        regraded=_regrade(conn, campaign, found, now=now),
        waiting=sum(not c.is_due for c in found),
    )


def _settle(conn: Connection, due: Iterable[Comparison], *, now: datetime) -> dict[str, int]:
    open_now = {row.subject: row for row in open_discrepancies(conn)}
    accepted = accepted_discrepancies(conn)
    changes = dict.fromkeys(("opened", "refreshed", "closed"), 0)
    for comparison in due:
        row, person = open_now.get(comparison.subject), accepted.get(comparison.subject)
        if comparison.difference.is_zero:
            if row is not None:
                changes["closed"] += _close(conn, row, _cause(row, comparison), now=now)
            if person is not None:
                _note_agreed(conn, comparison.subject, now=now)
        elif row is not None:
            changes["refreshed"] += _refresh(conn, row, comparison, now=now)
        elif person is None or person.difference != comparison.difference:
            conn.execute(
                insert(discrepancies).values(
                    **key_of(comparison.subject), **_figures(comparison), opened_at=now, refreshed_at=now
                )
            )
            changes["opened"] += 1
    return changes


def key_of(subject: Subject) -> dict[str, Any]:
    """A subject as its columns."""
    return {
        "programme": subject.programme,
        "platform": subject.platform,
        "tranche": subject.tranche,
        "metric": subject.metric.value,
        "template": subject.template or ALL,
        "round_no": subject.round_no or 0,
        "day": subject.day or EVER,
    }


def _figures(comparison: Comparison) -> dict[str, Any]:
    return {
        "ours_count": comparison.ours.count,
        "ours_fen": comparison.ours.fen,
        "theirs_count": comparison.theirs.count,
        "theirs_fen": comparison.theirs.fen,
        "stated_at": comparison.stated_at,
    }


def _refresh(conn: Connection, row: Discrepancy, comparison: Comparison, *, now: datetime) -> bool:
    """Only what changed: a row that is found again as it stands stays as it is."""
    if (row.ours, row.theirs) == (comparison.ours, comparison.theirs):
        return False
    return _change_open(conn, row, **_figures(comparison), refreshed_at=now)


def _close(conn: Connection, row: Discrepancy, cause: Cause, *, now: datetime) -> bool:
    """The machine closes it, with the cause that the figures show, and keeps them as they were."""
    return _change_open(conn, row, closed_at=now, cause=cause.value)


def _change_open(conn: Connection, row: Discrepancy, **values: Any) -> bool:
    """Whether it was open still: what a person has closed meanwhile stays as they saw it."""
    c = discrepancies.c
    changing = update(discrepancies).where(c.discrepancy_id == row.discrepancy_id, c.closed_at.is_(None))
    return conn.execute(changing.values(values)).rowcount > 0


def _close_given_way(conn: Connection, found: Sequence[Comparison], *, now: datetime) -> int:
    """A counter's difference is none once the platform states that total itself: the statement is compared then."""
    rows = given_way(conn, open_discrepancies(conn), found)
    return sum(_close(conn, row, Cause.RESTATED, now=now) for row in rows)


def _cause(row: Discrepancy, comparison: Comparison) -> Cause:
    grown = comparison.ours.less(row.ours)
    if grown.is_zero:
        return Cause.RESTATED
    return Cause.CORRECTED if (grown.count or 0) < 0 or (grown.fen or 0) < 0 else Cause.ARRIVED_LATE


def _note_agreed(conn: Connection, subject: Subject, *, now: datetime) -> None:
    """What a person accepted is gone: the same difference would be a new one."""
    same = (discrepancies.c[name] == value for name, value in key_of(subject).items())
    accepted = (discrepancies.c.closed_by.is_not(None), discrepancies.c.agreed_at.is_(None))
    conn.execute(update(discrepancies).where(*same, *accepted).values(agreed_at=now))


def _regrade(conn: Connection, campaign: Campaign, found: Sequence[Comparison], *, now: datetime) -> int:
    """Append the grade of every day that is over and whose grade is not the one kept."""
    kept = newest_grades(conn, known_by=now)
    wanted = graded(conn, campaign, found, now=now)
    rows = [
        {"programme": programme, "day": day, "graded_at": now, "grade": grade.value}
        for (programme, day), grade in wanted.items()
        if kept.get((programme, day)) is not grade
    ]
    if rows:
        told = upsert.insert(conn, day_grades)
        key = list(
            day_grades.primary_key
        )  # found twice at one moment, as when a rehearsal's clock stands still
        conn.execute(
            told.on_conflict_do_update(index_elements=key, set_={"grade": told.excluded.grade}), rows
        )
    return len(rows)
