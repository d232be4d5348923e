"""The figures of the money taken apart: numerator, denominator, and each programme's part of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from briefing.funds import FUNDS, GENERAL, HEADLINE
from briefing.money import Ledger
from briefing.paper import Kind
from briefing.terms import Term, Terms
from domain.campaign import Campaign, Programme
from domain.measures import Figures
from domain.records import Grade
from store.queries.feeds import Feeds
from store.queries.totals import TotalsRow, total_of

Worked = Callable[[Figures, int], int]
"""From figures and allocation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    name: str
    kind: Kind
    of: Worked
    is_given: bool = False  # known even of a programme nothing has come from


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    words: str
    above: Amount
    below: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One programme's: the amounts above and below the line."""

    programme: str
    above: Term
    below: Term | None
    grade: Grade | None
    data_time: datetime | None
    sources: tuple[tuple[str, datetime | None], ...]  # how far each had reported


ALLOCATION = Amount(name="分配额度", kind=Kind.WAN, of=lambda f, allocation: allocation, is_given=True)
NET = Amount(name="净核销金额", kind=Kind.WAN, of=lambda f, _: f.redeemed_net_fen)
_USED = Measure(
    words="资金使用率=（净核销+已付审核补贴）÷分配额度",
    above=Amount(name="净核销+已付审核补贴", kind=Kind.WAN, of=lambda f, _: f.fund_used_fen),
    below=ALLOCATION,
)
_LEVERAGE = Measure(
    words="直接带动比=直接带动消费÷净核销金额",
    above=Amount(name="直接带动消费", kind=Kind.WAN, of=lambda f, _: f.direct_spend_fen),
    below=NET,
)
RATIOS: Mapping[str, Measure] = {
    "核销率": Measure(
        words="核销率=核销（毛）张数÷领取张数",
        above=Amount(name="核销（毛）张数", kind=Kind.COUNT, of=lambda f, _: f.redeemed_gross_count),
        below=Amount(name="领取张数", kind=Kind.COUNT, of=lambda f, _: f.claimed_count),
    ),
    "资金使用率": _USED,
    "使用率": _USED,
    "直接带动比": _LEVERAGE,
    "带动比": _LEVERAGE,
    "占比": Measure(words="占比=本行业净核销金额÷各行业净核销金额之和", above=NET, below=NET),
    "资金结余": Measure(
        words="结余=分配额度-净核销-已通过审核补贴",
        above=Amount(
            name="结余", kind=Kind.WAN, of=lambda f, allocation: f.balance_fen(allocation), is_given=True
        ),
    ),
    "订单金额未报": Measure(
        words="净核销张数-已报订单金额的笔数",
        above=Amount(
            name="订单金额未报", kind=Kind.COUNT, of=lambda f, _: f.redeemed_net_count - f.orders_count
        ),
    ),
    "分配": Measure(words="活动配置的分配额度", above=ALLOCATION),
}
RATIOS = {**RATIOS, "结余": RATIOS["资金结余"]}
_SUMS = {
    "投放": "issued", "领取": "claimed", "核销（毛）": "redeemed_gross", "退券": "refunded", "净核销": "redeemed_net",
    "过期未用": "expired", "在途": "outstanding", "审核补贴已付": "subsidy_paid",
}  # fmt: skip
_SPEND = ("直接带动消费", "带动消费")


def measure_of(place: tuple[str, ...]) -> Measure | None:
    """None: a figure that is no sum of the programmes' (a day's flow, a round's, a projection)."""
    if place[0] == GENERAL and place[1].startswith(("当日", "较前日")):
        return None
    name, column = (place[1], place[-1]) if place[0] == HEADLINE else (place[-1].partition("（")[0],) * 2
    if name in RATIOS:
        return RATIOS[name]
    is_money = "元" in place[-1]
    if name in _SPEND:
        field = "direct_spend_fen" if is_money else "orders_count"
    elif name in _SUMS:
        field = f"{_SUMS[name]}_{'fen' if is_money else 'count'}"
    else:
        return None
    kind = Kind.WAN if is_money else Kind.COUNT
    words = "净核销订单的订单总金额之和" if name in _SPEND and is_money else "台账记录逐笔汇总"
    amount = Amount(name=name if column == name else f"{name}·{column}", kind=kind, of=_field(field))
    return Measure(words=words, above=amount)


def _field(name: str) -> Worked:
    return lambda figures, _: int(getattr(figures, name))


def money_terms(place: tuple[str, ...], ledger: Ledger) -> Terms | None:
    rows, measure = _rows(place, ledger), measure_of(place)
    if rows is None or measure is None:
        return None
    allocation = _allocation(place, ledger)
    whole = total_of(ledger.places) if place[0] == "sectors" and measure.below is NET else total_of(rows)
    is_share = measure.words.startswith("占比")
    return Terms(
        words=measure.words,
        above=_term(measure.above, total_of(rows), allocation),
        below=_term(measure.below, whole if is_share else total_of(rows), allocation),
    )


def money_parts(
    place: tuple[str, ...], campaign: Campaign, ledger: Ledger, feeds: Feeds, names: Mapping[str, str]
) -> tuple[Part, ...]:
    """`names`: of the sources. In the order of the programmes."""
    rows, measure = _rows(place, ledger), measure_of(place)
    if rows is None or measure is None:
        return ()
    known = {row.key[0]: row for row in ledger.rows}
    found = []
    for p in _programmes(place, ledger):
        own, row = [r for r in rows if r.key[0] == p.id], known.get(p.id)
        if not own and place[0] == "sectors":
            continue
        figures = total_of(own) if own else None
        found.append(
            Part(
                programme=campaign.programmes[p.id].name,
                above=_known(measure.above, figures, p.allocation_fen),
                below=None if measure.below is None else _known(measure.below, figures, p.allocation_fen),
                grade=row.grade if row else None,
                data_time=row.data_time if row else None,
                sources=tuple((names.get(f.source, f.source), f.data_time) for f in feeds.get(p.id, ())),
            )
        )
    return tuple(found)


def _known(amount: Amount, figures: Figures | None, allocation_fen: int) -> Term:
    """Of a programme nothing has come from, what it was given is known."""
    if figures is None and not amount.is_given:
        return Term(name=amount.name, kind=amount.kind, cell=None)
    return _term(amount, figures or Figures(), allocation_fen)


def _programmes(place: tuple[str, ...], ledger: Ledger) -> tuple[Programme, ...]:
    names = {p.code: p.name for p in ledger.progress}
    is_one = place[0] in ("counties", "funds") and place[1] != "合计"
    return tuple(p for p in ledger.programmes if not is_one or names.get(p.division) == place[1])


@overload
def _term(amount: Amount, figures: Figures, allocation_fen: int) -> Term: ...
@overload
def _term(amount: Amount | None, figures: Figures, allocation_fen: int) -> Term | None: ...
def _term(amount: Amount | None, figures: Figures, allocation_fen: int) -> Term | None:
    if amount is None:
        return None
    return Term(name=amount.name, kind=amount.kind, cell=amount.of(figures, allocation_fen))


def _rows(place: tuple[str, ...], ledger: Ledger) -> list[TotalsRow] | None:
    """The ledger's rows that the figure is the sum of; None: it is none of the sort."""
    if place[0] in (GENERAL, HEADLINE, FUNDS) or place[1] == "合计":
        return list(ledger.places)
    if place[0] in ("counties", "funds"):
        ids = {p.id for p in _programmes(place, ledger)}
        return [row for row in ledger.places if row.key[0] in ids]
    if place[0] == "sectors":
        ids = {s.sector for s in ledger.sectors if s.name == place[1]}
        return [row for row in ledger.places if row.key[2] in ids]
    return None


def _allocation(place: tuple[str, ...], ledger: Ledger) -> int:
    if place[0] in ("counties", "funds") and place[1] != "合计":
        return sum(p.allocation_fen for p in ledger.progress if p.name == place[1])
    return ledger.allocation_fen
