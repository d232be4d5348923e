"""What the leaders are asked to decide, by rule: every point stands or falls with a figure that an annex has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from briefing.doubt import SPENT
from briefing.funds import GENERAL
from briefing.money import Ledger, is_behind, is_overdue, is_silent
from briefing.paper import Figure, Kind, Section, joined, tell
from briefing.reference import key
from briefing.trust import DIFFERENT, QUALITY, without_leads
from domain.campaign import Campaign
from domain.clocks import URGENT
from domain.readings import CountyProgress, Level, Pace
from domain.terms import CHECKING, count, percent, times
from store.queries.open_then import AlertThen

DECISIONS = "需要决定的事项"
NOTHING = "按规则，当日没有需要提请决定的事项。"
URGENT_OPEN, BEHIND, OVERDUE, SILENT = (
    "未关闭橙色、红色预警（项）", "进度落后（个）", "逾期未启动（个）", "未报送（个）",
)  # fmt: skip
MOST_NAMED = 3
"""As many are named where it is said; the annexes have all."""


def decisions_section(
    campaign: Campaign, ledger: Ledger, alerts: Sequence[AlertThen], differences: int | None
) -> Section:
    points = [
        *_urgent(alerts),
        *_pace(ledger),
        *_leverage(campaign, ledger),
        *_believed(ledger, differences),
    ]
    said = tuple(joined(f"{n}. ", point) for n, point in enumerate(points, start=1))
    return Section(heading=DECISIONS, sentences=said or (NOTHING,), figures=tuple(_figures(ledger, alerts)))


def _orange_and_red(alerts: Sequence[AlertThen]) -> list[AlertThen]:
    return [a for a in without_leads(alerts) if Level(a.level) in URGENT]


def _figures(ledger: Ledger, alerts: Sequence[AlertThen]) -> Iterator[Figure]:
    late, overdue, silent = _behind(ledger), _overdue(ledger), _silent(ledger)
    for name, n in (
        (URGENT_OPEN, len(_orange_and_red(alerts))),
        (BEHIND, len(late)),
        (OVERDUE, len(overdue)),
        (SILENT, len(silent)),
    ):
        yield Figure(name=name, kind=Kind.COUNT, cell=n)
    for p in late[:MOST_NAMED]:
        yield Figure(name=_pace_of(p), kind=Kind.RATE, cell=p.time_pace)


def _behind(ledger: Ledger) -> list[CountyProgress]:
    """Furthest behind first."""
    return sorted(
        filter(is_behind, ledger.progress), key=lambda p: (p.fund_use_rate or 0.0) - (p.time_pace or 0.0)
    )


def _overdue(ledger: Ledger) -> list[CountyProgress]:
    return list(filter(is_overdue, ledger.progress))


def _silent(ledger: Ledger) -> list[CountyProgress]:
    """Not before the first day is over."""
    return [p for p in ledger.progress if is_silent(p) and p.pace is not Pace.NOT_LAUNCHED]


def _own(n: int, unit: str, name: str) -> tuple[str, str]:
    return f"{count(n)}{unit}", key(DECISIONS, name)


def _pace_of(p: CountyProgress) -> str:
    return f"{p.name}时间进度"


def _urgent(alerts: Sequence[AlertThen]) -> Iterator[str]:
    found = _orange_and_red(alerts)
    if found:
        yield tell(
            "橙色、红色预警未关闭{}，建议审定责任单位和对外口径（见“风险与时限”）。",
            _own(len(found), "项", URGENT_OPEN),
        )


def _pace(ledger: Ledger) -> Iterator[str]:
    late, overdue = _behind(ledger), _overdue(ledger)
    if late:
        named = [
            tell(
                f"{p.name}（使用率{{}}、时间进度{{}}）",
                (percent(p.fund_use_rate), key("counties", p.name, "使用率")),
                (percent(p.time_pace), key(DECISIONS, _pace_of(p))),
            )
            for p in late[:MOST_NAMED]
        ]
        head = tell("资金使用落后时间进度10个百分点以上的发放主体{}：", _own(len(late), "个", BEHIND))
        etc = "等" if len(late) > MOST_NAMED else ""
        yield joined(head, joined(*named, between="、"), f"{etc}，建议督促并研究是否调整投放。")
    if overdue:
        names = "、".join(p.name for p in overdue[:MOST_NAMED]) + ("等" if len(overdue) > MOST_NAMED else "")
        yield joined(
            tell("已过启动时间一日尚无领取的发放主体{}：", _own(len(overdue), "个", OVERDUE)),
            f"{names}，建议责成说明原因并限期启动。",
        )


def _leverage(campaign: Campaign, ledger: Ledger) -> Iterator[str]:
    """Against the plan's rule; the sectors that lie below it are named with theirs."""
    floor, whole = campaign.rules.min_leverage, ledger.total.direct_leverage
    if ledger.is_silent or ledger.held & set(SPENT) or whole is None or whole >= floor:
        return
    low = [s for s in ledger.sectors if s.direct_leverage is not None and s.direct_leverage < floor]
    named = [
        tell(f"{s.name}{{}}", (times(s.direct_leverage), key("sectors", s.name, "带动比")))
        for s in low[:MOST_NAMED]
    ]
    sectors = joined("，其中", joined(*named, between="、")) if named else ""
    yield joined(
        tell(f"直接带动比{{}}，低于{floor:g}倍的要求", (times(whole), key(GENERAL, "直接带动比"))),
        sectors,
        "，建议核查低于门槛的订单。",
    )


def _believed(ledger: Ledger, differences: int | None) -> Iterator[str]:
    silent = _silent(ledger)
    if silent:
        names = "、".join(p.name for p in silent[:MOST_NAMED]) + ("等" if len(silent) > MOST_NAMED else "")
        yield joined(
            tell("支付平台尚未报送的发放主体{}：", _own(len(silent), "个", SILENT)),
            f"{names}，其进展不明，建议催报。",
        )
    if ledger.held:
        yield f"部分数字未通过合理性检查，标为“{CHECKING}”，建议与支付平台核对前不对外引用。"
    if differences:
        yield tell(
            "与平台汇总数不一致未关闭{}，建议商务、财政部门会同支付平台逐项核对。",
            (f"{count(differences)}项", key(QUALITY, DIFFERENT)),
        )
