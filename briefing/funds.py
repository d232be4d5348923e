"""The sections on money: general figures, counties, sectors, the fund."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from briefing.doubt import CLAIMED, NET, SPENT, kept_cell, kept_words
from briefing.money import Ledger, is_behind, is_overdue, is_silent, is_use_unknown
from briefing.paper import Cell, Cited, Figure, Kind, Section, Table, tell
from briefing.reference import key
from briefing.text import moment_words
from briefing.today import HEADING, day_figures, day_sentence
from domain.measures import ENOUGH, Figures
from domain.readings import CountyProgress, Pace, SectorShare
from domain.readings_scenes import CountyPace
from domain.sanity import Kept
from domain.terms import NO_DATA, UNKNOWN, count, percent, times, wan

GENERAL, HEADLINE = HEADING, "headline"
COUNT, MONEY = "张（笔）", "金额（万元）"


def _stood(figure: str, row: str, column: str) -> Cited:
    """Said in a sentence, and stood in the table of headline figures."""
    return figure, key(HEADLINE, row, column)


def _own(figure: str, name: str) -> Cited:
    return figure, key(GENERAL, name)


def general_section(ledger: Ledger, *, as_of: datetime, with_day: bool = True) -> Section:
    """`with_day`: the day's own figures beside those since the launch."""
    heading = GENERAL
    if ledger.is_silent:
        said = f"截至{moment_words(as_of)}，各支付平台尚未报送数据，运行情况{NO_DATA}。"
        return Section(heading=heading, sentences=(said,))
    f, whole, held = ledger.total, ledger.allocation_fen, ledger.held
    main = tell(
        "截至{}，累计投放{}张、{}万元，领取{}、{}；净核销{}、{}，核销率{}（领取口径，按张），资金使用率{}；"
        "直接带动消费{}，直接带动比{}。",
        moment_words(as_of),
        _stood(count(f.issued_count), "投放", COUNT),
        _stood(wan(f.issued_fen), "投放", MONEY),
        _stood(kept_words(count(f.claimed_count), "张", held, *CLAIMED), "领取", COUNT),
        _stood(kept_words(wan(f.claimed_fen), "万元", held, *CLAIMED), "领取", MONEY),
        _stood(kept_words(count(_told(ledger, f.redeemed_net_count)), "张", held, *NET), "净核销", COUNT),
        _stood(kept_words(wan(_told(ledger, f.redeemed_net_fen)), "万元", held, *NET), "净核销", MONEY),
        _own(kept_words(percent(ledger.redemption_rate), "", held, *CLAIMED, Kept.REDEEMED), "核销率"),
        _own(kept_words(percent(_told(ledger, f.fund_use_rate(whole))), "", held, *NET), "资金使用率"),
        _stood(
            kept_words(wan(_told(ledger, f.direct_spend_fen)), "万元", held, *SPENT), "直接带动消费", MONEY
        ),
        _own(kept_words(times(f.direct_leverage), "", held, *SPENT), "直接带动比"),
    )
    missing = f.unpriced_count
    late = (
        (
            tell(
                "另有{}订单金额尚未报送，直接带动消费偏低，直接带动比暂不计算。",
                _own(f"{count(missing)}笔", LATE_ORDERS),
            ),
        )
        if missing > 0
        else ()
    )
    return Section(
        heading=heading,
        sentences=(main, *left_out_sentence(ledger), *late, *(day_sentence(ledger) if with_day else ())),
        figures=_said_figures(ledger, with_day=with_day),
        tables=(_headline(ledger),),
    )


def _said_figures(ledger: Ledger, *, with_day: bool) -> tuple[Figure, ...]:
    f = ledger.total
    cells: tuple[tuple[str, Kind, Cell, tuple[Kept, ...]], ...] = (
        ("核销率", Kind.RATE, ledger.redemption_rate, (*CLAIMED, Kept.REDEEMED)),
        ("资金使用率", Kind.RATE, _told(ledger, f.fund_use_rate(ledger.allocation_fen)), NET),
        ("直接带动比", Kind.TIMES, f.direct_leverage, SPENT),
        (LATE_ORDERS, Kind.COUNT, _told(ledger, f.unpriced_count), SPENT),
    )
    own = tuple(
        Figure(name=name, kind=kind, cell=kept_cell(cell, ledger.held, *needs))
        for name, kind, cell, needs in cells
    )
    return (*own, *day_figures(ledger)) if with_day else own


def left_out_sentence(ledger: Ledger) -> tuple[str, ...]:
    return (ledger.left_out,) if ledger.left_out else ()


LATE_ORDERS = "订单金额未报（笔）"


T = TypeVar("T")


def _told(ledger: Ledger, of_use: T) -> T | None:
    """Of use that nobody has told: unknown, not nothing."""
    return None if ledger.is_use_unknown else of_use


def _headline(ledger: Ledger) -> Table:
    f, known = ledger.total, ledger.of_known_use
    stocks = (*CLAIMED, Kept.REDEEMED)
    cells: tuple[tuple[str, int, int, tuple[Kept, ...]], ...] = (
        ("投放", f.issued_count, f.issued_fen, ()),
        ("领取", f.claimed_count, f.claimed_fen, CLAIMED),
        ("核销（毛）", f.redeemed_gross_count, f.redeemed_gross_fen, (Kept.REDEEMED,)),
        ("退券", f.refunded_count, f.refunded_fen, (Kept.REFUNDED,)),
        ("净核销", f.redeemed_net_count, f.redeemed_net_fen, NET),
        ("过期未用", known.expired_count, known.expired_fen, stocks),
        ("在途", known.outstanding_count, known.outstanding_fen, stocks),
        ("直接带动消费", f.orders_count, f.direct_spend_fen, SPENT),
        ("审核补贴已付", f.subsidy_paid_count, f.subsidy_paid_fen, ()),
    )
    unknown = {name for name, *_ in cells[2:-1]} if ledger.is_use_unknown else set()
    unknown |= set() if ledger.is_paid_known else {cells[-1][0]}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, None, None)
        if name in unknown
        else (name, kept_cell(n, ledger.held, *needs), kept_cell(fen, ledger.held, *needs))
        for name, n, fen, needs in cells
    )
    columns = (("指标", Kind.TEXT), (COUNT, Kind.COUNT), (MONEY, Kind.WAN))
    return Table(id=HEADLINE, title="累计主要指标", columns=columns, rows=rows)


def county_section(ledger: Ledger) -> Section:
    columns = (
        ("发放主体", Kind.TEXT), ("分配（万元）", Kind.WAN), ("领取（张）", Kind.COUNT), ("净核销（张）", Kind.COUNT),
        ("净核销（万元）", Kind.WAN), ("使用率", Kind.RATE), ("带动消费（万元）", Kind.WAN), ("带动比", Kind.TIMES),
    )  # fmt: skip
    rows = [(p.name, p.allocation_fen, *_row(p)) for p in ledger.progress]
    rows.append(("合计", ledger.allocation_fen, *_sum(ledger)))
    late = [p.name for p in ledger.progress if is_behind(p)]
    overdue = [p.name for p in ledger.progress if is_overdue(p)]
    sentences = [f"使用进度落后于时间进度10个百分点以上：{'、'.join(late)}。"] if late else []
    sentences += [f"已过启动时间一日尚无领取：{'、'.join(overdue)}。"] if overdue else []
    table = Table(
        id="counties", title="县区进展（按区划代码排序）", columns=columns, rows=tuple(rows), bars=4
    )
    return Section(heading="县区进展", sentences=tuple(sentences), tables=(table,))


def _row(p: CountyProgress) -> tuple[Cell, ...]:
    claimed = None if is_silent(p) else kept_cell(p.figures.claimed_count, p.held, *CLAIMED)
    return (claimed, *([None] * 5 if is_use_unknown(p) else _used_of(p.allocation_fen, p.figures, p.held)))


def _sum(ledger: Ledger) -> tuple[Cell, ...]:
    """Of what is known."""
    if ledger.is_silent:
        return (None,) * 6
    claimed = kept_cell(ledger.total.claimed_count, ledger.held, *CLAIMED)
    used = _used_of(ledger.allocation_fen, ledger.total, ledger.held)
    return (claimed, *([None] * 5 if ledger.is_use_unknown else used))


def _used_of(allocation_fen: int, f: Figures, held: frozenset[Kept]) -> tuple[Cell, ...]:
    return (
        kept_cell(f.redeemed_net_count, held, *NET),
        kept_cell(f.redeemed_net_fen, held, *NET),
        kept_cell(f.fund_use_rate(allocation_fen), held, *NET),
        kept_cell(f.direct_spend_fen, held, *SPENT),
        kept_cell(f.direct_leverage, held, *SPENT),
    )


def sector_section(ledger: Ledger) -> Section:
    columns = (
        ("行业", Kind.TEXT), ("净核销（张）", Kind.COUNT), ("净核销（万元）", Kind.WAN),
        ("占比（按金额）", Kind.RATE), ("带动消费（万元）", Kind.WAN), ("带动比", Kind.TIMES),
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (s.name, *([None] * 5 if ledger.is_use_unknown else _sector(s))) for s in ledger.sectors
    )
    table = Table(id="sectors", title="分行业核销", columns=columns, rows=rows, bars=2)
    return Section(heading="行业结构", tables=(table,))


def _sector(s: SectorShare) -> tuple[Cell, ...]:
    return (
        kept_cell(s.figures.redeemed_net_count, s.held, *NET),
        kept_cell(s.figures.redeemed_net_fen, s.held, *NET),
        kept_cell(s.share, s.held, *NET),
        kept_cell(s.figures.direct_spend_fen, s.held, *SPENT),
        kept_cell(s.direct_leverage, s.held, *SPENT),
    )


FUNDS = "资金与预计未核销"


def funds_section(ledger: Ledger) -> Section:
    columns = (
        ("发放主体", Kind.TEXT), ("分配（万元）", Kind.WAN), ("结余（万元）", Kind.WAN),
        ("预计未核销低值（万元）", Kind.WAN), ("预计未核销高值（万元）", Kind.WAN),
    )  # fmt: skip
    table = Table(
        id="funds",
        title="资金结余与预计未核销",
        columns=columns,
        rows=tuple(_fund(ledger, row) for row in ledger.paces),
    )
    left = (
        NO_DATA if ledger.is_use_unknown else kept_words(wan(ledger.balance_fen), "万元", ledger.held, *NET)
    )
    unspent = any(is_use_unknown(p) and p.pace is not Pace.NOT_LAUNCHED for p in ledger.progress)
    partly = "，其中核销未报的按未核销计" if unspent and not ledger.is_use_unknown else ""
    said = (
        tell(f"资金结余{{}}{partly}。", (left, key(FUNDS, "资金结余"))),
        f"预计未核销为推算值，首轮到期前仅列高值，核销未报或领取不足{ENOUGH}张不推算（记“{UNKNOWN}”）。",
    )
    known = None if ledger.is_use_unknown else kept_cell(ledger.balance_fen, ledger.held, *NET)
    figures = (Figure(name="资金结余", kind=Kind.WAN, cell=known),)
    return Section(heading=FUNDS, sentences=said, figures=figures, tables=(table,))


def _fund(ledger: Ledger, row: CountyPace) -> tuple[Cell, ...]:
    p, left = row.progress, row.unredeemed
    low, high = (left.low_fen, left.high_fen) if left else (None, None)
    balance = None if is_use_unknown(p) else ledger.balance_of(p)
    projected = (kept_cell(fen, p.held, *CLAIMED, *NET) for fen in (low, high))
    return (p.name, p.allocation_fen, kept_cell(balance, p.held, *NET), *projected)
