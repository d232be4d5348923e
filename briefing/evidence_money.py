"""The figures of the money taken apart: numerator, denominator, and each programme's part of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import overload

from briefing.evidence_measures import NET, Amount, Basis, Fund, measure_of
from briefing.final_blocks import REFUNDS
from briefing.final_findings import EFFECTS, PROBLEMS
from briefing.final_leverage import LEVERAGE
from briefing.final_reach import ISSUED
from briefing.funds import FUNDS, GENERAL, HEADLINE
from briefing.money import Ledger, is_silent, is_use_unknown
from briefing.terms import Term, Terms
from domain.campaign import Campaign, Programme
from domain.measures import Figures
from domain.readings import CountyProgress
from domain.records import Grade
from store.queries.feeds import Feeds
from store.queries.totals import TotalsRow, total_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One programme's: the amounts above and below the line."""

    programme: str
    above: Term
    below: Term | None
    grade: Grade | None
    data_time: datetime | None
    sources: tuple[tuple[str, datetime | None], ...]  # how far each had reported

    @property
    def unknown(self) -> Part:
        """Of a figure that is unknown: who is waited for, and no number."""
        return replace(
            self, above=replace(self.above, cell=None), below=self.below and replace(self.below, cell=None)
        )


_OF_PROGRAMMES = frozenset({"counties", "funds", "issued", "refunds", "redeemed", "leverage"})
"""Tables with a row a programme, and their sum."""
_OF_ALL = frozenset({GENERAL, HEADLINE, FUNDS, REFUNDS, LEVERAGE, ISSUED, EFFECTS, PROBLEMS})
"""Headings and tables of figures of the whole scope."""


def money_terms(place: tuple[str, ...], ledger: Ledger) -> Terms | None:
    rows, measure = _rows(place, ledger), measure_of(place)
    if rows is None or measure is None:
        return None
    if measure.of_known_use:
        untold = {p.code for p in ledger.progress if is_use_unknown(p)}
        told = {p.id for p in ledger.programmes if p.division not in untold}
        rows = [row for row in rows if row.key[0] in told]
    fund = _fund(place, ledger)
    whole = total_of(ledger.places) if place[0] == "sectors" and measure.below is NET else total_of(rows)
    is_share = measure.words.startswith("占比")
    return Terms(
        words=measure.words,
        above=_term(measure.above, total_of(rows), fund),
        below=_term(measure.below, whole if is_share else total_of(rows), fund),
    )


def money_parts(
    place: tuple[str, ...], campaign: Campaign, ledger: Ledger, feeds: Feeds, names: Mapping[str, str]
) -> tuple[Part, ...]:
    """`names`: of the sources. In the order of the programmes."""
    rows, measure = _rows(place, ledger), measure_of(place)
    if rows is None or measure is None:
        return ()
    known, told = {row.key[0]: row for row in ledger.rows}, {p.code: p for p in ledger.progress}
    found = []
    for p in _programmes(place, ledger):
        own, row = [r for r in rows if r.key[0] == p.id], known.get(p.id)
        if not own and place[0] == "sectors":
            continue
        fund = Fund(allocation_fen=p.allocation_fen, recovered_fen=ledger.recovered[p.division])
        work_out = partial(_known, told=told[p.division], figures=total_of(own), fund=fund)
        found.append(
            Part(
                programme=campaign.programmes[p.id].name,
                above=work_out(measure.above),
                below=None if measure.below is None else work_out(measure.below),
                grade=row.grade if row else None,
                data_time=row.data_time if row else None,
                sources=tuple((names.get(f.source, f.source), f.data_time) for f in feeds.get(p.id, ())),
            )
        )
    return tuple(found)


def _known(amount: Amount, *, told: CountyProgress, figures: Figures, fund: Fund) -> Term:
    """Of a programme nothing has come from, what it was given is known."""
    unknown = {Basis.PLAN: False, Basis.CLAIMS: is_silent(told), Basis.USE: is_use_unknown(told)}
    if unknown[amount.basis]:
        return Term(name=amount.name, kind=amount.kind, cell=None)
    return _term(amount, figures, fund)


def _programmes(place: tuple[str, ...], ledger: Ledger) -> tuple[Programme, ...]:
    names = {p.code: p.name for p in ledger.progress}
    is_one = place[0] in _OF_PROGRAMMES and place[1] != "合计"
    return tuple(p for p in ledger.programmes if not is_one or names.get(p.division) == place[1])


@overload
def _term(amount: Amount, figures: Figures, fund: Fund) -> Term: ...
@overload
def _term(amount: Amount | None, figures: Figures, fund: Fund) -> Term | None: ...
def _term(amount: Amount | None, figures: Figures, fund: Fund) -> Term | None:
    if amount is None:
        return None
    return Term(name=amount.name, kind=amount.kind, cell=amount.of(figures, fund))


def _rows(place: tuple[str, ...], ledger: Ledger) -> list[TotalsRow] | None:
    """The ledger's rows that the figure is the sum of; None: it is none of the sort."""
    if (place[0] in _OF_PROGRAMMES and place[1] == "合计") or place[0] in _OF_ALL:
        return list(ledger.places)
    if place[0] in _OF_PROGRAMMES:
        ids = {p.id for p in _programmes(place, ledger)}
        return [row for row in ledger.places if row.key[0] in ids]
    if place[0] == "sectors":
        ids = {s.sector for s in ledger.sectors if s.name == place[1]}
        return [row for row in ledger.places if row.key[2] in ids]
    return None


def _fund(place: tuple[str, ...], ledger: Ledger) -> Fund:
    if place[0] in _OF_PROGRAMMES and place[1] != "合计":
        own = [p for p in ledger.progress if p.name == place[1]]
        allocation = sum(p.allocation_fen for p in own)
        return Fund(allocation_fen=allocation, recovered_fen=sum(ledger.recovered[p.code] for p in own))
    return Fund(allocation_fen=ledger.allocation_fen, recovered_fen=ledger.recovered_fen)
