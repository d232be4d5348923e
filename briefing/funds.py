"""The sections on money: general figures, counties, sectors, the fund."""

from __future__ import annotations

from datetime import datetime

from briefing.money import Ledger
from briefing.paper import Cell, Kind, Section, Table
from briefing.text import moment_words
from domain.measures import ENOUGH, Figures, ratio
from domain.readings_scenes import CountyPace
from domain.terms import UNKNOWN, count, percent, times, wan


def general_section(ledger: Ledger, *, as_of: datetime) -> Section:
    f, whole = ledger.total, ledger.allocation_fen
    main = (
        f"截至{moment_words(as_of)},累计投放{count(f.issued_count)}张、{wan(f.issued_fen)}万元,"
        f"领取{count(f.claimed_count)}张、{wan(f.claimed_fen)}万元;净核销{count(f.redeemed_net_count)}张、"
        f"{wan(f.redeemed_net_fen)}万元,核销率{percent(_used(f))}(领取口径,按张),"
        f"资金使用率{percent(f.fund_use_rate(whole))};直接带动消费{wan(f.direct_spend_fen)}万元,"
        f"直接带动比{times(f.direct_leverage)}。"
    )
    return Section(heading="总体情况", sentences=(main, _day_sentence(ledger)), tables=(_headline(ledger),))


def _used(f: Figures) -> float | None:
    return ratio(f.redeemed_gross_count, f.claimed_count)


def _day_sentence(ledger: Ledger) -> str:
    """Against yesterday up to the same time; a small base gives the difference, not a share (glossary 4.2)."""
    today, before = ledger.today, ledger.yesterday
    start = f"当日领取{count(today.claimed_count)}张,净核销{wan(today.redeemed_net_fen)}万元"
    if before is None:
        return f"{start};前日尚未发放,不作比较。"
    change = today.redeemed_net_fen - before.redeemed_net_fen
    word = "增加" if change >= 0 else "下降"
    if before.claimed_count < ENOUGH or before.redeemed_net_fen <= 0:
        return f"{start},较前日同时{word}{wan(abs(change))}万元。"
    share = percent(abs(change) / before.redeemed_net_fen)
    return f"{start},较前日同时{word}{wan(abs(change))}万元({share})。"


def _headline(ledger: Ledger) -> Table:
    f = ledger.total
    rows: tuple[tuple[Cell, ...], ...] = (
        ("投放", f.issued_count, f.issued_fen),
        ("领取", f.claimed_count, f.claimed_fen),
        ("核销(毛)", f.redeemed_gross_count, f.redeemed_gross_fen),
        ("退券", f.refunded_count, f.refunded_fen),
        ("净核销", f.redeemed_net_count, f.redeemed_net_fen),
        ("过期未用", f.expired_count, f.expired_fen),
        ("在途", f.outstanding_count, f.outstanding_fen),
        ("直接带动消费", f.orders_count, f.direct_spend_fen),
        ("审核补贴已付", f.subsidy_paid_count, f.subsidy_paid_fen),
    )
    columns = (("指标", Kind.TEXT), ("张(笔)", Kind.COUNT), ("金额(万元)", Kind.WAN))
    return Table(id="headline", title="累计主要指标", columns=columns, rows=rows)


def county_section(ledger: Ledger) -> Section:
    columns = (
        ("发放主体", Kind.TEXT), ("分配(万元)", Kind.WAN), ("领取(张)", Kind.COUNT), ("净核销(张)", Kind.COUNT),
        ("净核销(万元)", Kind.WAN), ("使用率", Kind.RATE), ("带动消费(万元)", Kind.WAN), ("带动比", Kind.TIMES),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [_row(p.name, p.allocation_fen, p.figures) for p in ledger.progress]
    rows.append(_row("合计", ledger.allocation_fen, ledger.total))
    late = [p.name for p in ledger.progress if p.pace.value == "behind"]
    overdue = [p.name for p in ledger.progress if p.pace.value == "overdue"]
    sentences = [f"使用进度落后于时间进度10个百分点以上:{'、'.join(late)}。"] if late else []
    sentences += [f"已过启动时间一日尚无领取:{'、'.join(overdue)}。"] if overdue else []
    table = Table(id="counties", title="县区进展(按区划代码排序)", columns=columns, rows=tuple(rows), bars=4)
    return Section(heading="县区进展", sentences=tuple(sentences), tables=(table,))


def _row(name: str, allocation_fen: int, f: Figures) -> tuple[Cell, ...]:
    used = f.fund_use_rate(allocation_fen)
    return (
        name, allocation_fen, f.claimed_count, f.redeemed_net_count,
        f.redeemed_net_fen, used, f.direct_spend_fen, f.direct_leverage,
    )  # fmt: skip


def sector_section(ledger: Ledger) -> Section:
    columns = (
        ("行业", Kind.TEXT), ("净核销(张)", Kind.COUNT), ("净核销(万元)", Kind.WAN),
        ("占比(按金额)", Kind.RATE), ("带动消费(万元)", Kind.WAN), ("带动比", Kind.TIMES),
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            s.name, s.figures.redeemed_net_count, s.figures.redeemed_net_fen, s.share,
            s.figures.direct_spend_fen, s.direct_leverage,
        )
        for s in ledger.sectors
    )  # fmt: skip
    table = Table(id="sectors", title="分行业核销", columns=columns, rows=rows, bars=2)
    return Section(heading="行业结构", tables=(table,))


def funds_section(ledger: Ledger) -> Section:
    columns = (
        ("发放主体", Kind.TEXT), ("分配(万元)", Kind.WAN), ("结余(万元)", Kind.WAN),
        ("预计未核销低值(万元)", Kind.WAN), ("预计未核销高值(万元)", Kind.WAN),
    )  # fmt: skip
    table = Table(
        id="funds", title="资金结余与预计未核销", columns=columns, rows=tuple(map(_fund, ledger.paces))
    )
    balance = ledger.total.balance_fen(ledger.allocation_fen)
    said = (
        f"资金结余{wan(balance)}万元。",
        f"预计未核销为推算值,首轮到期前仅列高值,领取不足{ENOUGH}张不推算(记“{UNKNOWN}”)。",
    )
    return Section(heading="资金与预计未核销", sentences=said, tables=(table,))


def _fund(row: CountyPace) -> tuple[Cell, ...]:
    p, left = row.progress, row.unredeemed
    low, high = (left.low_fen, left.high_fen) if left else (None, None)
    return (p.name, p.allocation_fen, p.figures.balance_fen(p.allocation_fen), low, high)
