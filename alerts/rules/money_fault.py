"""F1 and F3 of the domain's alert list: a programme beyond its money, a redemption below its minimum spend.

A lot (one template of one round) of which more were claimed than there are is named where the programme is not.

More promised than there is (promises I5) is said too, before it is spent: no event is dropped for it.

`order >= min spend` must hold for every single redemption (work plan 七(一)): below it is a data or compliance
fault, never a "result". Claims beyond what was let out are a fault of the feed.

Money beyond the allocation is told whatever its figures look like, and without them where the gate before the screens
keeps them back: then they are to be checked first. Claims beyond what was let out are one of the gate's own doubts, and
their figures are what is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Window
from alerts.parameters import Parameters
from domain.accounts import Account, balances
from domain.flags import FlagTotal, Reason
from domain.limits import held_of
from domain.readings import CountyProgress, Level
from domain.sanity import Kept
from domain.terms import CHECKING, SUBSIDY, count, wan

ID = "money_fault"
_NET = frozenset({Kept.REDEEMED, Kept.REFUNDED})
_PROMISED = _NET | {Kept.CLAIMED}


def findings(window: Window) -> Iterable[Finding]:
    for progress in (*((window.city,) if window.city else ()), *window.counties):
        yield from _overrun(window, progress)
    yield from _oversold(window)
    for total in window.flags.totals() if window.flags else ():
        if total.reason is Reason.BELOW_MINIMUM:
            yield _below_minimum(window, total)


def _overrun(window: Window, progress: CountyProgress) -> Iterator[Finding]:
    """What sanctioned merchants paid back is there to be spent again, as in the balance of every paper."""
    figures, parameters = progress.figures, window.parameters
    programme = window.campaign.county_programme(progress.code) or window.campaign.city
    held = held_of(window.campaign, programme.id, figures)
    back_fen = window.money.recovered_fen.get(programme.id, 0) if window.money else 0
    fund = (
        f"额度 {wan(progress.allocation_fen)} 万元",
        *((f"已追回 {wan(back_fen)} 万元",) if back_fen else ()),
    )
    bound_fen = max(
        figures.subsidy_approved_fen, figures.subsidy_paid_fen
    )  # paid without approval is gone too
    over = figures.redeemed_net_fen + bound_fen - progress.allocation_fen - back_fen
    if over > 0:
        what = f"{progress.name}净核销{f'与{SUBSIDY}合计' if bound_fen else ''}"
        subsidies = (f"{SUBSIDY}已通过或已付 {wan(bound_fen)} 万元",) if bound_fen else ()
        yield Finding(
            subject=f"{progress.code}/overrun",
            **_graded("overrun", parameters),
            title=_beyond(what, over, doubtful=bool(held & _NET)),
            reasons=(
                *_doubt(held & _NET),
                f"净核销 {wan(figures.redeemed_net_fen)} 万元",
                *subsidies,
                *fund,
            ),
            evidence=(),
            evidence_count=figures.redeemed_net_count + figures.subsidy_approved_count,
            county=progress.code,
        )
    held_fen = balances(figures, allocation_fen=progress.allocation_fen, recovered_fen=back_fen)
    free_fen = held_fen[Account.POOL]
    if free_fen < 0 and over <= 0:
        yield Finding(
            subject=f"{progress.code}/overpromise",
            **_graded("overpromise", parameters),
            title=_beyond(
                f"{progress.name}已领未用、已通过未付与已支出合计", -free_fen, doubtful=bool(held & _PROMISED)
            ),
            reasons=(
                *_doubt(held & _PROMISED),
                f"净核销与已付合计 {wan(figures.fund_used_fen)} 万元",
                *fund,
            ),
            evidence=(),
            evidence_count=figures.outstanding_count + figures.subsidy_approved_count,
            county=progress.code,
        )
    if figures.claimed_count > figures.issued_count:
        yield Finding(
            subject=f"{progress.code}/overclaim",
            **_graded("overclaim", parameters),
            title=f"{progress.name}领取 {count(figures.claimed_count)} 张，多于投放 {count(figures.issued_count)} 张",
            reasons=("领取量不应大于投放量，疑为平台数据有误",),
            evidence=(),
            evidence_count=figures.claimed_count - figures.issued_count,
            county=progress.code,
        )


def _beyond(what: str, fen: int, *, doubtful: bool) -> str:
    return f"{what}（{CHECKING}）超出分配额度" if doubtful else f"{what}超出分配额度 {wan(fen)} 万元"


def _doubt(held: frozenset[Kept]) -> tuple[str, ...]:
    return (f"所依据的数字未通过合理性检查（{CHECKING}），先与支付平台核对，不作结论",) if held else ()


def _oversold(window: Window) -> Iterator[Finding]:
    every = (*((window.city,) if window.city else ()), *window.counties)
    over = {p.code for p in every if p.figures.claimed_count > p.figures.issued_count}
    for found in window.money.rounds if window.money else ():
        programme = window.campaign.programmes[found.programme]
        for lot in found.lots:
            if lot.claimed_count <= lot.qty or programme.division in over:
                continue
            template = window.campaign.templates[lot.template]
            yield Finding(
                subject=f"{template.id}-r{found.no}/oversold",
                **_graded("oversold", window.parameters),
                title=(
                    f"{programme.name}第 {found.no} 轮“{template.name}”领取 {count(lot.claimed_count)} 张，"
                    f"多于配置 {count(lot.qty)} 张"
                ),
                reasons=("领取量不应大于配置数量，疑为平台数据或配置有误",),
                evidence=(),
                evidence_count=lot.claimed_count - lot.qty,
                county=programme.division,
            )


def _below_minimum(window: Window, total: FlagTotal) -> Finding:
    programme = window.campaign.programmes[total.programme]
    return Finding(
        subject=f"{programme.id}/below-minimum",
        **_graded("below_minimum", window.parameters),
        title=f"{programme.name}有 {count(total.count)} 笔核销的订单金额低于最低消费，带动比不足",
        reasons=(f"政策底线 {window.campaign.rules.min_leverage:g} 倍，逐笔须满足", "线索待核实，不作结论"),
        evidence=total.evidence[:EVIDENCE_KEPT],
        evidence_count=total.count,
        county=programme.division,
    )


def _graded(fault: str, parameters: Parameters) -> dict[str, Any]:
    facts = {"fault": fault}
    return {"level": level(facts, parameters), "facts": facts}


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    found: Level = getattr(parameters.money_fault, facts["fault"])
    return found
