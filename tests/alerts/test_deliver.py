"""The outbox on both engines: told once, told on a rise, held at night, tried for a day, given up in sight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select

from alerts.channel import Channel, Wire
from alerts.channels import KINDS
from alerts.deliver import Pace, deliver
from alerts.rules import failing_channel
from domain.campaign import Campaign
from domain.cases import BY_HAND, SPLIT_OFF
from domain.delivery import Outgoing
from domain.errors import FetchError
from domain.readings import Level
from store.engine import read, write
from store.queries.outbox import channel_health, told_of
from store.schema import outbox
from store.writes.alerts import Alarm, settle
from store.writes.outbox import MOST_AT_ONCE, enqueue
from tests.alerts.windows import window

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
YES = b'{"errcode":0}'
TOKEN = "a-secret-token"


def group(**more: object) -> Channel:
    fields = {"id": "group", "kind": "wecom", "name": "群", "url": f"https://x.example/send?key={TOKEN}"}
    return KINDS["wecom"].model_validate(fields | {"level": "blue"} | more)


class Receiver:
    """A channel's other end: what it got, and how it answers."""

    def __init__(self, answer: Callable[[], bytes] = lambda: YES) -> None:
        self.got: list[str] = []
        self._answer = answer

    def wire(self, now: datetime) -> Wire:
        def post(channel: str, url: str, content: bytes, headers: object) -> bytes:
            self.got.append(content.decode())
            return self._answer()

        return Wire(post=post, now=lambda: now)


@pytest.mark.parametrize("rule", [BY_HAND, SPLIT_OFF])
def test_what_people_found_is_told_to_who_asks_for_opinion_and_to_nobody_who_asks_for_money(
    rule: str,
) -> None:
    assert group(topics=["opinion"]).wants(rule, Level.RED)
    assert not group(topics=["fund", "risk"]).wants(rule, Level.RED)
    assert not group(rules=["red_line"]).wants(rule, Level.RED)


def alerts_of(conn: Connection, now: datetime, *levels: Level) -> list[int]:
    alarms = [
        Alarm(
            subject=str(n),
            level=level,
            title=f"预警{n}",
            reasons=(),
            evidence=(),
            evidence_count=0,
            county=None,
        )
        for n, level in enumerate(levels)
    ]
    return [news.alert_id for news in settle(conn, "burst", alarms, now=now).announced]


def tell(conn: Connection, now: datetime, alert_id: int, level: Level, occasion: str | None = None) -> int:
    news = Outgoing(
        alert_id=alert_id,
        occasion=occasion or f"level:{level.value}",
        channel="group",
        level=level,
        title=f"预警{alert_id}",
        reasons=(),
    )
    return enqueue(conn, [news], now=now)


def sent(
    engine: Engine, receiver: Receiver, now: datetime, *, pace: Pace | None = None, **more: object
) -> int:
    return deliver(
        engine,
        [group(**more)],
        receiver.wire(now),
        pace or Pace(),
        base_url="https://q",
        clock=lambda: now,
    )


def failing() -> bytes:
    raise FetchError("group", f"https://x.example/{TOKEN}: status 503")


def test_an_alert_is_told_once_and_again_only_when_it_rises_or_a_clock_breaks(
    engine: Engine, now: datetime
) -> None:
    receiver = Receiver()
    with write(engine) as conn:
        (n,) = alerts_of(conn, now, Level.ORANGE)
        told = [
            tell(conn, now, n, Level.ORANGE), tell(conn, now, n, Level.ORANGE), tell(conn, now, n, Level.YELLOW),
            tell(conn, now, n, Level.RED), tell(conn, now, n, Level.RED, "clock:first_word"),
            tell(conn, now, n, Level.RED, "clock:first_word"),
        ]  # fmt: skip
    assert told == [1, 0, 0, 1, 1, 0]
    assert sent(engine, receiver, now) == 3
    assert sent(engine, receiver, now) == 0
    with read(engine) as conn:
        assert all(at is not None for *_, at, _ in told_of(conn, n))


def test_at_night_only_orange_and_red_come_through(engine: Engine, now: datetime) -> None:
    receiver, night = Receiver(), now + timedelta(hours=13)  # 23:00
    with write(engine) as conn:
        for n, level in zip(
            alerts_of(conn, now, Level.YELLOW, Level.ORANGE), (Level.YELLOW, Level.ORANGE), strict=True
        ):
            tell(conn, night, n, level)
    assert sent(engine, receiver, night, quiet="22:00-07:00") == 1
    assert "橙色" in receiver.got[0]
    assert sent(engine, receiver, night + 9 * HOUR, quiet="22:00-07:00") == 1


def test_a_failure_is_tried_again_after_growing_pauses_and_given_up_after_a_day(
    engine: Engine, now: datetime
) -> None:
    receiver = Receiver(failing)
    with write(engine) as conn:
        (n,) = alerts_of(conn, now, Level.RED)
        tell(conn, now, n, Level.RED)
    tries = []
    for minutes in (*range(20), *range(20, 26 * 60, 10)):
        before = len(receiver.got)
        sent(engine, receiver, now + MINUTE * minutes)
        tries += [minutes] * (len(receiver.got) - before)
    assert tries[:5] == [0, 1, 2, 4, 8]
    assert 24 * 60 <= tries[-1] <= 24 * 60 + 30
    assert len(set(receiver.got)) == 1  # the same to the byte
    with read(engine) as conn:
        (health,) = channel_health(conn, ["group"], now=now + 25 * HOUR)
        assert (health.waiting_count, health.dead_count) == (0, 1)
        assert TOKEN not in (health.trouble or TOKEN)


def test_a_failing_channel_is_an_alert_and_stops_no_other(
    engine: Engine, campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        (n,) = alerts_of(conn, now, Level.RED)
        tell(conn, now, n, Level.RED)
    for minutes in range(5):
        sent(engine, Receiver(failing), now + MINUTE * minutes)
    with read(engine) as conn:
        channels = channel_health(conn, ["group", "idle"], now=now)
    (found,) = failing_channel.findings(window(campaign, now, channels=channels))
    assert (found.subject, found.level) == ("group", Level.YELLOW)


@pytest.mark.slow
def test_five_thousand_alerts_in_a_minute_are_a_few_messages_and_none_is_lost(
    engine: Engine, now: datetime
) -> None:
    receiver = Receiver()
    with write(engine) as conn:
        ids = alerts_of(conn, now, *[Level.BLUE] * 4999, Level.RED)
        news = [
            Outgoing(
                alert_id=n,
                occasion="level:x",
                channel="group",
                level=level,
                title="风暴",
                reasons=("由",) * 5,
            )
            for n, level in zip(ids, [Level.BLUE] * 4999 + [Level.RED], strict=True)
        ]
        assert enqueue(conn, news, now=now) == 5000
    assert sent(engine, receiver, now) == 5000
    assert len(receiver.got) == 5000 // MOST_AT_ONCE
    assert "1000 条未列出" not in receiver.got[0]
    assert "红色" in receiver.got[0].split("\\n")[0]  # the gravest first
    assert max(len(text.encode()) for text in receiver.got) < 4096
    with read(engine) as conn:
        assert conn.scalar(select(func.count()).where(outbox.c.sent_at.is_(None))) == 0


def test_a_channel_is_not_sent_to_more_often_than_it_allows(engine: Engine, now: datetime) -> None:
    receiver, real = Receiver(), [0.0]
    pace = Pace(lambda: real[0])
    with write(engine) as conn:
        ids = alerts_of(conn, now, *[Level.RED] * 30)
    for n in ids:
        with write(engine) as conn:
            tell(conn, now, n, Level.RED)
        sent(engine, receiver, now, pace=pace)
    assert len(receiver.got) == group().per_minute
    real[0] = 61.0
    assert sent(engine, receiver, now, pace=pace) == 30 - group().per_minute
    assert len(receiver.got) == group().per_minute + 1  # the rest as one


@pytest.mark.parametrize(("at", "quiet"), [(21, False), (22, True), (2, True), (6, True), (7, False)])
def test_quiet_hours_go_over_midnight(now: datetime, at: int, quiet: bool) -> None:
    assert group(quiet="22:00-07:00").is_quiet(now.replace(hour=at)) is quiet
