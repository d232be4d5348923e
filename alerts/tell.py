"""What is to be told, and to whom: alerts that opened or rose, levels that people raised, clocks that ran out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts.channel import Channel
from domain.cases import Case
from domain.delivery import Occasion, Outgoing
from store.queries.cases import open_cases, times_reopened
from store.writes.alerts import Announcement, Settled
from store.writes.cases import break_clocks

MOST_CASES = 100_000


def outgoing(
    conn: Connection, changed: Mapping[str, Settled], channels: Sequence[Channel], *, now: datetime
) -> list[Outgoing]:
    """For each channel that wants it. What it was told before, the outbox knows."""
    cases = open_cases(conn, now=now, limit=MOST_CASES)
    rules = {case.alert_id: case.rule for case in cases}
    by_people = [(case.rule, "level", _news(case)) for case in cases if case.by_hand]
    by_rules = [(rule, "level", news) for rule, settled in changed.items() for news in settled.announced]
    late = [(rules[n.alert_id], kind, n) for kind, n in break_clocks(conn, cases, now=now)]
    again = times_reopened(conn)
    return list(_for_each([*by_rules, *by_people, *late], channels, again, now))


def _news(case: Case) -> Announcement:
    return Announcement(alert_id=case.alert_id, level=case.level, title=case.title, reasons=case.reasons)


def _for_each(
    news: Sequence[tuple[str, str, Announcement]],
    channels: Sequence[Channel],
    again: Mapping[int, int],
    now: datetime,
) -> Iterator[Outgoing]:
    for rule, kind, told in news:
        why = ("level", told.level.value) if kind == "level" else ("clock", kind)
        times = again.get(told.alert_id)
        occasion = str(Occasion(*why, str(times) if times else ""))
        for channel in channels:
            if channel.wants(rule, told.level):
                yield Outgoing(
                    alert_id=told.alert_id,
                    occasion=occasion,
                    channel=channel.id,
                    level=told.level,
                    title=told.title,
                    reasons=told.reasons,
                    not_before=channel.held_until(told.level, now) if kind == "level" else None,
                )
