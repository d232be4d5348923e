"""更正 of any kind of paper: written once as its readers were last told of it and once as it is known now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from briefing.corrections import CHANGED, COLUMNS, HEADING, TABLE, changes, cites
from briefing.draft import Drafting, Question
from briefing.paper import Figure, Kind, Section, Table, tell
from briefing.reference import key
from briefing.text import moment_words
from briefing.why import Why
from domain.terms import count
from store.queries.learnt import learnt
from store.queries.progress import programmes_of


def amended_section(draft: Drafting, asked: Question, *, told_until: datetime) -> Section:
    """Every figure that is another one now, with what it was and why."""
    ids = [p.id for p in programmes_of(asked.campaign, asked.scope)]
    causes = learnt(asked.conn, ids, about=asked.as_of, since=told_until, until=asked.known_by)
    then, now = (
        {(cite.place, cite.name): cite for section in draft(at).sections for cite in cites(section)}
        for at in (replace(asked, known_by=told_until), asked)
    )
    rows = tuple(changes(then, now, Why(asked.campaign, causes), moment_words(asked.as_of)))
    if not rows:
        return Section(heading=HEADING, sentences=("本期原报的数字没有变化。",))
    table = Table(id=TABLE, title="更正事项", columns=COLUMNS, rows=rows, names=2)
    changed = Figure(name=CHANGED, kind=Kind.COUNT, cell=len(rows))
    said = tell("本期原报有{}处数字变化，列出如下；原报不改动。", (count(len(rows)), key(HEADING, CHANGED)))
    return Section(heading=HEADING, sentences=(said,), figures=(changed,), tables=(table,))
