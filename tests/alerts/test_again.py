"""A stored alert's level is worked out again from what was kept of it, whatever the parameters became since."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from alerts.again import level_again
from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from alerts.rules import RULES, failing_channel, ineligible_use, money_fault, opinion_burst, stale_feed
from alerts.watch import watch
from domain.campaign import Campaign
from domain.delivery import ChannelHealth
from domain.flags import Reason
from domain.measures import Figures
from domain.readings import Health, Level
from domain.signals import KEEP_OPEN
from store import schema
from store.engine import read, write
from store.queries.alerts import open_alerts
from store.queries.rule_parameters import kept_parameters, rules_in_force
from store.queries.sources import Expected
from store.writes.intake import source_succeeded
from tests.alerts.rules.test_rules import board
from tests.alerts.windows import feed, mention, progress, window

MINUTE = timedelta(minutes=1)
PAY = (Expected(source="pay", name="市民付", side="payment", stale_after_s=600),)
STRICT = Parameters.model_validate({"stale_feed": {"orange_after": 2}})
DEAD = ChannelHealth(
    channel="c", waiting_count=1, dead_count=1, failures_in_row=4, trouble="t", last_sent_at=None
)
OFF = Parameters.model_validate({"stale_feed": {"on": False}})


@pytest.mark.parametrize("parameters", [Parameters(), Parameters.model_validate({
    "opinion_burst": {"spread": [4, 8, 12]}, "stale_feed": {"orange_after": 1}, "money_fault": {"overrun": "blue"},
    "ineligible_use": {"sanctioned": "red"},
})])  # fmt: skip
def test_every_finding_carries_the_facts_of_its_level(
    campaign: Campaign, now: datetime, parameters: Parameters
) -> None:
    seen = window(
        campaign,
        now,
        parameters=parameters,
        mentions=tuple(mention(n, now - MINUTE * (n % 50)) for n in range(20)),
        feeds=(feed(now, health=Health.LATE, data_time=now - 25 * MINUTE),),
        city=progress(now, Figures(redeemed_gross_fen=2_000_000)),
        flags=board(now, {(Reason.SANCTIONED, campaign.programme[0].id): 1}),
        channels=(DEAD,),
    )
    found = {
        rule.ID: list(rule.findings(seen))
        for rule in (opinion_burst, stale_feed, money_fault, ineligible_use, failing_channel)
    }
    assert all(found.values())
    for rule, findings in found.items():
        given = parameters.of(rule)
        assert given is not None
        kept = given.model_dump(mode="json")
        assert [level_again(rule, f.facts, kept) for f in findings] == [f.level for f in findings]


def test_what_cannot_be_worked_out_again_is_said(now: datetime) -> None:
    assert level_again("by_hand", {}, None) is None
    assert level_again("stale_feed", None, None) is None
    facts = {"silent_s": 1, "stale_after_s": 600, "side": "payment"}
    assert level_again("stale_feed", facts, {"a parameter of long ago": 1}) is None
    assert level_again("stale_feed", facts, None) is Level.YELLOW


def test_the_parameters_are_kept_at_each_change_and_an_alert_names_its_own(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        source_succeeded(conn, "pay", cursor=None, data_time=now - 25 * MINUTE, now=now)
    for minutes, parameters in ((0, Parameters()), (1, Parameters()), (2, STRICT)):
        at = now + MINUTE * minutes
        watch(engine, RULES, small_campaign, PAY, clock=lambda at=at: at, parameters=parameters)
        with read(engine) as conn:
            for row in conn.execute(select(schema.alerts)):
                kept = kept_parameters(conn, row.rule, row.parameters)
                assert level_again(row.rule, row.facts, kept) is Level(row.computed_level)
    with read(engine) as conn:
        (alert,) = open_alerts(conn)
        rows = conn.execute(select(schema.rule_parameters.c.rule)).scalars().all()
        assert (alert.level, rows.count("stale_feed"), rows.count("opinion_burst")) == (Level.ORANGE, 2, 1)
        assert rules_in_force(conn)["stale_feed"].version == STRICT.stale_feed.version
    watch(engine, RULES, small_campaign, PAY, clock=lambda: now + 3 * MINUTE)  # and back
    with read(engine) as conn:
        assert rules_in_force(conn)["stale_feed"].version == Parameters().stale_feed.version


def test_a_rule_that_is_switched_off_ends_its_alerts_and_says_so(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        source_succeeded(conn, "pay", cursor=None, data_time=now - 25 * MINUTE, now=now)
    for minutes in (0, 1):
        watch(engine, RULES, small_campaign, PAY, clock=lambda minutes=minutes: now + MINUTE * minutes)
    for later in (2 * MINUTE, MINUTE + KEEP_OPEN):
        watch(engine, RULES, small_campaign, PAY, clock=lambda later=later: now + later, parameters=OFF)
    with read(engine) as conn:
        assert open_alerts(conn) == ()
        assert conn.execute(select(schema.alerts.c.closed_why)).scalar_one() == "the rule is switched off"


class Unknown:
    """A rule without parameters of its own."""

    ID = "unknown"

    def findings(self, window: Window) -> list[Finding]:
        return [Finding(subject="s", level=Level.BLUE, title="t", reasons=(), evidence=(), evidence_count=0)]


def test_a_rule_without_parameters_keeps_none(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    watch(engine, (Unknown(),), small_campaign, (), clock=lambda: now)
    with read(engine) as conn:
        assert _parameters(conn) == [None]


def _parameters(conn: Connection) -> list[str | None]:
    return list(conn.scalars(select(schema.alerts.c.parameters)))
