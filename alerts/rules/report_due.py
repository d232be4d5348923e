"""T1 of the domain's alert list: the reports of work plan 八 from seven, three and one days before they fall due on.

Where the campaign file reminds earlier, from then on. The receipt is the desk's: whoever closes the alert says that
the report is in, and it is not asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.campaign import Deadline, Programme
from domain.deadlines import each_due
from domain.readings import Level
from domain.terms import day, span

ID = "report_due"
_DAY = timedelta(days=1)
_LEVELS = (Level.BLUE, Level.YELLOW, Level.ORANGE)


def findings(window: Window) -> Iterable[Finding]:
    usual = window.parameters.report_due.days[0]
    handed_in = window.money.handed_in if window.money else frozenset()
    for deadline, programme, due_at in each_due(window.campaign):
        subject = f"{programme.id}/{deadline.id}"
        first = max(deadline.remind_days_before, default=usual)
        if (due_at - window.now) / _DAY <= first and subject not in handed_in:
            yield _finding(window, subject, deadline, programme, due_at)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    reached = sum(facts["days_left"] <= days for days in parameters.report_due.days)
    return _LEVELS[max(reached - 1, 0)]


def _finding(
    window: Window, subject: str, deadline: Deadline, programme: Programme, due_at: datetime
) -> Finding:
    left = due_at - window.now
    facts = {"days_left": left / _DAY}
    when = f"还有 {span(left)}" if left > timedelta(0) else f"已逾期 {span(-left)}"
    return Finding(
        subject=subject,
        level=level(facts, window.parameters),
        title=f"{programme.name}{deadline.name}{when}",
        reasons=(f"期限 {day(due_at)}", "系统不知道是否已报：已报的请在值班台办结本条"),
        evidence=(),
        evidence_count=1,
        county=programme.division,
        facts=facts,
        began_at=programme.end_at,
    )
