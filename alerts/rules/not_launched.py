"""P1 of the domain's alert list: a programme past its date, and its platform, heard of till now, tells of no claim.

A platform that is silent or never spoke says nothing of whether vouchers are let out: then nothing is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.campaign import Programme
from domain.readings import CountyProgress, Level
from domain.terms import day, day_clock, span

ID = "not_launched"


def findings(window: Window) -> Iterable[Finding]:
    for progress in (*((window.city,) if window.city else ()), *window.counties):
        programme = _programme(window, progress)
        if programme is not None and _is_overdue(window, programme, progress):
            yield _finding(window, programme)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return Level.ORANGE if facts["past_deadline"] else Level.YELLOW


def _programme(window: Window, progress: CountyProgress) -> Programme | None:
    campaign = window.campaign
    return campaign.city if progress is window.city else campaign.county_programme(progress.code)


def _is_overdue(window: Window, programme: Programme, progress: CountyProgress) -> bool:
    """None of its vouchers claimed and none of its subsidies applied for, by data of after the date."""
    figures = progress.figures
    if figures.claimed_count or figures.redeemed_gross_count or figures.subsidy_applied_count:
        return False
    heard = window.money.heard_now(programme.id) if window.money else None
    late_from = programme.launch_at + window.parameters.not_launched.after
    return heard is not None and heard.data_time is not None and heard.data_time > late_from


def _finding(window: Window, programme: Programme) -> Finding:
    deadline = window.campaign.campaign.county_launch_deadline
    heard = window.money.heard[programme.id] if window.money else None
    facts = {"past_deadline": window.now > deadline}
    return Finding(
        subject=programme.id,
        level=level(facts, window.parameters),
        title=f"{programme.name}超过计划启动时间 {span(window.now - programme.launch_at)}，仍没有领取",
        reasons=(
            f"计划 {day_clock(programme.launch_at, now=window.now)} 启动，县区启动期限 {day(deadline)}",
            f"平台数据正常，数据时间 {day_clock(heard.data_time if heard else None, now=window.now)}",
        ),
        evidence=(),
        evidence_count=1,
        county=programme.division,
        facts=facts,
        sources=heard.sources if heard else (),
        began_at=programme.launch_at,
    )
