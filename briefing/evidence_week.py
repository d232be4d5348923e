"""The figures of a week taken apart: each programme's own part of a day or of a week."""

from __future__ import annotations

from collections.abc import Callable

from briefing.evidence_money import Part
from briefing.paper import Kind
from briefing.terms import Term, Terms
from briefing.week import DAY, DIFFERENCE, Week, Weeks, day_name
from domain.campaign import Campaign
from domain.measures import Figures

_FIELDS: dict[str, tuple[Kind, Callable[[Figures], int]]] = {
    "领取（张）": (Kind.COUNT, lambda f: f.claimed_count),
    "核销（张）": (Kind.COUNT, lambda f: f.redeemed_gross_count),
    "退券（张）": (Kind.COUNT, lambda f: f.refunded_count),
    "净核销（万元）": (Kind.WAN, lambda f: f.redeemed_net_fen),
    "带动消费（万元）": (Kind.WAN, lambda f: f.direct_spend_fen),
}


def week_terms(place: tuple[str, ...], weeks: Weeks) -> Terms | None:
    """Of the tables of days and weeks alone."""
    figures, found = _figures(place, weeks.this, weeks.last, weeks.full_days), _FIELDS.get(place[-1])
    if figures is None or found is None:
        return None
    return Terms(words="台账记录按发生日期逐笔汇总", above=_term(place[-1], found, figures))


def week_parts(place: tuple[str, ...], weeks: Weeks, campaign: Campaign) -> tuple[Part, ...]:
    """None of a difference, which is no sum of theirs."""
    found = _FIELDS.get(place[-1])
    if place[0] not in ("days", "weeks") or place[1] == DIFFERENCE or found is None:
        return ()
    parts = []
    for programme, this in weeks.this_by.items():
        figures = _figures(place, this, weeks.last_by[programme], weeks.full_days)
        parts.append(
            Part(
                programme=campaign.programmes[programme].name,
                above=_term(place[-1], found, figures),
                below=None,
                grade=None,
                data_time=None,
                sources=(),
            )
        )
    return tuple(parts)


def _figures(place: tuple[str, ...], this: Week, last: Week, full_days: int) -> Figures | None:
    """What the row sums up; None: it is no row of theirs, or nothing is known of it."""
    if place[0] == "weeks":
        week = this if place[1].startswith("本周") else last if place[1].startswith("上周") else None
        return None if week is None else week.first(full_days).total
    if place[0] != "days":
        return None
    if place[1] == "合计":
        return this.total
    named = {day_name(this.monday + n * DAY): day for n, day in enumerate(this.days)}
    return named.get(place[1])


def _term(name: str, found: tuple[Kind, Callable[[Figures], int]], figures: Figures | None) -> Term:
    kind, of = found
    return Term(name=name, kind=kind, cell=None if figures is None else of(figures))
