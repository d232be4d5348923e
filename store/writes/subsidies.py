"""What audited subsidies add to the roll-ups' cells.

An application and a payment count for themselves. Of the decisions on one application the first by its own time
counts, whatever came first: another one is listed (`store.queries.subsidies`), and moves nothing. Nothing waits for
the event it refers to: a payment before its application, or without an approval, is money that was paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from domain.records import DECISIONS, SUBSIDY_KINDS, Kind
from store.schema import MEASURES, events
from store.writes.bulk import stored
from store.writes.cells import Cells
from store.writes.rows import EventRow

SUBSIDY = frozenset(kind.value for kind in SUBSIDY_KINDS)
_DECISIONS = sorted(kind.value for kind in DECISIONS)
_COUNT = {
    Kind.APPLICATION.value: MEASURES.index("subsidy_applied_count"),
    Kind.APPROVAL.value: MEASURES.index("subsidy_approved_count"),
    Kind.REJECTION.value: MEASURES.index("subsidy_rejected_count"),
    Kind.PAYMENT.value: MEASURES.index("subsidy_paid_count"),
}
_FEN = {
    Kind.APPLICATION.value: MEASURES.index("subsidy_applied_fen"),
    Kind.APPROVAL.value: MEASURES.index("subsidy_approved_fen"),
    Kind.PAYMENT.value: MEASURES.index("subsidy_paid_fen"),
}

_Application = tuple[str, str, str, str]
"""(programme, platform, sub_project, the application's number)."""


def move_subsidies(
    conn: Connection, new: Sequence[EventRow], changed: Sequence[tuple[EventRow, EventRow]], cells: Cells
) -> None:
    """Add to the cells what `new` rows and `changed` ones, (before, after), are worth: stored as for `move_rollups`."""
    come = [row for row in (*new, *(after for _, after in changed)) if row.kind in SUBSIDY]
    gone = [before for before, _ in changed if before.kind in SUBSIDY]
    for row in come:
        _count(cells, row, sign=1)
    for row in gone:
        _count(cells, row, sign=-1)
    decided, undone = _by_application(come), _by_application(gone)
    untouched = _stored_untouched(conn, decided, undone)
    for application in dict.fromkeys((*decided, *undone)):
        known = untouched.get(application, [])
        _decide(cells, [*known, *decided.get(application, ())], sign=1)
        _decide(cells, [*known, *undone.get(application, ())], sign=-1)


def _count(cells: Cells, row: EventRow, *, sign: int) -> None:
    """An application or a payment; what the platform took back is worth nothing."""
    if row.kind not in _DECISIONS and not row.cancelled:
        _add(cells, row, sign=sign)


def _decide(cells: Cells, decisions: Sequence[EventRow], *, sign: int) -> None:
    counted = [row for row in decisions if not row.cancelled]
    if counted:
        _add(cells, _first(counted), sign=sign)


def _add(cells: Cells, row: EventRow, *, sign: int) -> None:
    _, day = cells.of(row)
    day[_COUNT[row.kind]] += sign
    if row.kind in _FEN:  # what was refused is no money of anybody's
        day[_FEN[row.kind]] += sign * row.face_fen


def _first(decisions: Sequence[EventRow]) -> EventRow:
    return min(decisions, key=lambda row: (row.occurred_at, row.key))


def _by_application(rows: Iterable[EventRow]) -> dict[_Application, list[EventRow]]:
    groups: dict[_Application, list[EventRow]] = defaultdict(list)
    for row in rows:
        if row.kind in _DECISIONS:
            groups[_application(row)].append(row)
    return groups


def _application(row: EventRow) -> _Application:
    return (row.programme, row.platform, row.sub_project, row.origin_event_no or "")


def _stored_untouched(
    conn: Connection,
    decided: Mapping[_Application, list[EventRow]],
    undone: Mapping[_Application, list[EventRow]],
) -> dict[_Application, list[EventRow]]:
    """The stored decisions on the same applications, beside those that the batch brings or changes."""
    on = ("programme", "platform", "sub_project", "origin_event_no", "kind")  # by ix_events_origin
    asked = {(*name, kind) for name in {*decided, *undone} for kind in _DECISIONS}
    touched = {row.key for groups in (decided, undone) for rows in groups.values() for row in rows}
    found: dict[_Application, list[EventRow]] = defaultdict(list)
    for row in map(EventRow._make, stored(conn, events, on, asked)):
        if row.key not in touched:
            found[_application(row)].append(row)
    return found
