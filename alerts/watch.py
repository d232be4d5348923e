"""Every rule over one window, and its findings settled against the open alerts, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from alerts.channel import Channel
from alerts.finding import Finding, Mention, Rule, Window, silent
from alerts.leads import reach
from alerts.money_window import read_money
from alerts.parameters import OpinionBurst, Parameters
from alerts.releases import Stretch, older
from alerts.rule_parameters import RuleParameters
from alerts.tell import outgoing
from domain.campaign import Campaign
from domain.cases import RuleInForce
from domain.jobs import is_run
from domain.readings import Scope
from domain.records import Label
from domain.topics import LEADS
from store.engine import write
from store.queries.discrepancies import open_discrepancies
from store.queries.flags import last_board
from store.queries.jobs import failing_jobs
from store.queries.merchant_days import merchant_board
from store.queries.outbox import channel_health
from store.queries.posts import ScoredPost, scored_posts
from store.queries.progress import Money
from store.queries.sources import Expected, feed_health, late_feeds
from store.queries.tickets import unanswered_tickets
from store.queries.voiced import voiced_posts
from store.writes.alert_history import take_turn
from store.writes.alerts import NOT_FOUND, Alarm, Settled, settle
from store.writes.intake import move_version
from store.writes.outbox import enqueue
from store.writes.rule_parameters import keep_parameters

DEFAULTS = Parameters()

JUDGED = LEADS | {
    "opinion_burst", "red_line", "high_reach", "sentiment_turning", "ineligible_use", "tranche_mixing"
}  # fmt: skip
"""Rules whose alerts wait for a person's verdict. The others are over when their cause is."""

GATHERING = frozenset({"opinion_burst", "red_line", "high_reach", "sentiment_turning"})
"""Rules that look at the posts of a moving window: what raised an alert stays with it."""


def read_window(
    conn: Connection,
    campaign: Campaign,
    expected: Sequence[Expected],
    *,
    now: datetime,
    channels: Sequence[str] = (),
    parameters: Parameters = DEFAULTS,
) -> Window:
    """What the rules look at, of one moment."""
    health, sources = feed_health(conn, expected, now=now), {one.source for one in expected}
    scope = Scope(code=campaign.campaign.city_code, name=campaign.campaign.city_name, is_city=True)
    money = Money(conn, campaign, scope, now=now, late=late_feeds(conn, health))
    city, counties = money.city(), money.counties()
    progress = (*((city,) if city else ()), *counties)
    return Window(
        now=now,
        campaign=campaign,
        headline=money.headline(),
        counties=counties,
        city=city,
        feeds=health,
        mentions=tuple(_mentions(conn, campaign, parameters.opinion_burst, now=now)),
        voiced=voiced_posts(conn, since=now - voiced_for(parameters), until=now),
        flags=last_board(conn),
        discrepancies=open_discrepancies(conn),
        channels=channel_health(conn, channels, now=now),
        jobs=tuple(job for job in failing_jobs(conn) if is_run(job.name, sources)),
        money=read_money(conn, campaign, health, progress, parameters, now=now),
        merchants=merchant_board(conn, campaign, reach(parameters), now=now),
        tickets=unanswered_tickets(conn, since=now - parameters.unanswered.window, until=now),
        parameters=parameters,
    )


def _mentions(
    conn: Connection, campaign: Campaign, given: OpinionBurst, *, now: datetime
) -> Iterator[Mention]:
    for since, until in stretches(campaign, given, now=now):
        yield from map(mention_of, scored_posts(conn, since=since, until=until))


def stretches(campaign: Campaign, given: OpinionBurst, *, now: datetime) -> tuple[Stretch, ...]:
    """The baseline, and after a round has been opened the same hours of earlier openings; oldest first."""
    return *older(campaign, given, now=now), (now - given.baseline, now)


def voiced_for(parameters: Parameters) -> timedelta:
    """How far back the rules look that read single posts."""
    return max(parameters.red_line.window, parameters.high_reach.window)


def mention_of(post: ScoredPost) -> Mention:
    return Mention(
        post_id=post.post_id,
        at=post.at,
        negative=post.label == Label.NEGATIVE.value,
        county=post.county,
        issues=post.issues,
        author_ref=post.author_ref,
        event_id=post.event_id,
        source=post.source,
        media=post.media,
        on_hot_list=post.on_hot_list,
    )


def watch(
    engine: Engine,
    rules: Sequence[Rule],
    campaign: Campaign,
    expected: Sequence[Expected],
    *,
    clock: Callable[[], datetime],
    channels: Sequence[Channel] = (),
    parameters: Parameters = DEFAULTS,
    fence: Callable[[Connection], None] = lambda conn: None,
) -> dict[str, Settled]:
    """Run every rule, settle what it found, write to the outbox what is to be told. Returns what changed, by rule.

    A rule that is switched off finds nothing: what it found before is over. `clock` is asked once nobody else writes
    alerts: a look that waited would otherwise bear a moment that people had read as of by then.
    """
    with write(engine) as conn:
        fence(conn)
        take_turn(conn)
        now = clock()
        window = read_window(
            conn, campaign, expected, now=now, channels=[c.id for c in channels], parameters=parameters
        )
        keep_parameters(conn, [_kept(rule, given) for rule, given in parameters.each()], now=now)
        changed = {rule.ID: _settled(conn, rule, window) for rule in rules}
        enqueue(conn, outgoing(conn, changed, channels, now=now), now=now)
        if any(settled.visible for settled in changed.values()):
            move_version(conn, now)
    return changed


def _settled(conn: Connection, rule: Rule, window: Window) -> Settled:
    given = window.parameters.of(rule.ID)
    off = given is not None and not given.on
    return settle(
        conn,
        rule.ID,
        [] if off else [_alarm(f, given) for f in rule.findings(window)],
        now=window.now,
        hold=given.hold if given else timedelta(0),
        silent=silent(window.feeds),
        judged=rule.ID in JUDGED,
        gathers=rule.ID in GATHERING,
        gone_why="the rule is switched off" if off else NOT_FOUND,
    )


def _kept(rule: str, given: RuleParameters) -> RuleInForce:
    return RuleInForce(rule=rule, version=given.version, content=given.model_dump(mode="json"))


def _alarm(finding: Finding, given: RuleParameters | None) -> Alarm:
    return Alarm(
        subject=finding.subject,
        level=finding.level,
        title=finding.title,
        reasons=finding.reasons,
        evidence=finding.evidence,
        evidence_count=finding.evidence_count,
        county=finding.county,
        facts=finding.facts,
        parameters=given.version if given else None,
        sources=finding.sources,
        began_at=finding.began_at,
        volume=finding.volume,
    )
