"""The sanity gate over one version: every programme's figures against its last good ones, and two sums of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.limits import limits_of
from domain.measures import Figures
from domain.sanity import FIELDS, Doubt, Kept, Verdict, check, fallen, good_figures, uneven
from domain.terms import business_day_start
from store.queries.gate import corrections_since, today_by_county, today_by_minute
from store.queries.totals import TotalsRow, total_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One programme's last figures that passed, since when each is known, and when the ledger last lowered one."""

    figures: Figures
    at: Mapping[Kept, datetime]
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """By programme: what is held and why, and what the next version is measured against."""

    doubts: Mapping[str, Mapping[Kept, Doubt]]
    good: Mapping[str, Good]
    now: datetime

    @classmethod
    def of(
        cls,
        conn: Connection,
        campaign: Campaign,
        rows: Sequence[TotalsRow],
        before: Mapping[str, Good],
        *,
        now: datetime,
    ) -> Gate:
        figures = {
            p.id: total_of([row for row in rows if row.key[0] == p.id])
            for p in campaign.programme
            if p.tranche == campaign.in_scope.id
        }
        torn = _torn(conn, figures.keys(), now=now)
        doubts: dict[str, Mapping[Kept, Doubt]] = {}
        good: dict[str, Good] = {}
        for programme, current in figures.items():
            verdict = _verdict(conn, campaign, programme, current, before.get(programme))
            held = dict(verdict.held) | dict.fromkeys(torn.get(programme, ()), Doubt.UNEVEN)
            verdict = Verdict(held=held, corrected=verdict.corrected - held.keys())
            if held:
                doubts[programme] = held
            good[programme] = _next_good(before.get(programme), current, verdict, now)
        return cls(doubts=doubts, good=good, now=now)

    @property
    def held(self) -> dict[str, frozenset[Kept]]:
        return {programme: frozenset(doubts) for programme, doubts in self.doubts.items()}

    @property
    def corrected_today(self) -> tuple[str, ...]:
        today = business_day_start(self.now)
        return tuple(p for p, g in self.good.items() if g.corrected_at and g.corrected_at >= today)


def _torn(conn: Connection, programmes: Any, *, now: datetime) -> dict[str, frozenset[Kept]]:
    """Programmes whose counties do not add up to what their minutes say of today."""
    by_county = today_by_county(conn, list(programmes), now=now)
    by_minute = today_by_minute(conn, list(programmes), now=now)
    found = {
        p: uneven([by_county.get(p, Figures())], by_minute.get(p, Figures()))
        for p in by_county.keys() | by_minute.keys()
    }
    return {p: kept for p, kept in found.items() if kept}


def _verdict(
    conn: Connection, campaign: Campaign, programme: str, current: Figures, before: Good | None
) -> Verdict:
    corrections: dict[Kept, tuple[int, int]] = {}
    if before is not None:  # asked only when something fell: most versions ask nothing
        for kept in fallen(before.figures, current):
            corrections |= {
                k: v for k, v in corrections_since(conn, programme, before.at[kept]).items() if k is kept
            }
    return check(
        before.figures if before else None,
        current,
        limits=limits_of(campaign, programme),
        corrections=corrections,
    )


def _next_good(before: Good | None, current: Figures, verdict: Verdict, now: datetime) -> Good:
    known = {kept: now for kept in Kept if kept not in verdict.held}
    earlier = {kept: before.at[kept] if before else now for kept in verdict.held}
    corrected = now if verdict.corrected else before.corrected_at if before else None
    figures = good_figures(before.figures if before else None, current, verdict)
    return Good(figures=figures, at=known | earlier, corrected_at=corrected)


_NAMES = tuple(name for names in FIELDS.values() for name in names)


def packed(good: Mapping[str, Good]) -> dict[str, Any]:
    """As it stands in the snapshot: the picture carries what the next one is measured against, and can be audited."""
    return {
        programme: {
            "figures": {name: getattr(g.figures, name) for name in _NAMES},
            "at": {kept: at.isoformat() for kept, at in g.at.items()},
            "corrected_at": g.corrected_at and g.corrected_at.isoformat(),
        }
        for programme, g in good.items()
    }


def unpacked(document: Mapping[str, Any]) -> dict[str, Good]:
    """The reverse. Raises KeyError, TypeError or ValueError where the document holds something else."""
    return {
        programme: Good(
            figures=Figures(**g["figures"]),
            at={Kept(kept): datetime.fromisoformat(at) for kept, at in g["at"].items()},
            corrected_at=datetime.fromisoformat(g["corrected_at"]) if g["corrected_at"] else None,
        )
        for programme, g in document.items()
    }
