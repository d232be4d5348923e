"""Three moments of a campaign at which, between them, every rule has something to find: an hour of trouble on the
first day, the last evening of a round, and two days before the end. Planted through the store's own writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from alerts.judge import judge
from alerts.rules import RULES
from alerts.watch import watch
from domain.campaign import Campaign
from domain.records import Counter, CounterEntry, Event, Grade, Kind, Label, TicketState
from domain.statements import Metric, Statement
from domain.terms import business_day_start
from store import schema
from store.engine import write
from store.queries.sources import Expected
from store.writes.counters import save_counters
from store.writes.intake import quarantine, report_feed, source_alive, source_succeeded
from store.writes.jobs import job_failed
from store.writes.ledger import save_batch
from store.writes.merchant_days import bring_up_to_date
from store.writes.reconcile import reconcile
from store.writes.statements import StatementEntry, save_statements
from tests.alerts.test_deliver import group
from tests.dashboard import desk_day
from tests.dashboard.conftest import House
from tests.store import test_merchant_days as merchants
from tests.store.events import entries, event
from tests.store.judged import ban, load, save, shop, used
from tests.store.posts import post, say, score
from tests.store.test_money_watch import refund, rows, ticket

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOURCES = (
    Expected(source="late", name="迟到的银行", side="payment", stale_after_s=600),
    Expected(source="pay", name="市民付", side="payment", stale_after_s=600),
    Expected(source="bank", name="银行甲", side="payment", stale_after_s=90_000),
    Expected(source="forum", name="论坛", side="opinion", stale_after_s=90_000),
    Expected(source="hotline", name="热线", side="opinion", stale_after_s=90_000),
)
ROUND_ENDS = datetime(2022, 11, 4, 12, 0, tzinfo=UTC)
"""Of the city's first: three quarters of its time of use are over, and it may still be claimed."""
CITY_ENDS = datetime(2022, 11, 26, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """`plant` fills the store; then the rules look, at `at` and as often again as minutes are given."""

    at: datetime
    plant: Callable[[House], None]
    campaign: Callable[[Campaign], Campaign] = lambda campaign: campaign
    looks: tuple[int, ...] = (0,)


def happen(house: House, moment: Moment) -> House:
    """The house with that moment's campaign, its alerts raised and told of to a channel that takes none of them."""
    house = replace(house, campaign=moment.campaign(house.campaign))
    moment.plant(house)
    judge(house.engine, house.campaign, now=moment.at)
    while bring_up_to_date(house.engine, house.campaign):
        pass
    for minutes in moment.looks:
        at = moment.at + minutes * MINUTE
        watch(house.engine, RULES, house.campaign, SOURCES, clock=lambda at=at: at, channels=[group()])
        with write(house.engine) as conn:  # it refuses, again and again
            conn.execute(update(schema.outbox).values(tries=9, trouble="refused", tried_at=at))
    return house


def first_day(house: House) -> None:
    now, county = desk_day.NOW, house.county
    desk_day.trouble(house)
    with write(house.engine) as conn:
        for table in (schema.alert_history, schema.alerts):  # raised before there was a channel
            conn.execute(table.delete())
        calm = [
            (post(500 + n, f"路过{n}", published_at=now - 8 * HOUR, author_ref=f"c{n}"),
             score(Label.NEUTRAL, county=county))
            for n in range(30)
        ]  # fmt: skip
        angry = [
            (post(600 + n, f"黄牛在群里卖券，三折一张{n}", published_at=now, author_ref=f"d{n}", likes=9000 // (n + 1)),
             score(issues=("scalper",), county=county))
            for n in range(40)
        ]  # fmt: skip
        say(conn, *calm, *angry, now=now)
        for source in ("forum", "hotline"):
            for at in (now - DAY, now):  # heard through both stretches that a turning compares
                source_alive(conn, source, joined=DAY, now=at)
            source_succeeded(conn, source, cursor=None, data_time=None, now=now)
        source_succeeded(conn, "late", cursor=None, data_time=now - HOUR, now=now)
        load(conn, [shop()], [ban("M2")])
        below, banned = used(house.campaign, 1, order_fen=1), used(house.campaign, 2, merchant="M2")
        save(conn, house.campaign, below, banned)
        day = now.replace(hour=16, minute=0) - 2 * DAY  # the day before, from midnight in Shanghai
        stated = Statement(
            platform="city-pay", sub_project="SP-CITY-R", metric=Metric.REDEEMED_GROSS, value_count=1,
            value_fen=2_000, day=day, stated_at=day + HOUR,
        )  # fmt: skip
        entry = StatementEntry(statement=stated, programme="city", tranche="T1")
        save_statements(conn, [entry], source="pay", raw_sha256="a" * 64, now=now)
        report_feed(conn, programmes=["city"], source="pay", data_time=now, grade=Grade.FLASH)
        reconcile(conn, house.campaign, now=now)
        for _ in range(2):
            job_failed(conn, "publish papers", trouble="StoreError: the disk is full")


def round_ends(house: House) -> None:
    """Hardly claimed, hardly used; a county that has not begun; merchants to look at; rows, refunds, a citizen."""
    campaign, now = house.campaign, ROUND_ENDS
    short = [
        event(campaign, "city", Kind.REDEMPTION, 9_000, occurred_at=now - 5 * DAY),
        refund(campaign, 9_000, now - 4 * DAY, 1_500),
    ]
    with write(house.engine) as conn:
        batch = entries(campaign, *_shops(campaign), *short)
        save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)
        _heard(house, conn, "pay", ["city", "luzhou"], now)
        _heard(house, conn, "bank", ["shangdang"], now)
        save_counters(conn, [_claimed(campaign, 1_400, now)], now=now)
        quarantine(conn, rows(3), source="pay", sha256="1" * 64, now=now)
        quarantine(conn, rows(1, "sub_project", 9), source="pay", sha256="2" * 64, now=now)
        waiting = ticket(1, TicketState.HANDLING, now - 50 * HOUR, text="券退不回来，打了三次电话")
        say(conn, (waiting, score(county=house.county)), now=now)
        source_succeeded(conn, "hotline", cursor=None, data_time=now, now=now)


def city_ends(house: House) -> None:
    """Little of the city's money was claimed, and less used."""
    campaign, now = house.campaign, CITY_ENDS
    claims = [event(campaign, "city", Kind.CLAIM, n) for n in range(60)]
    uses = [event(campaign, "city", Kind.REDEMPTION, n) for n in range(20)]
    with write(house.engine) as conn:
        batch = entries(campaign, *claims, *uses)
        save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)
        _heard(house, conn, "pay", ["city"], now)


def _reports_soon(campaign: Campaign) -> Campaign:
    (deadline,) = campaign.deadline
    return campaign.model_copy(update={"deadline": (deadline.model_copy(update={"plus_days": 5}),)})


MOMENTS = (
    Moment(at=desk_day.NOW, plant=first_day, looks=(0, 2, 4, 6)),
    Moment(at=ROUND_ENDS, plant=round_ends),
    Moment(at=CITY_ENDS, plant=city_ends, campaign=_reports_soon),
)


def _heard(house: House, conn: object, source: str, programmes: list[str], now: datetime) -> None:
    source_succeeded(conn, source, cursor=None, data_time=now, now=now)
    report_feed(conn, programmes=programmes, source=source, data_time=now, grade=Grade.FLASH)


def _claimed(campaign: Campaign, n: int, at: datetime) -> CounterEntry:
    city = campaign.city
    counted = Counter(
        platform=city.platform, sub_project=city.sub_projects.redeem, template="city.ret20", round_no=1,
        kind=Kind.CLAIM, value_count=n, counted_at=at,
    )  # fmt: skip
    return CounterEntry(counter=counted, programme="city")


def _shops(campaign: Campaign) -> Iterator[Event]:
    """A week of ten ordinary shops, and one for each of the leads; a number is used once."""
    today, numbers = business_day_start(ROUND_ENDS), iter(range(1_000_000))
    least = campaign.templates["city.ret20"].min_spend_fen

    def sold(
        merchant: str, at: datetime, n: int, every: timedelta = 7 * MINUTE, **changes: object
    ) -> list[Event]:
        return [
            merchants.used(campaign, next(numbers), at + i * every, merchant=merchant, **changes)
            for i in range(n)
        ]

    for day in (today - n * DAY for n in range(7)):
        for ordinary in range(10):
            yield from sold(f"M1{ordinary:03d}", day + 9 * HOUR + ordinary * MINUTE, 3)
        yield from sold("M-MALL", day + 10 * HOUR, 20)
        yield from sold("M-JUMP", day + 11 * HOUR, 60 if day == today else 5)
    yield from sold("M-NIGHT", today - 2 * DAY + HOUR, 30)
    yield from sold("M-TILL", today - 3 * DAY + 12 * HOUR, 21, every=timedelta(seconds=2))
    yield from sold("M-PAIR", today - 4 * DAY + 12 * HOUR, 3, user_ref="one")
    cashed = sold("M-CASH", today - 5 * DAY + 12 * HOUR, 30, order_fen=least)
    yield from cashed
    for one in cashed:
        no = int(one.event_no[1:])
        yield merchants.back(campaign, no, one.occurred_at + 10 * MINUTE, merchant="M-CASH")
