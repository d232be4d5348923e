"""Every rule over one window, and its findings settled against the open alerts, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from alerts.channel import Channel
from alerts.finding import Finding, Mention, Rule, Window
from alerts.rules.opinion_burst import BASELINE
from alerts.tell import outgoing
from domain.campaign import Campaign
from domain.readings import Health, Scope
from domain.records import Label
from store.engine import write
from store.queries.discrepancies import open_discrepancies
from store.queries.flags import last_board
from store.queries.outbox import channel_health
from store.queries.posts import scored_posts
from store.queries.progress import Money
from store.queries.sources import Expected, feed_health, late_feeds
from store.writes.alerts import Alarm, Settled, settle
from store.writes.intake import move_version
from store.writes.outbox import enqueue

HOLD = {"stale_feed": timedelta(minutes=1)}
"""How long a rule must find something before anybody hears of it. One slow poll is no silence."""

JUDGED = frozenset({"opinion_burst", "ineligible_use"})
"""Rules whose alerts wait for a person's verdict. The others are over when their cause is."""


def read_window(
    conn: Connection,
    campaign: Campaign,
    expected: Sequence[Expected],
    *,
    now: datetime,
    channels: Sequence[str] = (),
) -> Window:
    """What the rules look at, of one moment."""
    health = feed_health(conn, expected, now=now)
    scope = Scope(code=campaign.campaign.city_code, name=campaign.campaign.city_name, is_city=True)
    money = Money(conn, campaign, scope, now=now, late=late_feeds(conn, health))
    return Window(
        now=now,
        campaign=campaign,
        headline=money.headline(),
        counties=money.counties(),
        city=money.city(),
        feeds=health,
        mentions=tuple(
            Mention(
                post_id=p.post_id,
                at=p.at,
                negative=p.label == Label.NEGATIVE.value,
                county=p.county,
                issues=p.issues,
                author_ref=p.author_ref,
                event_id=p.event_id,
                source=p.source,
                media=p.media,
                on_hot_list=p.on_hot_list,
            )
            for p in scored_posts(conn, since=now - BASELINE, until=now)
        ),
        flags=last_board(conn),
        discrepancies=open_discrepancies(conn),
        channels=channel_health(conn, channels, now=now),
    )


def watch(
    engine: Engine,
    rules: Sequence[Rule],
    campaign: Campaign,
    expected: Sequence[Expected],
    *,
    now: datetime,
    channels: Sequence[Channel] = (),
    fence: Callable[[Connection], None] = lambda conn: None,
) -> dict[str, Settled]:
    """Run every rule, settle what it found, write to the outbox what is to be told. Returns what changed, by rule."""
    with write(engine) as conn:
        fence(conn)
        window = read_window(conn, campaign, expected, now=now, channels=[c.id for c in channels])
        changed = {
            rule.ID: settle(
                conn,
                rule.ID,
                [_alarm(f) for f in rule.findings(window)],
                now=now,
                hold=HOLD.get(rule.ID, timedelta(0)),
                silent=_silent(window),
                judged=rule.ID in JUDGED,
            )
            for rule in rules
        }
        enqueue(conn, outgoing(conn, changed, channels, now=now), now=now)
        if any(settled.visible for settled in changed.values()):
            move_version(conn, now)
    return changed


def _silent(window: Window) -> frozenset[str]:
    return frozenset(f.source for f in window.feeds if f.health in (Health.LATE, Health.DOWN))


def _alarm(finding: Finding) -> Alarm:
    return Alarm(
        subject=finding.subject,
        level=finding.level,
        title=finding.title,
        reasons=finding.reasons,
        evidence=finding.evidence,
        evidence_count=finding.evidence_count,
        county=finding.county,
        facts=None if finding.facts is None else finding.facts.as_json(),
        sources=finding.sources,
        began_at=finding.began_at,
    )
