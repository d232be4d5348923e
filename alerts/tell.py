"""What is to be told, and to whom: alerts that opened, rose or grew, levels that people raised, clocks that ran out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts.channel import Channel
from domain.cases import GROWN, REOPENED, Case
from domain.delivery import Occasion, Outgoing, times
from store.queries.cases import open_cases, times_of
from store.writes.alerts import Announcement, Settled
from store.writes.cases import break_clocks

MOST_CASES = 100_000


def outgoing(
    conn: Connection, changed: Mapping[str, Settled], channels: Sequence[Channel], *, now: datetime
) -> list[Outgoing]:
    """For each channel that wants it. What it was told before, the outbox knows."""
    cases = open_cases(conn, now=now, limit=MOST_CASES)
    rules = {case.alert_id: case.rule for case in cases}
    reopened, grown = times_of(conn, REOPENED), times_of(conn, GROWN)

    def level(news: Announcement) -> Occasion:
        return Occasion("level", news.level.value, times(reopened[news.alert_id]))

    def growth(news: Announcement) -> Occasion:
        return Occasion("grown", news.level.value, times(grown[news.alert_id]))

    by_people = [(case.rule, level(news), news) for case in cases if case.by_hand for news in [_news(case)]]
    by_rules = [(rule, level(news), news) for rule, settled in changed.items() for news in settled.announced]
    by_growth = [(rule, growth(news), news) for rule, settled in changed.items() for news in settled.grown]
    late = [(rules[news.alert_id], clock, news) for clock, news in break_clocks(conn, cases, now=now)]
    return list(_for_each([*by_rules, *by_growth, *by_people, *late], channels, now))


def _news(case: Case) -> Announcement:
    return Announcement(alert_id=case.alert_id, level=case.level, title=case.title, reasons=case.reasons)


def _for_each(
    news: Sequence[tuple[str, Occasion, Announcement]], channels: Sequence[Channel], now: datetime
) -> Iterator[Outgoing]:
    for rule, occasion, told in news:
        for channel in channels:
            if channel.wants(rule, told.level):
                yield Outgoing(
                    alert_id=told.alert_id,
                    occasion=str(occasion),
                    channel=channel.id,
                    level=told.level,
                    title=told.title,
                    reasons=told.reasons,
                    not_before=None if occasion.kind == "clock" else channel.held_until(told.level, now),
                )
