"""What was quarantined lately, by source: rows that no tranche can be told of, and all the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.money_watch import PutAside
from store.schema import quarantine

UNMAPPED_FIELDS = frozenset({"sub_project", "stock_id"})
"""The fields of rows whose sub-project or stock the campaign does not have: of these nobody knows the tranche."""

MOST_READ = 2_000
EVIDENCE_KEPT = 200
EVIDENCE_MARK = "quarantine/"
"""Before a row's number in an alert's evidence: a bare number would read as a post's."""


def newly_put_aside(
    conn: Connection, *, since: datetime, where: Callable[[str], bool]
) -> tuple[PutAside, ...]:
    """Of the newest MOST_READ rows those received after `since` whose field `where` takes, by source."""
    columns = (quarantine.c.quarantine_id, quarantine.c.source, quarantine.c.field, quarantine.c.received_at)
    query = select(*columns).order_by(quarantine.c.quarantine_id.desc()).limit(MOST_READ)
    newest = conn.execute(query).all()
    more = len(newest) == MOST_READ and newest[-1].received_at > since
    by_source: dict[str, list[Any]] = defaultdict(list)
    for row in newest:
        if row.received_at > since and where(row.field):
            by_source[row.source].append(row)
    return tuple(_of(source, rows, more=more) for source, rows in sorted(by_source.items()))


def _of(source: str, rows: Sequence[Any], *, more: bool) -> PutAside:
    return PutAside(
        source=source,
        count=len(rows),
        more=more,
        fields=Counter(row.field for row in rows),
        evidence=tuple(f"{EVIDENCE_MARK}{row.quarantine_id}" for row in rows[:EVIDENCE_KEPT]),
        first_at=min(row.received_at for row in rows),
    )
