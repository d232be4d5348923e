"""Whole walls of an invented afternoon: full, empty, stale, huge, with a county missing; the city's and a county's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from plotly.utils import PlotlyJSONEncoder

from dashboard.panels import WALL
from domain.measures import FIGURES as NAMES
from domain.measures import Figures, Unredeemed
from domain.readings import (
    AlertBoard,
    CityMap,
    CountyProgress,
    FeedBoard,
    Health,
    Level,
    MinuteCurve,
    Overview,
    Pace,
    Release,
    RowCounts,
    SourceReport,
    Stamp,
)
from domain.readings_scenes import (
    CountyIssues,
    CountyPace,
    Discrepancies,
    DueReport,
    HeldFigure,
    IssueCount,
    LaunchBoard,
    OpinionBoard,
    PaceBoard,
    RoundProgress,
    RoundState,
    TrustBoard,
)
from domain.sanity import Doubt, Kept
from domain.scenes import Pin, Rotation, Scene, order_for
from layouts.wall import county_pace
from tests.layouts import readings as r

KINDS = ("full", "empty", "stale", "huge", "missing")
TIMES = 10
"""How many times larger the huge figures are than a whole campaign's."""

START, END = r.NOW - timedelta(days=14), r.NOW + timedelta(days=33)
_STATES = (RoundState.SOLD_OUT, RoundState.OPEN, RoundState.SOLD_OUT, RoundState.WAITING, RoundState.CLOSED)
_ISSUES = ("抢不到", "系统崩溃卡顿", "先涨价后用券", "门店拒收", "核销失败", "假冒消费券诈骗", "可用商户少")
_FEEDS = (
    "银行甲(示例)", "银行乙(示例)", "市民付(示例)", "微信支付", "支付宝", "云闪付", "漳河论坛(示例)", "抖音热榜(示例)",
    "微博热搜(示例)", "12345热线导出", "本地新闻订阅", "太行网(示例)", "市报数字版",
)  # fmt: skip


def values(kind: str, *, scope: str = "city") -> dict[str, dict[str, Any]]:
    """What a snapshot of that kind holds, as it comes out of JSON."""
    fake = reading(kind, is_city=scope == "city")
    found: dict[str, Any] = {"wall-version": {"children": "版本 48213"}}
    for panel in WALL:
        found |= panel.values(fake)  # type: ignore[arg-type]
    return json.loads(json.dumps(found, cls=PlotlyJSONEncoder))


def counties_scene(programmes: int) -> dict[str, dict[str, Any]]:
    """The counties scene of a city with so many programmes."""
    board = reading("full", is_city=True).pace
    rows = tuple(board.rows[n % len(board.rows)] for n in range(programmes))
    return json.loads(json.dumps(county_pace.update(replace(board, rows=rows)), cls=PlotlyJSONEncoder))


def reading(kind: str, *, is_city: bool) -> Any:
    """Stands in for `dashboard.live.readings.Readings`."""
    stamp = {"empty": r.NOTHING, "stale": r.STALE}.get(kind, r.STAMP)
    times = TIMES if kind == "huge" else 1
    bare = kind == "empty"
    counties = () if bare else _counties(kind, stamp, times) if is_city else _counties(kind, stamp, times)[:1]
    head = _headline(stamp, times, bare=bare)
    if kind == "missing":
        head = replace(head, figures=replace(head.figures, orders_count=head.figures.orders_count - 123_456))
    board = AlertBoard(as_of=None, alerts=()) if bare else _alerts()
    feeds = () if bare else _feeds(kind)
    pulse = None if bare else _pulse(kind, times)
    mast = r.masthead(stamp, "演示数据 非真实统计")
    mast = replace(mast, city_name="长治市" if is_city else "潞州区", day_no=15, day_count=48)
    opinion = None if pulse is None else _opinion(pulse, board, feeds, times)
    return SimpleNamespace(
        headline=head,
        overview=Overview(headline=head, floor=5.0, design_leverage=5.43, opinion_alerts=board, pulse=pulse),
        counties=counties,
        city_map=CityMap(city_code="140400", geo=None, counties=counties),
        sectors=() if bare else _sectors(stamp, times),
        curve=None if bare else _curve(stamp, times),
        pulse=pulse,
        alert_board=board,
        masthead=mast,
        feed_board=FeedBoard(as_of=r.NOW, feeds=feeds),
        pace=_pace(counties, stamp, times, is_city=is_city),
        launch=_launch(kind, stamp, times, counties, feeds),
        opinion=opinion,
        talk=opinion,
        trust=_trust(kind, feeds),
        rotation=_rotation(kind, is_city=is_city),
    )


def _larger(figures: Figures, times: int) -> Figures:
    return replace(figures, **{n: getattr(figures, n) * times for n in NAMES if n in Figures.__slots__})


def _headline(stamp: Stamp, times: int, *, bare: bool) -> Any:
    head = r.headline(stamp, Figures() if bare else _larger(r.FIGURES, times))
    if bare:
        return replace(
            head,
            redeemed_today_fen=0,
            told_today_fen=0,
            redeemed_yesterday_fen=None,
            merchants_active=0,
            time_pace=None,
        )
    return replace(head, allocation_fen=head.allocation_fen * times, merchants_active=4386 * times,
                   redeemed_today_fen=48_200_000 * times, told_today_fen=48_200_000 * times)  # fmt: skip


def _counties(kind: str, stamp: Stamp, times: int) -> tuple[CountyProgress, ...]:
    rows = [
        replace(row, allocation_fen=row.allocation_fen * times, figures=_larger(row.figures, times))
        for row in r.counties(stamp)
    ]
    if kind == "missing":
        gone = replace(r.STALE, late=("云闪付(示例)",))
        rows[2] = replace(rows[2], stamp=gone)
        rows[6] = replace(rows[6], held=frozenset({Kept.REDEEMED}))
        rows[7] = replace(rows[7], stamp=r.NOTHING, figures=Figures(), pace=Pace.OVERDUE)
    return tuple(rows)


def _sectors(stamp: Stamp, times: int) -> Any:
    rows = r.sectors_with_cars(stamp, n=7)
    return tuple(
        replace(s, figures=replace(_larger(s.figures, times * 80), redeemed_gross_count=(n + 1) * 5_210 * times,
                                   orders_count=(n + 1) * 5_210 * times, refunded_count=(n + 1) * 12))
        for n, s in enumerate(rows)
    )  # fmt: skip


def _curve(stamp: Stamp, times: int) -> MinuteCurve:
    first = r.NOW - timedelta(minutes=100)
    minutes = tuple(first + timedelta(minutes=i) for i in range(100))
    opens = first + timedelta(minutes=40)
    claimed = tuple(
        int((20 + i % 7 + (0 if i < 40 else 5_200 * 0.9 ** (i - 40))) * times) for i in range(100)
    )
    redeemed = tuple(int((60 + i % 9 + (0 if i < 44 else min(i - 44, 30) * 12)) * times) for i in range(100))
    return MinuteCurve(
        stamp=stamp, minutes=minutes, claimed=claimed, redeemed=redeemed,
        releases=tuple(Release(opens_at=opens, programme=f"p{i}", round_no=2) for i in range(3)),
    )  # fmt: skip


def _alerts() -> AlertBoard:
    titles = (
        "潞州区“先涨价后用券”一小时 146 条，预期 12.4 条",
        "最高时 全市(县区不明)“系统崩溃卡顿”1 小时 1,204 条，预期 130.0 条",
        "云闪付(示例)数据中断，数据停在 10月31日 21:10",
        "武乡县“门店拒收”一小时 11 条，预期 2.0 条",
    )
    levels = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)
    return AlertBoard(
        as_of=r.NOW,
        alerts=tuple(
            replace(r.alert(n * 3, level, title), receded=title.startswith("最高时"))
            for n, (level, title) in enumerate(zip(levels, titles, strict=True))
        ),
    )


def _feeds(kind: str) -> Any:
    sides = ["payment"] * 6 + ["opinion"] * 7
    troubled = (
        {0: Health.LATE, 4: Health.DOWN, 8: Health.LATE, 9: Health.NEVER}
        if kind in ("stale", "missing")
        else {}
    )
    return tuple(
        replace(
            r.feed(
                name, troubled.get(n, Health.FRESH), side=side, gone_s=9_400 if n in troubled else 20 + n * 21
            ),
            quarantined_count=n * 7 if kind == "huge" else n % 3,
            stale_after_s=300.0,
        )
        for n, (name, side) in enumerate(zip(_FEEDS, sides, strict=True))
    )


def _pulse(kind: str, times: int) -> Any:
    pulse = r.pulse(("微博热搜(示例)", "12345热线导出") if kind in ("stale", "missing") else ())
    negative = tuple(int((4 + (i * 7) % 11 + (30 if i == 18 else 0)) * times) for i in range(24))
    other = tuple(int((12 + (i * 5) % 17) * times) for i in range(24))
    return replace(
        pulse,
        posts=sum(negative) + 533 * times,
        negative=sum(negative),
        neutral=300 * times,
        positive=202 * times,
        negative_by_hour=negative,
        other_by_hour=other,
    )


def _pace(counties: tuple[CountyProgress, ...], stamp: Stamp, times: int, *, is_city: bool) -> PaceBoard:
    rows = [_course(row, n, times) for n, row in enumerate(counties)]
    if rows and is_city:
        city = replace(counties[0], code="140400", name="市级主体", allocation_fen=1_500_000_000 * times,
                       figures=_larger(r.FIGURES, times))  # fmt: skip
        rows.append(_course(city, 1, times))
    return PaceBoard(as_of=r.NOW, start=START, end=END, rows=tuple(rows))


def _course(row: CountyProgress, n: int, times: int) -> CountyPace:
    net, whole = row.figures.redeemed_net_fen, row.allocation_fen
    days = tuple(START + timedelta(days=i) for i in range(1, 15))
    bands = (
        Unredeemed(low_fen=whole // 12, high_fen=whole // 5),
        Unredeemed(low_fen=None, high_fen=whole - net),
        None,
        Unredeemed(low_fen=whole // 9, high_fen=whole // 4),
    )
    waits = row.pace in (Pace.NOT_LAUNCHED, Pace.OVERDUE)
    return CountyPace(
        progress=replace(row, launch_at=row.launch_at if waits else START),
        end_at=END,
        at=() if waits else days,
        used_fen=() if waits else tuple(int(net * ((i + 1) / 14) ** 0.8) for i in range(14)),
        unredeemed=None if waits else bands[n % 4],
    )


def _launch(kind: str, stamp: Stamp, times: int, counties: Any, feeds: Any) -> LaunchBoard:
    own = len(counties) == 1
    names = ("潞州区",) * 4 if own else ("市级", *(row.name for row in counties))
    rounds = [
        RoundProgress(
            name=name,
            round_no=n + 1 if own else 2,
            opens_at=_opens(n) + timedelta(days=10 * n - 10 if own else 0),
            qty=(98_000 if n == 0 else 9_000 + n * 313) * times,
            claimed_count=None if stamp.data_time is None else _claimed(n) * times,
            state=_state(n, stamp),
            sold_out_s=(52.0, 0.0, 9_300.0)[n % 5] if _STATES[n % 5] is RoundState.SOLD_OUT else None,
            stamp=replace(r.STALE) if kind == "missing" and n == 3 else stamp,
            held=frozenset(),
        )
        for n, name in enumerate(names)
    ]
    if kind == "missing" and len(rounds) > 7:
        rounds[7] = replace(rounds[7], claimed_count=None, state=None, held=frozenset({Kept.CLAIMED}))
    empty = MinuteCurve(stamp=stamp, minutes=(), claimed=(), redeemed=(), releases=())
    return LaunchBoard(
        as_of=r.NOW,
        curve=empty if kind == "empty" else _curve(stamp, times),
        rounds=() if kind == "empty" else tuple(rounds),
        payment_feeds=tuple(f for f in feeds if f.side == "payment"),
        complaints=None if kind == "empty" else _issues(times, n=5),
        next_opens_at=r.NOW + timedelta(days=2),
    )


def _state(n: int, stamp: Stamp) -> RoundState | None:
    is_known = stamp.data_time is not None or _STATES[n % 5] is RoundState.WAITING
    return _STATES[n % 5] if is_known else None


def _claimed(n: int) -> int:
    if _STATES[n % 5] is RoundState.SOLD_OUT:
        return 98_000 if n == 0 else 9_000 + n * 313
    return 0 if _STATES[n % 5] is RoundState.WAITING else 6_100 + n * 200


def _opens(n: int) -> datetime:
    return r.NOW.replace(hour=9, minute=0) + timedelta(minutes=10 * (n % 4))


def _issues(times: int, *, n: int) -> tuple[IssueCount, ...]:
    return tuple(
        IssueCount(name=name, count=(146 - 19 * i) * times, before=(None, 60, 12, 101, 90, 3, 7)[i])
        for i, name in enumerate(_ISSUES[:n])
    )


def _opinion(pulse: Any, board: AlertBoard, feeds: Any, times: int) -> OpinionBoard:
    return OpinionBoard(
        pulse=pulse,
        usual=tuple((max(0.0, 14.0 + i % 5 - 6) * times, (26.0 + i % 5) * times) for i in range(24)),
        issues=_issues(times, n=7),
        table_issues=_ISSUES[:4],
        table=tuple(
            CountyIssues(
                name=name,
                counts=tuple((31 - 4 * i - 5 * k) * times if 31 - 4 * i - 5 * k > 0 else 0 for k in range(4)),
            )
            for i, (_, name, _) in enumerate(r.COUNTIES[:6])
        ),
        alerts=board,
        feeds=tuple(f for f in feeds if f.side == "opinion"),
    )


def _trust(kind: str, feeds: Any) -> TrustBoard:
    counts = RowCounts(accepted=10, duplicate=1, superseded=0, quarantined=1)
    reports = tuple(
        SourceReport(
            feed=f, delay_p50_s=12.0, delay_p95_s=40.0 + 90 * n, delays_count=99, day=counts, total=counts
        )
        for n, f in enumerate(feeds)
    )
    odd = kind in ("missing", "huge")
    due = (
        DueReport(name="数据统计与分析报告上报市商务局", who="12 个主体", due_at=END + timedelta(days=14)),
        DueReport(
            name="交易数据及补贴资金使用情况审核(抽查不低于10%)",
            who="13 个主体",
            due_at=END + timedelta(days=31),
        ),
        DueReport(name="市级数据统计与分析报告", who="市级", due_at=None),
    )
    return TrustBoard(
        as_of=r.NOW,
        feeds=feeds,
        reports=reports,
        delays_as_of=r.NOW if feeds else None,
        held=(
            HeldFigure(name="黎城县消费券", kept=Kept.REDEEMED, doubt=Doubt.BEYOND_CLAIMED),
            HeldFigure(name="市级消费券", kept=Kept.CLAIMED, doubt=Doubt.FELL),
        )
        if odd
        else (),
        corrected=("壶关县",) if odd else (),
        discrepancies=None if kind == "empty" else Discrepancies(open_count=3, open_fen=123_456_789) if odd
        else Discrepancies(open_count=0, open_fen=0),
        due=() if kind == "empty" else due,
    )  # fmt: skip


def _rotation(kind: str, *, is_city: bool) -> Rotation:
    pin = Pin(scene=Scene.OPINION, why="红色预警", until=r.NOW) if kind == "huge" else None
    return Rotation(order=order_for(tuple(Scene), is_city=is_city), dwell_s=dict.fromkeys(Scene, 20), pin=pin)
