"""D2 of the domain's alert list: a platform's own total is not ours, and nobody has said why.

One alert a programme: three metrics of one lost file are one matter. Its level follows the largest difference; a
difference in vouchers alone is worth their face where the lot is known, and yellow where it is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Window
from alerts.parameters import Parameters
from domain.campaign import Campaign
from domain.money import FEN_PER_YUAN
from domain.readings import Level
from domain.statements import Discrepancy, Subject
from domain.terms import METRIC, count, month_day, yuan

ID = "unreconciled"
_REASONS = 5


def findings(window: Window) -> Iterable[Finding]:
    by_programme: dict[str, list[Discrepancy]] = defaultdict(list)
    for discrepancy in window.discrepancies:
        by_programme[discrepancy.subject.programme].append(discrepancy)
    for programme, found in sorted(by_programme.items()):
        yield _finding(window.campaign, programme, found, window.parameters)


def _finding(campaign: Campaign, programme: str, found: list[Discrepancy], parameters: Parameters) -> Finding:
    worth = [amount for d in found if (amount := _amount_fen(campaign, d)) is not None]
    facts = {"largest_fen": max(worth, default=None), "unvalued_count": len(found) - len(worth)}
    return Finding(
        subject=programme,
        level=level(facts, parameters),
        title=_title(campaign, programme, found),
        reasons=tuple(_words(campaign, d) for d in found[:_REASONS])
        + ((f"另有 {count(len(found) - _REASONS)} 项",) if len(found) > _REASONS else ()),
        evidence=tuple(str(d.discrepancy_id) for d in found[:EVIDENCE_KEPT]),
        evidence_count=len(found),
        county=campaign.programmes[programme].division if programme in campaign.programmes else None,
        facts=facts,
        began_at=min(d.subject.day or d.opened_at for d in found),
    )


def _title(campaign: Campaign, programme: str, found: list[Discrepancy]) -> str:
    owner = campaign.programmes.get(programme)
    name = owner.name if owner else programme
    if len(found) == 1:
        return f"{name}对账不符：{_words(campaign, found[0])}"
    return f"{name}有 {count(len(found))} 项对账不符"


def _words(campaign: Campaign, d: Discrepancy) -> str:
    """ "10月28日 核销 市民付多 1 张、20.00 元"."""
    platform = campaign.platforms.get(d.subject.platform)
    name = platform.name if platform else d.subject.platform
    return f"{_place(campaign, d.subject)} {METRIC[d.subject.metric]} {name}{_more(d)}"


def _place(campaign: Campaign, subject: Subject) -> str:
    when = month_day(subject.day) if subject.day else "累计"
    template = campaign.templates.get(subject.template or "")
    if subject.template is None:
        return when
    return f"{when} {template.name if template else subject.template} 第{subject.round_no}轮"


def _more(d: Discrepancy) -> str:
    parts = []
    if d.difference.count:
        parts.append(f"{_side(d.difference.count)} {count(abs(d.difference.count))} 张")
    if d.difference.fen:
        parts.append(f"{_side(d.difference.fen)} {yuan(abs(d.difference.fen))} 元")
    return "、".join(parts)


def _side(difference: int) -> str:
    return "多" if difference > 0 else "少"


def _amount_fen(campaign: Campaign, d: Discrepancy) -> int | None:
    template = campaign.templates.get(d.subject.template or "")
    if d.difference.fen:
        return abs(d.difference.fen)
    if d.difference.count and template is not None:
        return abs(d.difference.count) * template.face_fen
    return None


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    """Of the largest difference; what nobody can value is yellow at least."""
    given, largest_fen = parameters.unreconciled, facts["largest_fen"] or 0
    steps = (
        (given.red_yuan, Level.RED),
        (given.orange_yuan, Level.ORANGE),
        (given.yellow_yuan, Level.YELLOW),
    )
    lowest = Level.YELLOW if facts["unvalued_count"] else Level.BLUE
    return next((level for least, level in steps if largest_fen >= least * FEN_PER_YUAN), lowest)
