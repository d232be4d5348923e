"""The report's first two blocks: 发放范围 and 覆盖率, a row a programme in official order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from briefing.doubt import CLAIMED, kept_cell
from briefing.money import Ledger, is_silent, is_use_unknown
from briefing.paper import Cell, Figure, Kind, Section, Table, tell, written
from briefing.reference import key
from briefing.text import moment_words
from domain.campaign import Campaign, Programme
from domain.readings import CountyProgress
from domain.terms import NO_DATA, count, month_day, wan
from store.queries.reach import Reach
from store.queries.rounds import voucher_rounds

PROGRAMME = ("发放主体", Kind.TEXT)
TOTAL = "合计"
ISSUED, REACHED, ALLOCATED = "发放范围", "覆盖率", "分配额度"


def owners(ledger: Ledger) -> dict[str, Programme]:
    """By division."""
    return {p.division: p for p in ledger.programmes}


def issued_section(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> Section:
    """What was let out, by whom, over which platform, in which sectors."""
    own, f = owners(ledger), ledger.total
    ids = {p.id for p in own.values()}
    opened = [r for r in campaign.round if r.programme in ids and r.opens_at <= as_of]
    claimable = [r.programme for r in voucher_rounds(campaign, opened)]
    rounds = {programme: claimable.count(programme) for programme in ids}
    rows = tuple(_issued(campaign, p, own[p.code], rounds[own[p.code].id]) for p in ledger.progress)
    sum_row = (TOTAL, "", "", sum(rounds.values()), f.issued_count, f.issued_fen)
    columns = (
        PROGRAMME, ("支付平台", Kind.TEXT), ("起止", Kind.TEXT), ("轮次", Kind.COUNT), ("投放（张）", Kind.COUNT),
        ("投放（万元）", Kind.WAN),
    )  # fmt: skip
    covered = {campaign.templates[line.template].sector for r in opened for line in r.lines}
    sectors = [s.name for s in ledger.sectors if s.sector in covered]
    counts = {
        "发放主体（个）": len(ledger.progress),
        "支付平台（家）": len({own[p.code].platform for p in ledger.progress}),
        "行业类别（个）": len(sectors),
    }
    owners_, platforms, kinds = ((f"{n}{name[-2]}", key(ISSUED, name)) for name, n in counts.items())
    said = tell(
        f"截至{moment_words(as_of)}，{{}}发放主体经{{}}支付平台开放领取{{}}，累计投放{{}}、{{}}，分配额度{{}}；"
        f"涵盖{'、'.join(sectors) or NO_DATA}{{}}行业类别。",
        owners_,
        platforms,
        (f"{sum(rounds.values())}轮", key("issued", TOTAL, "轮次")),
        (f"{count(f.issued_count)}张", key("issued", TOTAL, "投放（张）")),
        (f"{wan(f.issued_fen)}万元", key("issued", TOTAL, "投放（万元）")),
        (f"{wan(ledger.allocation_fen)}万元", key(ISSUED, ALLOCATED)),
        kinds,
    )
    return Section(
        heading=ISSUED,
        sentences=(said,),
        figures=(
            *(Figure(name=name, kind=Kind.COUNT, cell=n) for name, n in counts.items()),
            Figure(name=ALLOCATED, kind=Kind.WAN, cell=ledger.allocation_fen),
        ),
        tables=(Table(id="issued", title="发放范围", columns=columns, rows=(*rows, sum_row)),),
    )


def _issued(campaign: Campaign, p: CountyProgress, owner: Programme, rounds: int) -> tuple[Cell, ...]:
    span = f"{month_day(owner.launch_at)}至{month_day(owner.end_at) if owner.end_at else '未定'}"
    platform = campaign.platforms[owner.platform].name
    return (p.name, platform, span, rounds, p.figures.issued_count, p.figures.issued_fen)


def reach_section(
    campaign: Campaign,
    ledger: Ledger,
    reach: Mapping[str, Reach],
    listed: Mapping[str, int] | None,
    *,
    is_city: bool,
) -> Section:
    """Residents are a base to compare with, not who was entitled. `listed`: registered merchants by division."""
    columns = (
        PROGRAMME, ("常住人口（人）", Kind.COUNT), ("领取（人）", Kind.COUNT), ("核销（人）", Kind.COUNT),
        ("每千人领取（张）", Kind.TIMES), ("动销商户（户）", Kind.COUNT), ("登记商户（户）", Kind.COUNT),
    )  # fmt: skip
    own = owners(ledger)
    rows = tuple(_reached(p, own[p.code], reach[own[p.code].id], listed) for p in ledger.progress)
    said = "市级券面向全市居民，县区券面向本县区居民；市级与县区的人数、商户数不可相加。"
    covered, figures = _counties(campaign, ledger, reach) if is_city else ((), ())
    return Section(
        heading=REACHED,
        sentences=(*covered, said),
        figures=figures,
        tables=(Table(id="reach", title="覆盖情况", columns=columns, rows=rows),),
    )


def _reached(
    p: CountyProgress, owner: Programme, reach: Reach, listed: Mapping[str, int] | None
) -> tuple[Cell, ...]:
    registered = None if listed is None or owner.level == "city" else listed.get(p.code, 0)
    if is_silent(p):
        return (p.name, p.residents, None, None, None, None, registered)
    used = (None, None) if is_use_unknown(p) else (reach.redeemers, reach.merchants_active)
    a_thousand = p.figures.claimed_count * 1000 / p.residents if p.residents else None
    return (
        p.name,
        p.residents,
        reach.claimants,
        used[0],
        kept_cell(a_thousand, p.held, *CLAIMED),
        used[1],
        registered,
    )


def _counties(
    campaign: Campaign, ledger: Ledger, reach: Mapping[str, Reach]
) -> tuple[tuple[str, ...], tuple[Figure, ...]]:
    """Of a county whose platform has told no use nobody knows; the share is of those known to have used any."""
    there = {county for one in reach.values() for county in one.counties}
    untold = {p.code for p in ledger.progress if is_use_unknown(p)}
    without = [d for d in campaign.division if d.code not in there]
    none = [d.name for d in without if d.code not in untold]
    unknown = [d.name for d in without if d.code in untold]
    missing = f"；尚无核销的：{'、'.join(none)}" if none else ""
    missing += f"；尚未报送、核销不明的：{'、'.join(unknown)}" if unknown else ""
    every = len(campaign.division)
    covered = every - len(without)
    is_unknown = ledger.is_use_unknown and not there
    figures = (
        Figure(name="县区（个）", kind=Kind.COUNT, cell=every),
        Figure(name="有核销县区（个）", kind=Kind.COUNT, cell=None if is_unknown else covered),
        Figure(name="县区覆盖率", kind=Kind.RATE, cell=None if is_unknown else covered / every),
    )
    if is_unknown:
        return (f"各支付平台未报送核销数据，县区覆盖情况{NO_DATA}。",), figures
    total, with_use, share = (
        (written(f.kind, f.cell) + ("个" if f.kind is Kind.COUNT else ""), key(REACHED, f.name))
        for f in figures
    )
    said = tell(f"{{}}县区中{{}}有核销，县区覆盖率{{}}{missing}。", total, with_use, share)
    return (said,), figures
