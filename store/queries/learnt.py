"""What the ledger learnt in a stretch of time about what had happened before: why a figure of then is another now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from store.queries.recompute import known_events
from store.schema import counters, discrepancies


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Events by what became of them. Each by (programme, county, sector)."""

    late: Counter[tuple[str, str, str]]
    corrected: Counter[tuple[str, str, str]]  # an amount or place that is another, or was missing
    cancelled: Counter[tuple[str, str, str]]
    counted: int  # counts of its own that a platform sent late
    reopened: int  # differences from a platform's totals that were opened about that time

    @property
    def any(self) -> bool:
        return bool(self.late or self.corrected or self.cancelled or self.counted)

    def of(self, programme: str | None = None, sector: str | None = None) -> tuple[int, int, int]:
        """How many were late, corrected and cancelled, of all or of one programme or sector."""
        late, corrected, cancelled = (
            sum(n for (p, _, s), n in found.items() if programme in (None, p) and sector in (None, s))
            for found in (self.late, self.corrected, self.cancelled)
        )
        return late, corrected, cancelled


def learnt(
    conn: Connection, programmes: Collection[str], *, about: datetime, since: datetime, until: datetime
) -> Learnt:
    """Of what happened before `about`, known after `since` and by `until`."""
    e = known_events(until).c
    state = case((e.cancelled, "cancelled"), (e.received_at > since, "late"), else_="corrected")
    places = (e.programme, e.county, e.sector)
    query = (
        select(*places, state, func.count())
        .where(
            e.programme.in_(programmes),
            e.known_at > since,
            or_(e.occurred_at < about, e.received_at <= about),
        )
        .group_by(*places, state)
    )
    found: dict[str, Counter[tuple[str, str, str]]] = {
        name: Counter() for name in ("late", "corrected", "cancelled")
    }
    for programme, county, sector, what, n in conn.execute(query):
        found[what][programme, county, sector] += int(n)
    return Learnt(
        **found,
        counted=_counted(conn, programmes, about=about, since=since, until=until),
        reopened=_reopened(conn, programmes, about=about, since=since, until=until),
    )


def _counted(
    conn: Connection, programmes: Collection[str], *, about: datetime, since: datetime, until: datetime
) -> int:
    c = counters.c
    late = (c.received_at > since, c.received_at <= until, c.counted_at <= about)
    query = select(func.count()).select_from(counters).where(c.programme.in_(programmes), *late)
    return int(conn.execute(query).scalar_one())


def _reopened(
    conn: Connection, programmes: Collection[str], *, about: datetime, since: datetime, until: datetime
) -> int:
    c = discrepancies.c
    opened = (c.opened_at > since, c.opened_at <= until, c.day < about)  # EVER is before all
    query = select(func.count()).select_from(discrepancies).where(c.programme.in_(programmes), *opened)
    return int(conn.execute(query).scalar_one())
