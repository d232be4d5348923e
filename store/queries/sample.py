"""The records an audit sample is drawn from, and what an auditor needs of those drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.records import Kind
from domain.sample import Drawn, Sampled, audit_sample
from store.queries.recompute import standing_events

RecordKey = tuple[str, str, str, str]
"""(programme, platform, sub_project, event_no) of a redemption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRedemption:
    """One redemption of the sample: no person in it."""

    drawn: Drawn
    template: str
    county: str
    merchant: str | None
    face_fen: int
    order_fen: int | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSample:
    """The sample and what it was drawn from."""

    population: int  # redemptions known at `known_by`
    rows: tuple[SampledRedemption, ...]


def draw_sample(
    conn: Connection,
    *,
    seed: str,
    known_by: datetime,
    hundredths: int = 10,
    flagged: Collection[RecordKey] = (),
) -> AuditSample:
    """Of all redemptions as they stood at `known_by`: drawn again later, it is the same (promises I20)."""
    several = {key: (sampled, rest) for key, sampled, rest in _redemptions(conn, known_by)}
    drawn = audit_sample(
        (sampled for sampled, _ in several.values()), seed=seed, hundredths=hundredths, flagged=flagged
    )
    rows = tuple(SampledRedemption(drawn=d, **several[d.record][1]) for d in drawn)
    return AuditSample(population=len(several), rows=rows)


def _redemptions(
    conn: Connection, known_by: datetime
) -> Iterator[tuple[tuple[str, ...], Sampled, dict[str, Any]]]:
    e = standing_events(known_by).c
    told = ("template", "county", "merchant", "face_fen", "order_fen", "occurred_at")
    query = select(e.programme, e.platform, e.sub_project, e.event_no, e.sector, *(e[name] for name in told))
    for row in conn.execute(query.where(e.kind == Kind.REDEMPTION.value)):
        key = tuple(row[:4])
        sampled = Sampled(
            record=key,
            programme=row.programme,
            platform=row.platform,
            sector=row.sector,
            merchant=row.merchant,
        )
        yield key, sampled, {name: getattr(row, name) for name in told}
