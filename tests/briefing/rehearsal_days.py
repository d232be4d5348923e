"""Two days of the rehearsal's city, written into a store: an ordinary one, and one on which all happens at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert

from domain.campaign import Campaign
from domain.readings import Level
from domain.records import Grade, Kind, Label
from domain.statements import Metric
from domain.terms import business_day_start
from store import schema
from store.queries.sources import Expected
from store.writes.alerts import Alarm, settle
from store.writes.intake import report_feed
from tests.briefing.test_corrections import release
from tests.store.events import OPENING, event
from tests.store.posts import post, say, score
from tests.store.test_flags import save

FIRST_NIGHT: Final = business_day_start(OPENING) + timedelta(days=1)
LATE_AUTUMN: Final = business_day_start(OPENING) + timedelta(days=21)
"""The midnight before most of the counties' third rounds; their time is half over."""
HOUR: Final = timedelta(hours=1)


def expected_of(campaign: Campaign) -> tuple[Expected, ...]:
    """A source for every platform, and what listens."""
    paid = [
        Expected(source=p.id, name=p.name, side="payment", stale_after_s=900, platform=p.id)
        for p in campaign.platform
    ]
    names = (
        "上党晚报(示例)",
        "漳河论坛(示例)",
        "微博热榜(示例)",
        "抖音热榜(示例)",
        "12345政务服务便民热线工单",
        "人民网领导留言板",
    )
    heard = [
        Expected(source=f"talk{n}", name=name, side="opinion", stale_after_s=1_800)
        for n, name in enumerate(names)
    ]
    return (*paid, *heard)


def trade(
    conn: Connection, campaign: Campaign, programmes: list[str], *, at: datetime, times: int = 1
) -> None:
    """Claims, two in three of them used, of the first round; heard of at once."""
    for programme in programmes:
        n = 30 * times
        made = [event(campaign, programme, Kind.CLAIM, no, occurred_at=at) for no in range(1, n + 1)]
        made += [
            event(campaign, programme, Kind.REDEMPTION, no, occurred_at=at + HOUR)
            for no in range(1, 20 * times + 1)
        ]
        save(conn, campaign, *made, now=at + HOUR)
        owner = campaign.programmes[programme]
        report_feed(
            conn, programmes=[programme], source=owner.platform, data_time=at + 2 * HOUR, grade=Grade.FLASH
        )


def talk(conn: Connection, n: int, *, until: datetime, first: int = 1) -> None:
    issues = ("grab_fail", "redeem_fail", "rule_unclear")
    said = [
        (
            post(first + no, f"第{first + no}条：消费券抢不到", published_at=until - HOUR),
            score(Label.NEGATIVE if no % 3 else Label.POSITIVE, issues=(issues[no % 3],)),
        )
        for no in range(n)
    ]
    say(conn, *said, now=until - HOUR)


def alarms(conn: Connection, n: int, *, at: datetime, words: Callable[[int], str], county: str) -> None:
    levels = tuple(Level)
    for no in range(n):
        alarm = Alarm(
            subject=f"{county}/x{no}", level=levels[-1 - no % len(levels)], title=words(no), reasons=(), evidence=(),
            evidence_count=31, county=county,
        )  # fmt: skip
        settle(conn, f"rule{no}", [alarm], now=at)


def ordinary(conn: Connection, campaign: Campaign) -> None:
    """The launch day: what opened was claimed and used, two alerts, the first paper there is."""
    opened = [p.id for p in campaign.programme if p.launch_at < FIRST_NIGHT]
    trade(conn, campaign, opened, at=OPENING)
    talk(conn, 12, until=FIRST_NIGHT)
    alarms(conn, 2, at=FIRST_NIGHT - 6 * HOUR, words="潞州区“抢不到”{} 条".format, county="140403")


def heavy(conn: Connection, campaign: Campaign) -> None:
    """Three weeks in: half of the counties never began, the others lag, forty alerts, every source late."""
    begun = [p.id for p in campaign.programme][:6]
    trade(conn, campaign, begun, at=OPENING)
    used = [event(campaign, begun[0], Kind.REDEMPTION, no, order_fen=1_000) for no in range(21, 31)]
    save(conn, campaign, *used, now=OPENING + HOUR)
    talk(conn, 90, until=LATE_AUTUMN)
    words = "屯留区“核销失败”近一小时三十一条，预期二点四条，来自微博、抖音、论坛、热线四类平台{}".format
    alarms(conn, 40, at=LATE_AUTUMN - 30 * HOUR, words=words, county="140405")
    differ(conn, campaign, at=LATE_AUTUMN - HOUR)
    release(conn, campaign, LATE_AUTUMN - 24 * HOUR)
    late = [event(campaign, begun[1], Kind.CLAIM, no, occurred_at=OPENING) for no in range(31, 61)]
    save(conn, campaign, *late, now=LATE_AUTUMN - 2 * HOUR)


def differ(conn: Connection, campaign: Campaign, *, at: datetime) -> None:
    """Three totals that a platform states otherwise, the day compared."""
    owner = campaign.city
    told = {
        "programme": owner.id,
        "platform": owner.platform,
        "tranche": owner.tranche,
        "template": "",
        "round_no": 0,
    }
    moments = {"day": OPENING, "stated_at": at, "opened_at": at, "refreshed_at": at}
    rows = [told | moments | {"metric": metric.value} for metric in list(Metric)[:3]]
    conn.execute(insert(schema.discrepancies), rows)
    grade = {"programme": owner.id, "day": OPENING, "graded_at": at, "grade": Grade.FLASH.value}
    conn.execute(insert(schema.day_grades).values(**grade))
