"""What was quarantined lately, by source: rows that no tranche can be told of, and all the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from domain.money_watch import PutAside
from store.schema import quarantine

UNMAPPED_FIELDS = frozenset({"sub_project", "stock_id"})
"""The fields of rows whose sub-project or stock the campaign does not have: of these nobody knows the tranche."""

MOST_READ = 2_000
"""Rows of one source."""
EVIDENCE_KEPT = 200
EVIDENCE_MARK = "quarantine/"
"""Before a row's number in an alert's evidence: a bare number would read as a post's."""


def newly_put_aside(conn: Connection, *, since: datetime, unmapped: bool) -> tuple[PutAside, ...]:
    """What was received after `since`, by source: of each the newest MOST_READ rows, so that none hides another.

    `unmapped`: rows of UNMAPPED_FIELDS alone; else all the others.
    """
    q = quarantine.c
    nth = func.row_number().over(partition_by=q.source, order_by=q.quarantine_id.desc()).label("nth")
    meant = q.field.in_(UNMAPPED_FIELDS) if unmapped else q.field.not_in(UNMAPPED_FIELDS)
    columns = (q.quarantine_id, q.source, q.field, q.received_at, nth)
    ranked = select(*columns).where(q.received_at > since, meant).subquery()
    query = select(ranked).where(ranked.c.nth <= MOST_READ + 1).order_by(ranked.c.source, ranked.c.nth)
    by_source = groupby(conn.execute(query), key=lambda row: row.source)
    return tuple(_of(source, list(rows)) for source, rows in by_source)


def _of(source: str, found: Sequence[Any]) -> PutAside:
    """`found`: newest first, and one too many where there are more."""
    rows = found[:MOST_READ]
    return PutAside(
        source=source,
        count=len(rows),
        more=len(found) > MOST_READ,
        fields=Counter(row.field for row in rows),
        evidence=tuple(f"{EVIDENCE_MARK}{row.quarantine_id}" for row in rows[:EVIDENCE_KEPT]),
        first_at=min(row.received_at for row in rows),
    )
