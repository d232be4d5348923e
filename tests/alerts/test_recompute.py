"""The rehearsal's launch day, watched as it goes by: each stored alert comes to its level again from stored data.

From the facts and parameters that were kept with it; and, for opinion, from the posts as they were known at its moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update

from alerts.again import level_again, recheck
from alerts.parameters import Parameters, parameters_of
from alerts.replay import Story, looks
from alerts.rules import RULES, opinion_burst
from alerts.watch import watch
from domain.campaign import Campaign
from domain.peaks import title_of_receded
from domain.readings import Level
from domain.records import Label, Post, Relevance
from rehearsal.scenario import Written, load_scenario
from store import schema
from store.engine import read, write
from store.queries.known_posts import learned
from store.queries.rule_parameters import kept_parameters
from store.queries.sources import Expected
from store.writes.intake import source_succeeded
from store.writes.posts import save_scores
from tests.store.posts import post, say, score

STEP, HOURS = timedelta(minutes=5), 8
SOURCES = (Expected(source="news-rss", name="晚报", side="opinion", stale_after_s=1800),
           Expected(source="pay", name="市民付", side="payment", stale_after_s=600))  # fmt: skip
LATER = Parameters.model_validate(
    {"opinion_burst": {"min_count": 6, "spread": [6, 9, 20]}, "stale_feed": {"orange_after": 2}}
)
CHANGED_AFTER = timedelta(hours=3)


def served(written: Written) -> Post:
    return post(
        0,
        written.text,
        source=written.source,
        media="news" if written.source.startswith("news") else "forum",
        external_id=written.external_id,
        title=written.title,
        published_at=written.published_at,
        author_ref=None if "转发" in written.text else written.external_id,
    )


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_alert_of_the_rehearsals_day_comes_to_its_level_again(
    engine: Engine, campaign: Campaign
) -> None:
    scenario = load_scenario("launch-day", campaign, seed=7)
    coming = sorted(scenario.posts, key=lambda p: p.published_at)
    start = scenario.starts_at
    for n in range(int(timedelta(hours=HOURS) / STEP)):
        now = start + STEP * n
        _tell(engine, [p for p in coming if now - STEP < p.published_at <= now], now, pay_until=start)
        parameters = Parameters() if n * STEP < CHANGED_AFTER else LATER
        watch(engine, RULES, campaign, SOURCES, clock=lambda now=now: now, parameters=parameters)
    with read(engine) as conn:
        found = recheck(conn)
        rows = conn.execute(select(schema.alerts)).all()
        assert (found.others, found.unknown, found.same_count) == ((), (), len(rows))
        assert len(rows) >= 6
        assert {row.rule for row in rows} == {"opinion_burst", "red_line", "stale_feed"}
        assert len({row.parameters for row in rows if row.rule == "opinion_burst"}) == 2
        assert len({row.level for row in rows}) >= 3
        changes = learned(conn, since=start - timedelta(days=15), until=start + timedelta(hours=HOURS))
        for row in rows:
            if row.rule == "opinion_burst":
                kept = kept_parameters(conn, row.rule, row.parameters)
                assert kept is not None
                given = parameters_of(row.rule, dict(kept))
                story = Story(mentions=changes)
                ((_, again, _),) = looks(row.rule, story, campaign, given, moments=[row.refreshed_at])
                (mine,) = [f for f in again if f.subject == row.subject]
                title = mine.title if row.closed_at is None else title_of_receded(row.peak, mine.title)
                assert (mine.level.value, title) == (row.computed_level, row.title)
                assert list(mine.reasons) == row.reasons
                assert level_again(opinion_burst.ID, mine.facts, kept) is mine.level


def _tell(engine: Engine, coming: list[Written], now: datetime, *, pay_until: datetime) -> None:
    with write(engine) as conn:
        for source in ("news-rss", "pay"):
            if source != "pay" or now <= pay_until + timedelta(hours=1):
                source_succeeded(conn, source, cursor=None, data_time=now, now=now)
        ids = say(conn, *((served(p), None) for p in coming), now=now)
        scored = [
            score(
                Label(p.label) if p.label else None,
                relevance=Relevance(p.relevance),
                issues=(p.issue,) if p.issue else (),
                county=p.county,
            )
            for p in coming
        ]
        save_scores(conn, list(zip(ids, scored, strict=True)), now=now)


def test_a_level_that_was_changed_behind_our_back_is_found(
    engine: Engine, campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        source_succeeded(conn, "pay", cursor=None, data_time=now - timedelta(minutes=25), now=now)
    for minutes in (0, 1):
        watch(
            engine,
            RULES,
            campaign,
            SOURCES[1:],
            clock=lambda minutes=minutes: now + timedelta(minutes=minutes),
        )
    with write(engine) as conn:
        assert recheck(conn).others == ()
        conn.execute(update(schema.alerts).values(computed_level=Level.RED.value))
        assert len(recheck(conn).others) == 1
        conn.execute(update(schema.alerts).values(facts=None))
        assert len(recheck(conn).unknown) == 1
