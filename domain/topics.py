"""What an alert is about, as the campaign file's offices have it (`office.alerts`): who is told of which rule.

Of `opinion-major` the level decides, not the rule: orange and red ones of opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Topic(StrEnum):
    FUND = "fund"
    PROGRESS = "progress"
    RISK = "risk"
    DEADLINE = "deadline"
    DATA = "data"
    OPINION = "opinion"


LEADS = frozenset(
    {
        "exact_threshold", "redemption_velocity", "repeated_pair", "quick_refund", "concentration", "sudden_jump",
        "night_trade",
    }
)  # fmt: skip
"""Rules that find merchants to look at: many at once, blue and yellow only, and after all others of their level."""

TOPICS: Mapping[str, tuple[Topic, ...]] = {
    "opinion_burst": (Topic.OPINION,),
    "red_line": (Topic.OPINION,),
    "high_reach": (Topic.OPINION,),
    "sentiment_turning": (Topic.OPINION,),
    "unanswered": (Topic.OPINION,),
    "stale_feed": (Topic.DATA,),
    "quarantined_rows": (Topic.DATA,),
    "unreconciled": (Topic.DATA, Topic.FUND),
    "failing_channel": (Topic.DATA,),
    "failing_job": (Topic.DATA,),
    "money_fault": (Topic.FUND, Topic.RISK),
    "tranche_mixing": (Topic.FUND,),
    "refund_shortfall": (Topic.FUND,),
    "clawback_risk": (Topic.FUND, Topic.PROGRESS),
    "not_launched": (Topic.PROGRESS,),
    "claim_out": (Topic.PROGRESS,),
    "low_redemption": (Topic.PROGRESS,),
    "report_due": (Topic.DEADLINE,),
    "ineligible_use": (Topic.RISK,),
    **dict.fromkeys(sorted(LEADS), (Topic.RISK,)),
}
"""By the rule's id. What people entered by hand or split off has no rule of these: it is about what was said."""


def topics_of(rule: str) -> tuple[Topic, ...]:
    return TOPICS.get(rule, (Topic.OPINION,))


def is_about_posts(rule: str) -> bool:
    """Whether the evidence are posts; else numbers of events or rows, or figures alone."""
    return Topic.OPINION in topics_of(rule)
