"""(scope, as of) -> Briefing. Every sentence is built from figures by rule; nothing is known here that is not read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from briefing.corrections import correction_of, corrections_section, withdrawn
from briefing.daily_paper import daily_sections
from briefing.draft import Draft, Question
from briefing.money import Ledger, read_ledger
from briefing.paper import Briefing, Fact, Section
from briefing.reference import with_references
from briefing.trust import DEFINED, DEFINITIONS, definitions_section
from domain.campaign import Campaign
from domain.measures import FIGURES
from domain.papers import PaperKind
from domain.readings import Scope
from store.queries.briefings import editions_at
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
    corrections = (
        corrections_section(conn, campaign, scope, as_of=as_of)
        if not before
        else withdrawn(
            correction_of(
                conn, campaign, scope, as_of=as_of, told_until=before[-1].known_by, known_by=known_by
            ),
            before,
        )
    )
    asked = Question(
        conn=conn, campaign=campaign, configured=expected, scope=scope, as_of=as_of, known_by=known_by
    )
    return framed(asked, daily_draft(asked, corrections), corrects=len(before))


def daily_draft(asked: Question, corrections: Section | None = None) -> Draft:
    """`corrections`: None where its figures are only read again."""
    ledger = read_ledger(asked.conn, asked.campaign, asked.scope, as_of=asked.as_of, known_by=asked.known_by)
    return Draft(
        title=f"{asked.scope.name}数字消费券运行日报",
        sections=daily_sections(asked, ledger, corrections),
        definitions=DEFINITIONS,
        annex=DEFINED,
        facts=facts_of(asked.campaign, ledger),
        grade=ledger.grade,
        data_time=ledger.data_time,
    )


def framed(asked: Question, draft: Draft, *, corrects: int, kind: PaperKind = PaperKind.DAILY) -> Briefing:
    """What a kind of paper has to say, as a paper. `corrects`: how many editions there were before it."""
    about = asked.campaign.campaign
    found = Briefing(
        kind=kind,
        alert_id=asked.alert_id,
        number=draft.number,
        title=f"{draft.title}{f'（更正第{corrects}号）' if corrects else ''}",
        scope=asked.scope,
        as_of=asked.as_of,
        known_by=asked.known_by,
        corrects=corrects,
        tranche=asked.campaign.in_scope.name,
        grade=draft.grade,
        data_time=draft.data_time,
        banner=about.illustrative_banner if about.illustrative else None,
        freeze_id="",
        sections=draft.sections,
        facts=draft.facts,
    )
    return frozen(found, draft.definitions, annex=draft.annex)


def facts_of(campaign: Campaign, ledger: Ledger) -> tuple[Fact, ...]:
    return tuple(
        Fact(programme=row.key[0], name=campaign.programmes[row.key[0]].name, figures=row.figures)
        for row in ledger.rows
    )


def frozen(found: Briefing, definitions: tuple[str, ...], *, annex: str = "") -> Briefing:
    """With the id of what it holds, and the definitions that quote it; they end the body, or are an `annex`."""
    held = [found.title, found.as_of.isoformat(), found.known_by.isoformat(), *map(repr, found.sections)]
    held += [
        f"{fact.programme} {name} {getattr(fact.figures, name)}" for fact in found.facts for name in FIGURES
    ]
    freeze_id = hashlib.sha256("\n".join(held).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    whole = replace(found, freeze_id=freeze_id)
    last: Section = replace(definitions_section(whole, definitions), annex=annex)
    sections = sorted((*whole.sections, last), key=lambda s: bool(s.annex))
    return with_references(replace(whole, sections=tuple(sections)))
