"""The rules, one file each. A rule is `ID` and `findings(window)`."""

from alerts.finding import Rule
from alerts.rules import (
    failing_channel,
    high_reach,
    ineligible_use,
    money_fault,
    opinion_burst,
    red_line,
    sentiment_turning,
    stale_feed,
    unreconciled,
)

RULES: tuple[Rule, ...] = (
    opinion_burst,
    red_line,
    high_reach,
    sentiment_turning,
    stale_feed,
    money_fault,
    ineligible_use,
    unreconciled,
    failing_channel,
)
