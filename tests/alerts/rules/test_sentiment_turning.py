"""The tone of a county's talk turns, for sure, while more people speak."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from alerts.finding import Mention, silent
from alerts.parameters import Parameters
from alerts.rules import sentiment_turning
from alerts.watch import _alarm
from domain.campaign import Campaign
from domain.readings import Health, Level
from domain.signals import KEEP_OPEN, Signal
from store.queries.cases import open_cases
from store.writes.alerts import settle
from tests.alerts.windows import feed, mention, window

BEFORE, LAST = timedelta(hours=7), timedelta(hours=1)


def talk(now: datetime, ago: timedelta, negative: int, count: int, author: str = "") -> tuple[Mention, ...]:
    first = 1000 * int(ago / timedelta(hours=1))
    return tuple(
        mention(first + i, now - ago, negative=i < negative, author_ref=author or f"a{first + i}")
        for i in range(count)
    )


@pytest.mark.parametrize(
    ("before", "last", "levels"),
    [
        ((5, 50), (30, 60), [Level.YELLOW]),
        ((5, 50), (55, 60), [Level.ORANGE]),
        ((25, 50), (30, 60), []),  # more talk, the same tone
        ((5, 50), (8, 60), []),  # within chance
        ((5, 50), (45, 50), []),  # no more talk than before
        ((1, 19), (55, 60), []),  # too few to compare with
        ((0, 0), (60, 60), []),
        ((40, 50), (10, 60), []),  # turning for the better
    ],
)
def test_a_surely_higher_share_beside_more_talk(
    campaign: Campaign, now: datetime, before: tuple[int, int], last: tuple[int, int], levels: list[Level]
) -> None:
    mentions = talk(now, BEFORE, *before) + talk(now, LAST, *last)
    found = list(sentiment_turning.findings(window(campaign, now, mentions=mentions)))
    assert [f.level for f in found] == levels
    for one in found:
        assert (one.subject, one.evidence_count) == ("140403", last[0])
        assert one.facts is not None
        assert sentiment_turning.level(one.facts, Parameters()) is one.level


def test_one_author_turns_nothing(campaign: Campaign, now: datetime) -> None:
    mentions = talk(now, BEFORE, 5, 50) + talk(now, LAST, 60, 60, author="one")
    assert list(sentiment_turning.findings(window(campaign, now, mentions=mentions))) == []


def test_nothing_is_found_beside_a_dead_source(campaign: Campaign, now: datetime) -> None:
    mentions = talk(now, BEFORE, 5, 50) + talk(now, LAST, 55, 60)
    down = feed(now, side="opinion", health=Health.DOWN)
    assert list(sentiment_turning.findings(window(campaign, now, mentions=mentions, feeds=(down,)))) == []


def test_a_source_that_falls_silent_ends_nothing(conn: Connection, campaign: Campaign, now: datetime) -> None:
    """The one that nobody spoke in, too: beside it the rule finds nothing, whatever is said."""
    mentions = talk(now, BEFORE, 5, 50) + talk(now, LAST, 55, 60)
    spoke, quiet = feed(now, source="weibo", side="opinion"), feed(now, source="rss", side="opinion")
    dead = replace(quiet, health=Health.DOWN)
    for at, feeds in ((now, (spoke, quiet)), *((now + n * KEEP_OPEN, (spoke, dead)) for n in (1, 2))):
        found = sentiment_turning.findings(window(campaign, now, mentions=mentions, feeds=feeds))
        alarms = [_alarm(one, None) for one in found]
        settle(conn, sentiment_turning.ID, alarms, now=at, silent=silent(feeds))
    (case,) = open_cases(conn, now=now)
    assert case.signal is Signal.NO_DATA


@pytest.mark.parametrize("health", [Health.NEVER, Health.DOWN])
def test_a_source_that_was_never_heard_ends_nothing(
    conn: Connection, campaign: Campaign, now: datetime, health: Health
) -> None:
    """It was configured while a turning went on, with a wrong address maybe: the others turn as before."""
    mentions = talk(now, BEFORE, 5, 50) + talk(now, LAST, 55, 60)
    spoke = feed(now, source="weibo", side="opinion")
    new = feed(now, source="rss", side="opinion", health=health, last_ok_at=None, heard_since=None)
    for at, feeds in ((now, (spoke,)), *((now + n * KEEP_OPEN, (spoke, new)) for n in (1, 2))):
        found = sentiment_turning.findings(window(campaign, now, mentions=mentions, feeds=feeds))
        settle(conn, sentiment_turning.ID, [_alarm(one, None) for one in found], now=at, silent=silent(feeds))
    (case,) = open_cases(conn, now=now)
    assert case.signal is Signal.FIRING


@pytest.mark.parametrize(("hours", "turns"), [(13, True), (12, True), (11, False), (1, False)])
def test_a_new_source_turns_nothing_until_it_was_heard_through_both(
    campaign: Campaign, now: datetime, hours: int, turns: bool
) -> None:
    """All that is negative comes from it: of before it was heard nobody knows what it would have told."""
    before, last = talk(now, BEFORE, 5, 50), talk(now, LAST, 5, 50)
    told = tuple(
        replace(m, source="rss", post_id=m.post_id + 500) for m in talk(now, LAST, 55, 60, author="")
    )
    told = tuple(replace(m, author_ref=f"rss {m.post_id}") for m in told)
    new = feed(now, source="rss", side="opinion", heard_since=now - timedelta(hours=hours))
    found = list(
        sentiment_turning.findings(window(campaign, now, mentions=(*before, *last, *told), feeds=(new,)))
    )
    assert bool(found) is turns


def test_what_was_not_read_is_not_compared(campaign: Campaign, now: datetime) -> None:
    mentions = talk(now, BEFORE, 5, 50) + talk(now, LAST, 55, 60)
    short = Parameters.model_validate({"opinion_burst": {"baseline_hours": 11}})
    assert list(sentiment_turning.findings(window(campaign, now, mentions=mentions, parameters=short))) == []
