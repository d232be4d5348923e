"""When the reports of work plan 八 fall due, from each programme's end."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from domain.campaign import Campaign, Deadline, Programme
from domain.readings_scenes import DueReport


def due_reports(campaign: Campaign, programmes: Collection[str]) -> tuple[DueReport, ...]:
    """One line for each report: counties that owe it on the same day share it. Soonest first, undated ones last."""
    found = [due for deadline in campaign.deadline for due in _due(campaign, deadline, programmes)]
    return tuple(
        sorted(found, key=lambda d: (d.due_at is None, d.due_at.timestamp() if d.due_at else 0.0, d.name))
    )


def each_due(campaign: Campaign) -> Iterator[tuple[Deadline, Programme, datetime]]:
    """Every report with the programme that owes it, where it is known when."""
    for deadline in campaign.deadline:
        for programme in campaign.programme:
            due_at = _due_at(deadline, programme) if _owes(deadline, programme) else None
            if due_at is not None:
                yield deadline, programme, due_at


def _due(campaign: Campaign, deadline: Deadline, programmes: Collection[str]) -> Iterator[DueReport]:
    owing: dict[datetime | None, list[Programme]] = {}
    for programme in campaign.programme:
        if programme.id in programmes and _owes(deadline, programme):
            owing.setdefault(_due_at(deadline, programme), []).append(programme)
    for at, of in owing.items():
        only = campaign.divisions.get(of[0].division) if len(of) == 1 else None
        who = "市级" if [p.level for p in of] == ["city"] else only.name if only else f"{len(of)} 个主体"
        yield DueReport(name=deadline.name, who=who, due_at=at)


def _owes(deadline: Deadline, programme: Programme) -> bool:
    return deadline.applies_to in ("all", programme.level)


def _due_at(deadline: Deadline, programme: Programme) -> datetime | None:
    if programme.end_at is None:
        return None
    if deadline.plus_days is not None:
        return programme.end_at + timedelta(days=deadline.plus_days)
    return None if deadline.plus_months is None else _months_later(programme.end_at, deadline.plus_months)


def _months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
