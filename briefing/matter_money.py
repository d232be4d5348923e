"""The money an alert is about: as it was known when the alert was raised, and as it is known now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from briefing.doubt import CLAIMED, NET, SPENT, kept_cell, kept_words
from briefing.draft import Question
from briefing.event_facts import at_words
from briefing.matter_words import Matter
from briefing.paper import Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key
from domain.campaign import Programme
from domain.limits import held_of
from domain.measures import Figures
from domain.readings import is_use_unknown
from domain.sanity import Kept
from domain.terms import UNKNOWN, wan
from store.queries.alert_then import AlertStory
from store.queries.sanction_money import recovered_by_programme
from store.queries.totals import total_of, totals

HEADING, TABLE, BALANCE = "有关数字", "matter", "资金结余"
MOST_NAMED = 3
COLUMNS = (
    ("时点", Kind.TEXT), ("投放（张）", Kind.COUNT), ("领取（张）", Kind.COUNT), ("核销（张）", Kind.COUNT),
    ("净核销（万元）", Kind.WAN), ("退券面额（万元）", Kind.WAN), ("退回（万元）", Kind.WAN),
    ("带动比", Kind.TIMES),
)  # fmt: skip


def money_of_matter(asked: Question, matter: Matter) -> tuple[Section, ...]:
    """Nothing where it is of nobody's money."""
    programmes = matter.programmes
    if not programmes or matter.is_opinion_source:
        return ()
    raised = matter.story.raised_at
    then = _known(asked, matter, at=raised, known_by=raised)
    now = _known(asked, matter, at=asked.as_of, known_by=asked.known_by)
    allocation = sum(p.allocation_fen for p in programmes)
    left = (
        None
        if now is None or now.is_use_unknown
        else now.figures.balance_fen(allocation, recovered_fen=_recovered(asked, programmes))
    )
    held = frozenset[Kept]() if now is None else now.held
    names = "、".join(p.name for p in programmes[:MOST_NAMED])
    etc = f"等{len(programmes)}个发放主体" if len(programmes) > MOST_NAMED else ""
    balance = UNKNOWN if left is None else kept_words(wan(left), "万元", held, *NET)
    said = tell(
        f"涉及{names}{etc}：分配额度{{}}，资金结余{{}}。",
        (f"{wan(allocation)}万元", key(HEADING, "分配额度")),
        (balance, key(HEADING, BALANCE)),
    )
    rows = [(f"发现时（{at_words(raised)}）", *_cells(then)), (f"截至{at_words(asked.as_of)}", *_cells(now))]
    return (
        Section(
            heading=HEADING,
            sentences=(said,),
            figures=(
                Figure(name="分配额度", kind=Kind.WAN, cell=allocation),
                Figure(name=BALANCE, kind=Kind.WAN, cell=kept_cell(left, held, *NET)),
            ),
            tables=(Table(id=TABLE, title="发现时与现在", columns=COLUMNS, rows=tuple(rows)),),
        ),
    )


def _recovered(asked: Question, programmes: Sequence[Programme]) -> int:
    tranche = asked.campaign.in_scope.id
    back = recovered_by_programme(asked.conn, tranche, known_by=asked.known_by, until=asked.as_of)
    return sum(back.get(p.id, 0) for p in programmes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    figures: Figures
    held: frozenset[Kept]  # what of them cannot be
    is_use_unknown: bool  # of every programme: how much was used is unknown, not nothing


def _known(asked: Question, matter: Matter, *, at: datetime, known_by: datetime) -> _Known | None:
    """None: nothing had come from their platforms."""
    own = {p.id for p in matter.programmes}
    rows = totals(
        asked.conn, asked.campaign, by=("programme",), now=at, known_by=known_by, until=at,
        tranche=asked.campaign.in_scope.id,
    )  # fmt: skip
    mine = [row for row in rows if row.key[0] in own]
    heard = any(
        row.data_time or row.figures.claimed_count or row.figures.redeemed_gross_count for row in mine
    )
    if not heard:
        return None
    held = frozenset(kept for row in mine for kept in held_of(asked.campaign, row.key[0], row.figures))
    unused = all(is_use_unknown(row.figures, row.data_time) for row in mine)
    return _Known(figures=total_of(mine), held=held - _told_of(matter.story), is_use_unknown=unused)


def _told_of(story: AlertStory) -> frozenset[Kept]:
    """Of claims beyond what was let out the claims themselves are what is told, however doubtful."""
    return frozenset(CLAIMED) if story.subject.endswith("/overclaim") else frozenset()


def _cells(known: _Known | None) -> tuple[Cell, ...]:
    if known is None:
        return (None,) * (len(COLUMNS) - 1)
    f, held = known.figures, known.held
    claims = (f.issued_count, kept_cell(f.claimed_count, held, *CLAIMED))
    if known.is_use_unknown:
        return (*claims, *[None] * (len(COLUMNS) - 1 - len(claims)))
    return (
        *claims,
        kept_cell(f.redeemed_gross_count, held, Kept.REDEEMED),
        kept_cell(f.redeemed_net_fen, held, *NET),
        kept_cell(f.refunded_fen, held, Kept.REFUNDED),
        kept_cell(f.pool_returned_fen, held, Kept.REFUNDED),
        kept_cell(f.direct_leverage, held, *SPENT),
    )
