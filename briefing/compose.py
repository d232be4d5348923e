"""(scope, as of) -> Briefing. Every sentence is built from figures by rule; nothing is known here that is not read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from briefing.calendar import rounds_section, tomorrow_section
from briefing.corrections import correction_of, corrections_section, withdrawn
from briefing.funds import county_section, funds_section, general_section, sector_section
from briefing.money import Ledger, read_ledger
from briefing.opinion import opinion_of
from briefing.paper import Briefing, Fact, Section
from briefing.reference import with_references
from briefing.trust import DEFINITIONS, alert_section, definitions_section, quality_section
from domain.campaign import Campaign
from domain.measures import FIGURES
from domain.readings import Scope
from domain.records import Grade
from store.queries.briefed import alerts_then, feeds_then, open_differences
from store.queries.briefings import editions_at
from store.queries.grades import weakest
from store.queries.sources import Expected


def compose(
    conn: Connection,
    campaign: Campaign,
    expected: Sequence[Expected],
    scope: Scope,
    *,
    as_of: datetime,
    known_by: datetime | None = None,
) -> Briefing:
    """The daily paper (日报) of the day that `as_of` lies in or ends, as everything was known at that moment.

    `known_by`: as it is known later. Where that moment's paper was out by then it is a 更正 of it, numbered.
    """
    known_by = known_by or as_of
    before = editions_at(conn, scope.code, as_of, known_by=known_by)
    ledger = read_ledger(conn, campaign, scope, as_of=as_of, known_by=known_by)
    about = campaign.campaign
    county = None if scope.is_city else scope.code
    sections = (
        general_section(ledger, as_of=as_of),
        county_section(ledger),
        sector_section(ledger),
        rounds_section(campaign, ledger, as_of=as_of),
        funds_section(ledger),
        opinion_of(conn, campaign, scope, as_of=as_of, known_by=known_by),
        alert_section(alerts_then(conn, known_by=as_of, county=county), as_of=as_of),
        quality_section(
            expected,
            feeds_then(conn, known_by=as_of),
            open_differences(conn, [p.id for p in ledger.programmes], known_by=as_of),
            as_of=as_of,
        ),
        corrections_section(conn, campaign, scope, as_of=as_of)
        if not before
        else withdrawn(
            correction_of(
                conn, campaign, scope, as_of=as_of, told_until=before[-1].known_by, known_by=known_by
            ),
            before,
        ),
        tomorrow_section(campaign, ledger, as_of=as_of),
    )
    found = Briefing(
        title=f"{scope.name}数字消费券运行日报{f'（更正第{len(before)}号）' if before else ''}",
        scope=scope,
        as_of=as_of,
        known_by=known_by,
        corrects=len(before),
        tranche=campaign.in_scope.name,
        grade=weakest(row.grade or Grade.FLASH for row in ledger.rows),
        data_time=max((row.data_time for row in ledger.rows if row.data_time), default=None),
        banner=about.illustrative_banner if about.illustrative else None,
        freeze_id="",
        sections=sections,
        facts=facts_of(campaign, ledger),
    )
    return frozen(found, DEFINITIONS)


def facts_of(campaign: Campaign, ledger: Ledger) -> tuple[Fact, ...]:
    return tuple(
        Fact(programme=row.key[0], name=campaign.programmes[row.key[0]].name, figures=row.figures)
        for row in ledger.rows
    )


def frozen(found: Briefing, definitions: tuple[str, ...]) -> Briefing:
    """With the id of what it holds, and the definitions that quote it."""
    held = [found.title, found.as_of.isoformat(), found.known_by.isoformat(), *map(repr, found.sections)]
    held += [
        f"{fact.programme} {name} {getattr(fact.figures, name)}" for fact in found.facts for name in FIGURES
    ]
    freeze_id = hashlib.sha256("\n".join(held).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    whole = replace(found, freeze_id=freeze_id)
    last: Section = definitions_section(whole, definitions)
    return with_references(replace(whole, sections=(*whole.sections, last)))
