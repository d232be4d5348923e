"""The report's third and fourth blocks: 退货退券 and 核销, a row a programme in official order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from briefing.final_reach import PROGRAMME, TOTAL
from briefing.funds import CLAIMED, NET, kept_cell
from briefing.money import Ledger, is_silent
from briefing.paper import Cell, Kind, Section, Table
from domain.campaign import Campaign
from domain.measures import ENOUGH, Figures, ratio
from domain.readings import CountyProgress
from domain.sanity import Kept
from domain.terms import NO_DATA, count, percent, wan
from store.queries.rounds import lots_of

RETURNED = (Kept.REFUNDED,)
Row = Callable[[Figures, frozenset[Kept], int], tuple[Cell, ...]]
"""(figures, what of them is held back, allocation in fen) -> a programme's cells."""


def between(name: str, cells: Sequence[Cell], show: Callable[[float], str]) -> tuple[str, ...]:
    """From the least to the most of what is known; nothing to say of one."""
    known = [float(cell) for cell in cells if isinstance(cell, int | float)]
    return (f"{name}在{show(min(known))}至{show(max(known))}之间。",) if len(known) > 1 else ()


def refunds_section(ledger: Ledger) -> Section:
    columns = (
        PROGRAMME, ("核销（张）", Kind.COUNT), ("退券（张）", Kind.COUNT), ("退券率", Kind.RATE),
        ("退券面额（万元）", Kind.WAN), ("退回（万元）", Kind.WAN), ("足额率", Kind.RATE),
    )  # fmt: skip
    f = ledger.total
    missing = f.refunded_fen - f.pool_returned_fen
    full = "均已全额退回资金池" if missing == 0 else f"尚有{wan(missing)}万元未退回资金池"
    said = (
        f"发生退货退券{count(f.refunded_count)}张、面额{wan(f.refunded_fen)}万元，"
        f"退券率{percent(ratio(f.refunded_count, f.redeemed_gross_count))}，{full}（工作方案七（五））。"
        if not (ledger.is_silent or ledger.held & set(RETURNED))
        else f"退货退券情况{NO_DATA}或核查中。"
    )
    table = _table("refunds", "退货退券", columns, ledger, _refunds)
    least = between("各主体退券率", [row[3] for row in table.rows[:-1]], percent)
    return Section(heading="退货退券情况", sentences=(said, *least), tables=(table,))


def _refunds(f: Figures, held: frozenset[Kept], _: int) -> tuple[Cell, ...]:
    return (
        kept_cell(f.redeemed_gross_count, held, Kept.REDEEMED),
        kept_cell(f.refunded_count, held, *RETURNED),
        kept_cell(ratio(f.refunded_count, f.redeemed_gross_count), held, Kept.REDEEMED, *RETURNED),
        kept_cell(f.refunded_fen, held, *RETURNED),
        kept_cell(f.pool_returned_fen, held, *RETURNED),
        kept_cell(ratio(f.pool_returned_fen, f.refunded_fen), held, *RETURNED),
    )


def redeemed_section(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> Section:
    columns = (
        PROGRAMME, ("领取（张）", Kind.COUNT), ("领取率", Kind.RATE), ("核销（张）", Kind.COUNT),
        ("核销率", Kind.RATE), ("过期未用（张）", Kind.COUNT), ("净核销（万元）", Kind.WAN), ("使用率", Kind.RATE),
    )  # fmt: skip
    f, held = ledger.total, ledger.held
    claimed, used = matured(campaign, ledger, as_of=as_of)
    ripe = (
        f"已过使用截止日的轮次领取{count(claimed)}张、核销{count(used)}张，到期核销率{percent(used / claimed)}。"
        if claimed >= ENOUGH
        else "尚无足量轮次到期，到期核销率暂不计算。"
    )
    said = (
        f"累计领取{count(f.claimed_count)}张，核销{count(f.redeemed_gross_count)}张，"
        f"核销率{percent(ratio(f.redeemed_gross_count, f.claimed_count))}（领取口径，按张）；"
        f"净核销{wan(f.redeemed_net_fen)}万元，资金使用率{percent(f.fund_use_rate(ledger.allocation_fen))}。"
        if not (ledger.is_silent or held & {*CLAIMED, *NET})
        else f"核销情况{NO_DATA}或核查中。"
    )
    table = _table("redeemed", "核销情况", columns, ledger, _redeemed)
    least = between("各主体核销率", [row[4] for row in table.rows[:-1]], percent)
    return Section(heading="核销情况", sentences=(said, ripe, *least), tables=(table,))


def matured(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> tuple[int, int]:
    """Claimed and used of the scope's rounds whose last day is over (glossary: redemption_rate_matured)."""
    ids = {p.id for p in ledger.programmes}
    lots = [
        lot
        for r in campaign.round
        if r.programme in ids and r.use_until < as_of
        for lot in lots_of(r, ledger.lots)
    ]
    return sum(lot.claimed_count for lot in lots), sum(lot.redeemed_count for lot in lots)


def _redeemed(f: Figures, held: frozenset[Kept], allocation_fen: int) -> tuple[Cell, ...]:
    stocks = (*CLAIMED, Kept.REDEEMED)
    return (
        kept_cell(f.claimed_count, held, *CLAIMED),
        kept_cell(ratio(f.claimed_count, f.issued_count), held, *CLAIMED),
        kept_cell(f.redeemed_gross_count, held, Kept.REDEEMED),
        kept_cell(ratio(f.redeemed_gross_count, f.claimed_count), held, *stocks),
        kept_cell(f.expired_count, held, *stocks),
        kept_cell(f.redeemed_net_fen, held, *NET),
        kept_cell(f.fund_use_rate(allocation_fen), held, *NET),
    )


def _table(id: str, title: str, columns: tuple[tuple[str, Kind], ...], ledger: Ledger, cells: Row) -> Table:
    """A row a programme and their sum. Of a silent one nothing is known."""
    rows = [(p.name, *_known(p, cells, len(columns) - 1)) for p in ledger.progress]
    whole = cells(ledger.total, ledger.held, ledger.allocation_fen)
    rows.append((TOTAL, *([None] * (len(columns) - 1) if ledger.is_silent else whole)))
    return Table(id=id, title=title, columns=columns, rows=tuple(rows))


def _known(p: CountyProgress, cells: Row, width: int) -> tuple[Cell, ...]:
    return (None,) * width if is_silent(p) else cells(p.figures, p.held, p.allocation_fen)
