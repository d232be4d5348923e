"""Readings of an invented afternoon, and what stands in a panel's values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from dash.development.base_component import Component

from domain.measures import Figures
from domain.readings import (
    AlertBoard,
    CityMap,
    CountyProgress,
    FeedBoard,
    FeedHealth,
    Headline,
    Health,
    Level,
    Masthead,
    MinuteCurve,
    OpenAlert,
    OpinionPulse,
    Overview,
    Pace,
    Release,
    SectorShare,
    Stamp,
)
from domain.records import Grade
from domain.terms import SHANGHAI

NOW = datetime(2022, 11, 1, 14, 32, tzinfo=SHANGHAI)
LATE = "银行乙(示例)"
STAMP = Stamp(data_time=NOW - timedelta(minutes=1), grade=Grade.FLASH, tranche="第一批省级资金", as_of=NOW)
STALE = replace(STAMP, data_time=NOW - timedelta(hours=2), late=(LATE,))
NOTHING = replace(STAMP, data_time=None)
FIGURES = Figures(
    issued_count=801_000,
    claimed_count=712_345,
    claimed_fen=2_846_500_000,
    redeemed_gross_count=512_345,
    redeemed_gross_fen=2_020_000_000,
    refunded_count=1_200,
    refunded_fen=1_700_000,
    direct_spend_fen=11_704_000_000,
    orders_count=511_145,
)
COUNTIES = (
    ("140403", "潞州区", 895_280), ("140404", "上党区", 319_660), ("140405", "屯留区", 253_756),
    ("140406", "潞城区", 219_256), ("140423", "襄垣县", 260_081), ("140425", "平顺县", 115_927),
    ("140426", "黎城县", 134_186), ("140427", "壶关县", 240_109), ("140428", "长子县", 298_690),
    ("140429", "武乡县", 155_386), ("140430", "沁县", 138_578), ("140431", "沁源县", 149_975),
)  # fmt: skip


def headline(stamp: Stamp = STAMP, figures: Figures = FIGURES) -> Headline:
    return Headline(
        stamp=stamp,
        allocation_fen=3_180_000_000,
        figures=figures,
        rated=figures,
        redeemed_today_fen=48_200_000,
        told_today_fen=48_200_000,
        redeemed_yesterday_fen=42_900_000,
        redeemed_yesterday_count=9_000,
        merchants_active=4386,
        time_pace=0.62,
    )


def county(place: int, *, pace: Pace = Pace.ON_PACE, stamp: Stamp = STAMP) -> CountyProgress:
    code, name, residents = COUNTIES[place]
    net = residents * (100 + 40 * place)
    figures = Figures(
        claimed_count=9_000,
        redeemed_gross_count=6_000,
        redeemed_gross_fen=net,
        direct_spend_fen=net * 6,
        orders_count=6_000,
    )
    waits = pace in (Pace.NOT_LAUNCHED, Pace.OVERDUE)
    return CountyProgress(
        code=code,
        name=name,
        stamp=stamp,
        launch_at=NOW.replace(day=3, hour=9, minute=0),
        pace=pace,
        time_pace=None if waits else 0.5,
        allocation_fen=residents * 800,
        figures=Figures() if waits else figures,
        city_redeemed_fen=residents * 20,
        residents=residents,
    )


def counties(stamp: Stamp = STAMP) -> tuple[CountyProgress, ...]:
    paces = {3: Pace.OVERDUE, 5: Pace.NOT_LAUNCHED, 8: Pace.BEHIND}
    return tuple(county(n, pace=paces.get(n, Pace.ON_PACE), stamp=stamp) for n in range(len(COUNTIES)))


def city_map(stamp: Stamp = STAMP) -> CityMap:
    return CityMap(city_code="140400", geo=None, counties=counties(stamp))


def sectors(stamp: Stamp = STAMP, *, n: int = 7) -> tuple[SectorShare, ...]:
    names = ("汽车", "家电", "零售", "家居", "成品油", "住宿餐饮", "文体旅游", "数码", "图书", "家政")
    parts = [100 - 9 * i for i in range(n)]
    return tuple(
        SectorShare(
            sector=f"s{i}",
            name=names[i],
            stamp=stamp,
            figures=Figures(
                redeemed_gross_count=part,
                redeemed_gross_fen=part * 1_000_000,
                direct_spend_fen=part * 1_000_000 * (4 if i == 5 else 6),
                orders_count=part,
            ),
            share=part / sum(parts),
            floor=5.0,
        )
        for i, part in enumerate(parts)
    )


CARS = Figures(
    subsidy_applied_count=2_614,
    subsidy_approved_count=1_180,
    subsidy_rejected_count=102,
    subsidy_paid_count=900,
    subsidy_paid_fen=231_456_000,
)


def sectors_with_cars(stamp: Stamp = STAMP, *, n: int = 7) -> tuple[SectorShare, ...]:
    first, *others = sectors(stamp, n=n)
    return (replace(first, figures=first.figures + CARS), *others)


def curve(stamp: Stamp = STAMP, *, rush: int = 950) -> MinuteCurve:
    first = NOW.replace(hour=7, minute=0)
    minutes = tuple(first + timedelta(minutes=i) for i in range(450))
    claimed = tuple(rush if i == 120 else 30 + i % 7 for i in range(450))
    opens = first + timedelta(minutes=120)
    return MinuteCurve(
        stamp=stamp,
        minutes=minutes,
        claimed=claimed,
        redeemed=tuple(20 + i % 5 for i in range(450)),
        releases=tuple(Release(opens_at=opens, programme=f"p{i}", round_no=1) for i in range(3)),
    )


def pulse(dead: tuple[str, ...] = ()) -> OpinionPulse:
    hours = tuple(NOW.replace(minute=0) - timedelta(hours=23 - i) for i in range(24))
    return OpinionPulse(
        since=NOW - timedelta(hours=24),
        until=NOW,
        posts=640,
        negative=107,
        neutral=300,
        positive=202,
        unlabelled=31,
        irrelevant=80,
        hours=hours,
        negative_by_hour=tuple(i % 6 for i in range(24)),
        other_by_hour=tuple(20 + i for i in range(24)),
        dead_sources=dead,
        latest_negative=(),
        silent_by_hour=tuple(dead if i in (7, 8) else () for i in range(24)),
    )


def alert(n: int, level: Level = Level.YELLOW, title: str = "“抢券页面卡顿”投诉 1 小时 21 条") -> OpenAlert:
    at = NOW - timedelta(minutes=10 * n)
    return OpenAlert(
        alert_id=n, rule="opinion_burst", subject="fuel", level=level, title=title, reasons=(),
        raised_at=at, refreshed_at=at, evidence_count=3,
    )  # fmt: skip


def board(n: int = 3) -> AlertBoard:
    levels = tuple(Level)
    return AlertBoard(as_of=NOW, alerts=tuple(alert(i, levels[i % 4]) for i in range(n)))


def overview(stamp: Stamp = STAMP) -> Overview:
    return Overview(
        headline=headline(stamp), floor=5.0, design_leverage=5.43, opinion_alerts=board(), pulse=pulse()
    )


def feed(name: str, health: Health = Health.FRESH, *, side: str = "payment", gone_s: int = 70) -> FeedHealth:
    at = None if health is Health.NEVER else NOW - timedelta(seconds=gone_s)
    return FeedHealth(
        source=name, name=name, side=side, health=health,
        data_time=at, last_ok_at=NOW, seen_at=at if side == "payment" else NOW, stale_after_s=300, delay_allowed_s=300,
        quarantined_count=0, trouble=None,
    )  # fmt: skip


def feeds(n: int = 5) -> FeedBoard:
    return FeedBoard(as_of=NOW, feeds=tuple(feed(f"来源{i}号") for i in range(n)))


def masthead(stamp: Stamp = STAMP, banner: str | None = None) -> Masthead:
    return Masthead(
        city_name="长治市", theme="晋情消费嗨购", tranche_name="第一批省级资金",
        day_no=5, day_count=None, stamp=stamp, banner=banner,
    )  # fmt: skip


def text(value: object) -> str:
    """Every word a component shows, in order, with blanks between elements."""
    if isinstance(value, Component):
        return text(getattr(value, "children", None))
    if isinstance(value, (list, tuple)):
        return " ".join(filter(None, map(text, value)))
    return "" if value is None else str(value)


def ids(value: object) -> Iterator[str]:
    """Every id in a component tree."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from ids(item)
    elif isinstance(value, Component):
        if isinstance(getattr(value, "id", None), str):
            yield value.id
        yield from ids(getattr(value, "children", None))


def classes(value: object) -> Iterator[str]:
    """Every class name in a component tree."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from classes(item)
    elif isinstance(value, Component):
        yield from (getattr(value, "className", None) or "").split()
        yield from classes(getattr(value, "children", None))
