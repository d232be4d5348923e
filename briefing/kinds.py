"""Every kind of paper by its name: one frame around what each has to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from briefing.amended import amended_section
from briefing.compose import compose, daily_draft, framed
from briefing.corrections import withdrawn
from briefing.draft import Draft, Drafting, Question
from briefing.event_paper import event_paper
from briefing.final_paper import final_paper
from briefing.opinion_paper import opinion_paper
from briefing.paper import Briefing
from briefing.weekly_paper import weekly_paper
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Scope
from store.queries.briefings import editions_at
from store.queries.sources import Expected

DRAFTS: Final[dict[PaperKind, Drafting]] = {
    PaperKind.OPINION: opinion_paper,
    PaperKind.EVENT: event_paper,
    PaperKind.WEEKLY: weekly_paper,
    PaperKind.FINAL: final_paper,
}
"""The daily paper is `compose` itself: it corrects those of earlier days, too."""


def draft_of(kind: PaperKind, asked: Question) -> Draft:
    """What a paper of that kind has to say, without what it corrects."""
    return (DRAFTS | {PaperKind.DAILY: daily_draft})[kind](asked)


def compose_paper(
    conn: Connection,
    campaign: Campaign,
    expected: Sequence[Expected],
    scope: Scope,
    *,
    as_of: datetime,
    known_by: datetime | None = None,
    kind: PaperKind = PaperKind.DAILY,
    alert_id: int = 0,
) -> Briefing:
    """The paper of that kind as `compose` makes the day's: the same moment gives the same, later news a 更正."""
    if kind is PaperKind.DAILY:
        return compose(conn, campaign, expected, scope, as_of=as_of, known_by=known_by)
    asked = Question(
        conn=conn,
        campaign=campaign,
        configured=expected,
        scope=scope,
        as_of=as_of,
        known_by=known_by or as_of,
        alert_id=alert_id,
    )
    before = editions_at(conn, scope.code, as_of, known_by=asked.known_by, kind=kind, alert_id=asked.alert_id)
    draft = DRAFTS[kind](asked)
    if before:
        amended = amended_section(DRAFTS[kind], asked, told_until=before[-1].known_by)
        draft = replace(draft, sections=(*draft.sections, withdrawn(amended, before)))
    return framed(asked, draft, corrects=len(before), kind=kind)
