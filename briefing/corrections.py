"""更正: every figure of an earlier paper that is another now, what it was, and why.

Both sides are worked out from the ledger: the paper's moment as people were last told of it, and as it is known now.
So the same moment gives the same corrections, whatever comes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from briefing.calendar import rounds_section
from briefing.funds import county_section, funds_section, general_section, sector_section
from briefing.money import Ledger, read_ledger
from briefing.opinion import opinion_of
from briefing.paper import Briefing, Cell, Figure, Kind, Section, Table, tell, written
from briefing.reference import Moment, address, cell_key, key, row_name
from briefing.text import day_of, moment_words
from briefing.why import Why
from domain.campaign import Campaign
from domain.readings import Scope
from domain.terms import count, yuan
from store.queries.briefings import Published, told_before
from store.queries.learnt import Learnt, learnt
from store.queries.progress import programmes_of

HEADING, TABLE = "更正", "corrections"
PAPERS, CHANGED, REOPENED = "有变化的专报（期）", "变化（处）", "不一致新增（项）"
WITHDRAWN = "前版的引文有应请求删除的，前版不再提供，以本版为准。"
Told = tuple[datetime, datetime]
"""A paper's moment, and until when what was learnt of it has been told."""
MOST_LINES = 200
"""On a page, newest papers first: a late event changes every cumulative figure since its day. A workbook has all."""
COLUMNS = (
    ("专报", Kind.TEXT), ("项目", Kind.TEXT), ("原报", Kind.TEXT), ("现为", Kind.TEXT), ("原因", Kind.TEXT),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One figure of a paper: where it stands, and of which row."""

    place: str
    name: str
    row: str  # what the table names it by; empty in a sentence
    key: str
    kind: Kind
    cell: Cell

    @property
    def shown(self) -> str:
        """Money to the fen: a change of one is a change."""
        if self.kind is Kind.WAN and isinstance(self.cell, int):
            return f"{yuan(self.cell)}元"
        return written(self.kind, self.cell)


Cites = dict[tuple[str, str], Cited]


def corrections_section(conn: Connection, campaign: Campaign, scope: Scope, *, as_of: datetime) -> Section:
    """Of the papers of earlier days that were out at `as_of`, against what their readers had been told since."""
    papers = told_before(conn, scope.code, day_of(as_of), known_by=as_of)
    if not papers:
        return Section(heading=HEADING, sentences=("此前未发布专报。",))
    return _section(conn, campaign, scope, papers, known_by=as_of)


def says_more(briefing: Briefing) -> bool:
    """Not where it would be a 更正 of nothing."""
    return not briefing.corrects or any(t.id == TABLE for s in briefing.sections for t in s.tables)


def correction_of(
    conn: Connection,
    campaign: Campaign,
    scope: Scope,
    *,
    as_of: datetime,
    told_until: datetime,
    known_by: datetime,
) -> Section:
    """What a paper that is published anew corrects in itself."""
    return _section(conn, campaign, scope, [(as_of, told_until)], known_by=known_by)


def withdrawn(section: Section, editions: Sequence[Published]) -> Section:
    """Says so where an edition before is not given out any more."""
    if all(paper.withheld_at is None for paper in editions):
        return section
    return replace(section, sentences=(*section.sentences, WITHDRAWN))


def _section(
    conn: Connection, campaign: Campaign, scope: Scope, papers: Sequence[Told], *, known_by: datetime
) -> Section:
    ids = [p.id for p in programmes_of(campaign, scope)]
    found: list[Change] = []
    changed: list[datetime] = []
    reopened = 0
    for as_of, told_until in papers:
        causes = learnt(conn, ids, about=as_of, since=told_until, until=known_by)
        reopened = max(reopened, causes.reopened)
        then, now = (
            _cited(conn, campaign, scope, as_of=as_of, known_by=at, causes=causes)
            for at in (told_until, known_by)
        )
        rows = list(changes(then, now, Why(campaign, causes), moment_words(as_of)))
        at = Moment(scope=scope.code, tranche=campaign.in_scope.name, as_of=as_of, known_by=told_until)
        refs = [_references(at, old, known_by) for old, _ in _pairs(then, now)]
        found += zip(rows, refs, strict=True)
        changed += [as_of] if rows else []
    sentences = tuple(_sentences(len(changed), len(found), reopened))
    return Section(
        heading=HEADING,
        sentences=sentences,
        figures=(
            Figure(name=PAPERS, kind=Kind.COUNT, cell=len(changed)),
            Figure(name=CHANGED, kind=Kind.COUNT, cell=len(found)),
            Figure(name=REOPENED, kind=Kind.COUNT, cell=reopened),
        ),
        tables=_tables(found),
    )


Row = tuple[Cell, ...]
Change = tuple[Row, tuple[str | None, ...]]
"""A line of the table, and what opens the evidence of either figure."""


def _references(at: Moment, cite: Cited, known_by: datetime) -> tuple[str | None, ...]:
    now = replace(at, known_by=known_by)
    return (None, None, address(at, figure=cite.key), address(now, figure=cite.key), None)


def _tables(found: Sequence[Change]) -> tuple[Table, ...]:
    rows, refs = tuple(row for row, _ in found), tuple(ref for _, ref in found)
    table = Table(id=TABLE, title="更正事项", columns=COLUMNS, rows=rows, refs=refs, names=2, most=MOST_LINES)
    return (table,) if found else ()


def _sentences(papers: int, figures: int, reopened: int) -> Iterator[str]:
    if not papers:
        yield "此前已发布专报的数字没有变化。"
    else:
        yield tell(
            "此前已发布的{}期专报中有数字变化，共{}处，见附件“更正事项表”；原专报不改动。",
            (count(papers), key(HEADING, PAPERS)),
            (count(figures), key(HEADING, CHANGED)),
        )
    if figures > MOST_LINES:
        yield f"附件列出较近的{MOST_LINES}处，其余见Excel“更正事项”表。"
    if reopened:
        yield tell(
            "与平台汇总数不一致新增{}项，涉及此前已发布专报的日期。",
            (count(reopened), key(HEADING, REOPENED)),
        )


def changes(then: Cites, now: Cites, why: Why, paper: str) -> Iterator[Row]:
    for old, new in _pairs(then, now):
        yield (paper, f"{old.place}·{old.name}", old.shown, new.shown, why.of(key=old.key, row=old.row))


def _pairs(then: Cites, now: Cites) -> Iterator[tuple[Cited, Cited]]:
    """Only of figures the paper had; a row that is gone counts nothing. From unknown to nothing is no change."""
    for place, old in then.items():
        new = now.get(place, replace(old, cell=0 if old.kind is Kind.COUNT else None))
        if old.shown != new.shown and not (old.cell is None and not new.cell):
            yield old, new


def _cited(
    conn: Connection, campaign: Campaign, scope: Scope, *, as_of: datetime, known_by: datetime, causes: Learnt
) -> Cites:
    """The money is only read where anything was learnt of it: that is what takes long."""
    found: list[Cited] = []
    if causes.any:
        ledger = read_ledger(conn, campaign, scope, as_of=as_of, known_by=known_by)
        found += [
            cite for section in money_sections(campaign, ledger, as_of=as_of) for cite in cites(section)
        ]
    talk = opinion_of(conn, campaign, scope, as_of=as_of, known_by=known_by)
    found += cites(talk)
    return {(cite.place, cite.name): cite for cite in found}


def money_sections(campaign: Campaign, ledger: Ledger, *, as_of: datetime) -> tuple[Section, ...]:
    return (
        general_section(ledger, as_of=as_of),
        county_section(ledger),
        sector_section(ledger),
        rounds_section(campaign, ledger, as_of=as_of),
        funds_section(ledger),
    )


def cites(section: Section) -> Iterator[Cited]:
    for figure in section.figures:
        at = key(section.heading, figure.name)
        yield Cited(
            place=section.heading, name=figure.name, row="", key=at, kind=figure.kind, cell=figure.cell
        )
    for table in section.tables:
        for row in table.rows:
            for i, (column, kind) in enumerate(table.columns):
                found = cell_key(table, row, i)
                if found is not None:
                    yield Cited(
                        place=table.title.partition("（")[0],
                        name=f"{row_name(table, row)}·{column.removesuffix('（万元）')}",
                        row=str(row[0]),
                        key=found,
                        kind=kind,
                        cell=row[i],
                    )
