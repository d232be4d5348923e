"""What the rules that find merchant leads share: counts and evidence for the market office, and no accusation.

A title names a merchant by the end of its number only: it may stand on a wall. Its whole number is in the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.leads import MerchantBoard, Reach
from domain.readings import Level

Graded = Callable[[Mapping[str, Any], Parameters], Level]
_TAIL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One merchant that a rule has found something at. `weight`: the heaviest are listed first."""

    programme: str
    merchant: str
    what: str  # the title after "商户…1234"
    reasons: tuple[str, ...]
    facts: Mapping[str, Any]
    count: int  # redemptions it stands on
    weight: float
    began_at: datetime | None = None


def reach(parameters: Parameters) -> Reach:
    """What a merchant must have for any of the rules to look at it."""
    weeks = (parameters.exact_threshold, parameters.quick_refund, parameters.night_trade)
    return Reach(
        redeemed=min(given.min_count for given in weeks),
        minute=parameters.redemption_velocity.per_minute + 1,
        pair=parameters.repeated_pair.a_day,
        busy_day=parameters.sudden_jump.min_count,
    )


def listed(window: Window, level: Graded, leads: Iterable[Lead], *, most: int) -> Iterator[Finding]:
    """The heaviest `most` of them; how many more there are stands with each."""
    found = sorted(leads, key=lambda lead: (-lead.weight, lead.programme, lead.merchant))
    for lead in found[:most]:
        yield _finding(window, level, lead, more=max(0, len(found) - most))


def board_of(window: Window) -> MerchantBoard:
    """An empty one where merchants' days were never worked out: then nothing is known of any."""
    return window.merchants or MerchantBoard(since=window.now, until=window.now)


def _finding(window: Window, level: Graded, lead: Lead, *, more: int) -> Finding:
    programme = window.campaign.programmes[lead.programme]
    board = board_of(window)
    where = {
        "programme": lead.programme, "merchant": lead.merchant,
        "since": board.since.isoformat(), "until": board.until.isoformat(),
    }  # fmt: skip
    facts = where | dict(lead.facts)
    others = (f"另有 {more} 户达到同样条件，未逐一列出",) if more else ()
    return Finding(
        subject=f"{programme.id}/{lead.merchant}",
        level=level(facts, window.parameters),
        title=f"{programme.name}商户（尾号 {lead.merchant[-_TAIL:]}）{lead.what}",
        reasons=(*lead.reasons, *others, "线索待核实，不作结论"),
        evidence=(lead.merchant,),
        evidence_count=lead.count,
        county=programme.division,
        facts=facts,
        sources=window.money.sources_of(programme.id) if window.money else (),
        began_at=lead.began_at,
    )


def graver(is_grave: bool) -> Level:
    """A lead is blue, and yellow where the sign is strong: what it means is for people to find out."""
    return Level.YELLOW if is_grave else Level.BLUE


def share_of(parts: Sequence[int]) -> float:
    """The first of two counts over the second; 0 where there is nothing."""
    part, whole = parts
    return part / whole if whole else 0.0
