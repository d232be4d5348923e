"""The report's last block: 直接带动比 as it came out, beside what the plan designed."""

from __future__ import annotations

from briefing.doubt import NET, SPENT, kept_cell
from briefing.final_blocks import between
from briefing.final_reach import PROGRAMME, TOTAL, owners
from briefing.funds import LATE_ORDERS
from briefing.money import Ledger, is_use_unknown
from briefing.paper import Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key
from domain.campaign import Campaign
from domain.limits import design_leverage
from domain.measures import Figures
from domain.sanity import Kept
from domain.terms import NO_DATA, count, times, wan

LEVERAGE = "直接带动比"


def leverage_section(campaign: Campaign, ledger: Ledger) -> Section:
    columns = (
        PROGRAMME, ("净核销（万元）", Kind.WAN), ("带动消费（万元）", Kind.WAN), ("直接带动比", Kind.TIMES),
        ("方案带动比", Kind.TIMES),
    )  # fmt: skip
    f, own = ledger.total, owners(ledger)
    rows = [
        (
            p.name,
            *_leverage(p.figures, p.held, unknown=is_use_unknown(p)),
            design_leverage(campaign, [own[p.code]]),
        )
        for p in ledger.progress
    ]
    whole = design_leverage(campaign, own.values())
    rows.append((TOTAL, *_leverage(f, ledger.held, unknown=ledger.is_use_unknown), whole))
    known = not (ledger.is_use_unknown or ledger.held & set(SPENT))
    late = f.unpriced_count
    planned = (times(whole), key("leverage", TOTAL, "方案带动比"))
    said = (
        tell(
            "直接带动消费{}，直接带动比{}；方案带动比{}（设计值）。",
            (f"{wan(f.direct_spend_fen)}万元", key("leverage", TOTAL, "带动消费（万元）")),
            (times(f.direct_leverage), key("leverage", TOTAL, "直接带动比")),
            planned,
        )
        if known
        else tell(f"直接带动情况{NO_DATA}或核查中；方案带动比{{}}（设计值）。", planned)
    )
    table = Table(id="leverage", title="直接带动比", columns=columns, rows=tuple(rows), bars=2)
    missing = (
        tell("另有{}订单金额未报送，直接带动比暂不计算。", (f"{count(late)}笔", key(LEVERAGE, LATE_ORDERS))),
    )
    missing_orders = None if ledger.is_use_unknown else kept_cell(late, ledger.held, *SPENT)
    return Section(
        heading=LEVERAGE,
        sentences=(
            said,
            *(missing if known and late > 0 else ()),
            *between("各主体直接带动比", table, 3, times, rows=len(ledger.progress)),
        ),
        figures=(Figure(name=LATE_ORDERS, kind=Kind.COUNT, cell=missing_orders),),
        tables=(table,),
    )


def _leverage(f: Figures, held: frozenset[Kept], *, unknown: bool) -> tuple[Cell, ...]:
    if unknown:
        return (None,) * 3
    return (
        kept_cell(f.redeemed_net_fen, held, *NET),
        kept_cell(f.direct_spend_fen, held, *SPENT),
        kept_cell(f.direct_leverage, held, *SPENT),
    )
