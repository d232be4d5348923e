"""The report's third and fourth blocks: 退货退券 and 核销, a row a programme in official order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from briefing.doubt import CLAIMED, NET, kept_cell, kept_words
from briefing.final_reach import PROGRAMME, TOTAL
from briefing.funds import left_out_sentence
from briefing.money import Ledger, is_silent, is_use_unknown
from briefing.paper import Cell, Figure, Kind, Section, Table, joined, tell
from briefing.reference import key
from domain.campaign import Campaign
from domain.measures import ENOUGH, Figures, ratio
from domain.sanity import Kept
from domain.terms import NO_DATA, count, percent, wan
from store.queries.rounds import lots_of

RETURNED = (Kept.REFUNDED,)
RETURN_RATE = (Kept.REDEEMED, *RETURNED)
USE_RATE = (*CLAIMED, Kept.REDEEMED)
REFUNDS, MISSING = "退货退券情况", "未退回资金池"
USED = "核销情况"
RIPE_CLAIMED, RIPE_USED, RIPE = "到期轮次领取（张）", "到期轮次核销（张）", "到期核销率"
Row = Callable[[Figures, frozenset[Kept], int], tuple[Cell, ...]]
"""(figures, what of them is held back, allocation in fen) -> a programme's cells."""


def between(
    name: str, table: Table, column: int, show: Callable[[float], str], *, rows: int
) -> tuple[str, ...]:
    """From the least to the most of what is known in the first `rows`; nothing to say of one."""
    known = [
        (float(cell), key(table.id, str(row[0]), table.columns[column][0]))
        for row in table.rows[:rows]
        if isinstance(cell := row[column], int | float)
    ]
    if len(known) < 2:
        return ()
    (low, low_key), (high, high_key) = min(known), max(known)
    return (tell(f"{name}在{{}}至{{}}之间。", (show(low), low_key), (show(high), high_key)),)


def refunds_section(ledger: Ledger) -> Section:
    columns = (
        PROGRAMME, ("核销（张）", Kind.COUNT), ("退券（张）", Kind.COUNT), ("退券率", Kind.RATE),
        ("退券面额（万元）", Kind.WAN), ("退回（万元）", Kind.WAN), ("足额率", Kind.RATE),
    )  # fmt: skip
    f, held = ledger.total, ledger.held
    rate = percent(ratio(f.refunded_count, f.redeemed_gross_count))
    missing = f.refunded_fen - f.pool_returned_fen
    full = (
        "均已全额退回资金池"
        if missing == 0
        else tell("尚有{}未退回资金池", (f"{wan(missing)}万元", key(REFUNDS, MISSING)))
    )
    refunded = tell(
        "发生退货退券{}、面额{}，退券率{}，",
        (f"{count(f.refunded_count)}张", key("refunds", TOTAL, "退券（张）")),
        (f"{wan(f.refunded_fen)}万元", key("refunds", TOTAL, "退券面额（万元）")),
        (kept_words(rate, "", held, *RETURN_RATE), key("refunds", TOTAL, "退券率")),
    )
    none = tell("发生退货退券{}。", ("0张", key("refunds", TOTAL, "退券（张）")))
    said = (
        f"退货退券情况{NO_DATA}或核查中。"
        if ledger.is_use_unknown or held & set(RETURNED)
        else joined(refunded, full, "（工作方案七（五））。")
        if f.refunded_count or missing
        else none
    )
    table = _table("refunds", "退货退券", columns, ledger, _refunds)
    least = between("各主体退券率", table, 3, percent, rows=len(ledger.progress))
    known = None if ledger.is_use_unknown else kept_cell(missing, held, *RETURNED)
    return Section(
        heading=REFUNDS,
        sentences=(said, *least),
        figures=(Figure(name=MISSING, kind=Kind.WAN, cell=known),),
        tables=(table,),
    )


def _refunds(f: Figures, held: frozenset[Kept], _: int) -> tuple[Cell, ...]:
    return (
        kept_cell(f.redeemed_gross_count, held, Kept.REDEEMED),
        kept_cell(f.refunded_count, held, *RETURNED),
        kept_cell(ratio(f.refunded_count, f.redeemed_gross_count), held, *RETURN_RATE),
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
    rate = used / claimed if claimed >= ENOUGH else None
    ripe = (
        f"{RIPE}{NO_DATA}。"
        if ledger.is_use_unknown
        else tell(
            "已过使用截止日的轮次领取{}、核销{}，到期核销率{}。",
            (kept_words(count(claimed), "张", held, *CLAIMED), key(USED, RIPE_CLAIMED)),
            (kept_words(count(used), "张", held, Kept.REDEEMED), key(USED, RIPE_USED)),
            (kept_words(percent(rate), "", held, *USE_RATE), key(USED, RIPE)),
        )
        if rate is not None
        else "尚无足量轮次到期，到期核销率暂不计算。"
    )
    cells = (
        (f"{count(f.claimed_count)}张", "领取（张）"),
        (f"{count(f.redeemed_gross_count)}张", "核销（张）"),
        (percent(ledger.redemption_rate), "核销率"),
        (f"{wan(f.redeemed_net_fen)}万元", "净核销（万元）"),
        (percent(f.fund_use_rate(ledger.allocation_fen)), "使用率"),
    )
    said = (
        tell(
            "累计领取{}，核销{}，核销率{}（领取口径，按张）；净核销{}，资金使用率{}。",
            *((words, key("redeemed", TOTAL, column)) for words, column in cells),
        )
        if not (ledger.is_use_unknown or held & {*CLAIMED, *NET})
        else f"核销情况{NO_DATA}或核查中。"
    )
    expired = ledger.of_known_use.expired_count
    whole = _with_rate(f, held, ledger.allocation_fen, rate=ledger.redemption_rate, expired_count=expired)
    table = _table("redeemed", "核销情况", columns, ledger, _redeemed, whole=whole, of_claims=2)
    least = between("各主体核销率", table, 4, percent, rows=len(ledger.progress))
    return Section(
        heading=USED,
        sentences=(said, ripe, *left_out_sentence(ledger), *least),
        figures=tuple(
            Figure(
                name=name, kind=kind, cell=None if ledger.is_use_unknown else kept_cell(cell, held, *needs)
            )
            for name, kind, cell, needs in (
                (RIPE_CLAIMED, Kind.COUNT, claimed, CLAIMED),
                (RIPE_USED, Kind.COUNT, used, (Kept.REDEEMED,)),
                (RIPE, Kind.RATE, rate, USE_RATE),
            )
        ),
        tables=(table,),
    )


def matured(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> tuple[int, int]:
    """Claimed and used of the scope's rounds whose last day is over (glossary: redemption_rate_matured).

    Without those of the programmes whose use nobody has told.
    """
    untold = {p.code for p in ledger.progress if is_use_unknown(p)}
    ids = {p.id for p in ledger.programmes if p.division not in untold}
    lots = [
        lot
        for r in campaign.round
        if r.programme in ids and r.use_until < as_of
        for lot in lots_of(r, ledger.lots)
    ]
    return sum(lot.claimed_count for lot in lots), sum(lot.redeemed_count for lot in lots)


def _redeemed(f: Figures, held: frozenset[Kept], allocation_fen: int) -> tuple[Cell, ...]:
    rate = ratio(f.redeemed_gross_count, f.claimed_count)
    return _with_rate(f, held, allocation_fen, rate=rate, expired_count=f.expired_count)


def _with_rate(
    f: Figures, held: frozenset[Kept], allocation_fen: int, *, rate: float | None, expired_count: int
) -> tuple[Cell, ...]:
    """`rate` and `expired_count`: their own, as not all claims of a sum are their base."""
    return (
        kept_cell(f.claimed_count, held, *CLAIMED),
        kept_cell(ratio(f.claimed_count, f.issued_count), held, *CLAIMED),
        kept_cell(f.redeemed_gross_count, held, Kept.REDEEMED),
        kept_cell(rate, held, *USE_RATE),
        kept_cell(expired_count, held, *USE_RATE),
        kept_cell(f.redeemed_net_fen, held, *NET),
        kept_cell(f.fund_use_rate(allocation_fen), held, *NET),
    )


def _table(
    id: str,
    title: str,
    columns: tuple[tuple[str, Kind], ...],
    ledger: Ledger,
    cells: Row,
    *,
    whole: tuple[Cell, ...] | None = None,
    of_claims: int = 0,
) -> Table:
    """A row a programme and their sum, `whole` where it is not worked out as a row is. Of a silent one nothing is
    known; where no use was told, the first `of_claims` cells alone."""
    rows = [
        (
            p.name,
            *_known(cells(p.figures, p.held, p.allocation_fen), is_silent(p), is_use_unknown(p), of_claims),
        )
        for p in ledger.progress
    ]
    total = whole or cells(ledger.total, ledger.held, ledger.allocation_fen)
    rows.append((TOTAL, *_known(total, ledger.is_silent, ledger.is_use_unknown, of_claims)))
    return Table(id=id, title=title, columns=columns, rows=tuple(rows))


def _known(
    cells: tuple[Cell, ...], is_silent: bool, is_use_unknown: bool, of_claims: int
) -> tuple[Cell, ...]:
    known = 0 if is_silent else of_claims if is_use_unknown else len(cells)
    return (*cells[:known], *[None] * (len(cells) - known))
