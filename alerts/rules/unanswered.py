"""A citizen's ticket of the campaign that nobody has answered after 5, 24 or 48 hours (State Council 2016 clocks).

One alert a county. A state that no connector can read is unknown, and neither answered nor not; so is every state while
the list it stands in is silent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Window, silent
from alerts.parameters import Parameters
from domain.money_watch import OpenTicket
from domain.readings import Level
from domain.terms import count, span

ID = "unanswered"
_HOUR = timedelta(hours=1)
_LEVELS = (Level.BLUE, Level.YELLOW, Level.ORANGE)


def findings(window: Window) -> Iterable[Finding]:
    first = window.parameters.unanswered.hours[0]
    waiting: dict[str | None, list[OpenTicket]] = defaultdict(list)
    mute = silent(window.feeds)
    for ticket in window.tickets:
        if ticket.source not in mute and window.now - ticket.since >= first * _HOUR:
            waiting[ticket.county].append(ticket)
    for county, tickets in waiting.items():
        yield _finding(window, county, sorted(tickets, key=lambda t: (t.since, t.post_id)))


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    reached = sum(facts["oldest_hours"] >= hours for hours in parameters.unanswered.hours)
    return _LEVELS[max(reached - 1, 0)]


def _finding(window: Window, county: str | None, tickets: Sequence[OpenTicket]) -> Finding:
    division = window.campaign.divisions.get(county or "")
    oldest = window.now - tickets[0].since
    facts = {"oldest_hours": oldest / _HOUR, "count": len(tickets)}
    return Finding(
        subject=county or "unknown",
        level=level(facts, window.parameters),
        title=(
            f"{division.name if division else '县区不明'}有 {count(len(tickets))} 件诉求未答复，"
            f"最久 {span(oldest)}"
        ),
        reasons=(
            *(
                f"超过 {hours:g} 小时：{count(sum(window.now - t.since >= hours * _HOUR for t in tickets))} 件"
                for hours in window.parameters.unanswered.hours
            ),
            "按工单清单的办理状态；状态不明、清单来源中断的不在其中",
        ),
        evidence=tuple(str(t.post_id) for t in tickets[:EVIDENCE_KEPT]),
        evidence_count=len(tickets),
        county=county,
        facts=facts,
        sources=tuple(sorted({t.source for t in tickets})),
        began_at=tickets[0].since,
    )
