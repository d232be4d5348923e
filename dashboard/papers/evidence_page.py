"""出处: one figure or quote of a paper with what stands behind it. Plain HTML, all escaped; links to nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from briefing.evidence import Evidence, Readings
from briefing.evidence_money import Part
from briefing.paper import Figure, Kind, Table, written
from briefing.reference import Moment, address, figures_in
from briefing.terms import Term
from dashboard.frame import framed
from domain.readings import Scope
from domain.terms import GRADE, NO_DATA, UNKNOWN, count, day, local, medium, yuan
from store.queries.briefings import Published

LINKS = '<a href="/briefings">专报</a><a href="/wall">大屏</a>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The published paper that a reference names, and what it says there."""

    paper: Published
    words: str | None  # None: it does not say it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What every page of evidence has in common."""

    scope: Scope
    at: Moment
    tranche: str
    version: str | None
    told: Told | None
    banner: str | None


def figure_page(sheet: Sheet, readings: Readings, found: Evidence) -> str:
    figure = found.figure
    body = (
        f"{_head(sheet, figure.name, exact(figure))}{_stamp(readings)}{_checked(sheet, shown(figure))}"
        f"{_terms(found)}{_parts(found.parts)}{_media(found)}{_sources(readings.sources)}{_again(sheet)}"
    )
    return page("数字出处", body, sheet)


def published_page(sheet: Sheet, name: str) -> str:
    """Of a figure that only the published paper has: nothing is worked out for it."""
    said = sheet.told.words if sheet.told else None
    body = f"{_head(sheet, name.replace('/', '·'), said or UNKNOWN)}{_published(sheet)}{_again(sheet)}"
    return page("数字出处", body, sheet)


def index_page(sheet: Sheet, readings: Readings) -> str:
    """Every figure of the moment, each with its own page."""
    rows = [
        (
            f'<a href="{escape(address(sheet.at, version=sheet.version, figure=key))}">{escape(figure.name)}</a>',
            escape(shown(figure)),
        )
        for section in readings.sections
        for key, figure in figures_in(section)
    ]
    body = (
        f"{_moment(sheet)}{_stamp(readings)}{_published(sheet)}{grid(('项目', '数字'), rows)}{_again(sheet)}"
    )
    return page("专报出处", body, sheet)


def page(title: str, body: str, sheet: Sheet) -> str:
    return framed(title, body, links=LINKS, as_of=sheet.at.as_of, banner=sheet.banner)


def shown(figure: Figure) -> str:
    return written(figure.kind, figure.cell)


def exact(figure: Figure) -> str:
    """Money to the fen beside its 万元."""
    if figure.kind is Kind.WAN and isinstance(figure.cell, int):
        return f"{shown(figure)}万元（{yuan(figure.cell)}元）"
    return shown(figure)


def _head(sheet: Sheet, name: str, words: str) -> str:
    return f'<h2>{escape(name)}</h2><p class="figure"><strong>{escape(words)}</strong></p>{_moment(sheet)}'


def _moment(sheet: Sheet) -> str:
    at = sheet.at
    known = "" if at.known_by == at.as_of else f"，含{when(at.known_by)}前到达的迟到与更正数据"
    return (
        f'<p class="notes">范围：{escape(sheet.scope.name)}；资金批次：{escape(sheet.tranche)}；'
        f"截至{when(at.as_of)}{known}；冻结号：{escape(sheet.version or UNKNOWN)}。</p>"
    )


def _stamp(readings: Readings) -> str:
    time = UNKNOWN if readings.data_time is None else when(readings.data_time)
    return f'<p class="notes">口径：{GRADE[readings.grade]}；数据时间：{time}。</p>'


def _checked(sheet: Sheet, now: str) -> str:
    """The published paper against what is read now of the same moment."""
    if sheet.told is None or sheet.told.words is None:
        return _published(sheet)
    same = sheet.told.words == now
    word = "与专报所载一致" if same else f"专报所载为“{escape(sheet.told.words)}”，与重新读取的不一致"
    return f'<p class="{"notes" if same else "trouble"}" role="status">{word}。</p>{_published(sheet)}'


def _published(sheet: Sheet) -> str:
    if sheet.told is None:
        return '<p class="notes">没有以此冻结号发布的专报，以下为按同一时刻台账读取的数字。</p>'
    paper = sheet.told.paper
    return (
        f'<p class="notes">专报：<a href="/briefings/{paper.briefing_id}/preview">{escape(paper.title)}</a>'
        f"（第 {paper.edition} 版，{when(paper.published_at)}发布）。</p>"
    )


def _terms(found: Evidence) -> str:
    terms = found.terms
    if found.figure.cell is None:
        return f'<p class="notes">{NO_DATA}：有关来源尚未报送，或不足以计算。</p>'
    if terms is None:
        return '<p class="notes">计数或推算值，无分子分母；算法见专报“口径说明”。</p>'
    rows = [("分子" if terms.below else "数量", terms.above)] + (
        [("分母", terms.below)] if terms.below else []
    )
    cells = [(word, escape(term.name), escape(amount(term))) for word, term in rows]
    return f"<h2>怎样得出</h2><p>{escape(terms.words)}</p>{grid(('', '项目', '数值'), cells)}"


def amount(term: Term) -> str:
    return exact(Figure(name=term.name, kind=term.kind, cell=term.cell))


def _parts(parts: Sequence[Part]) -> str:
    if not parts:
        return ""
    first = parts[0]
    heads = [
        "发放主体",
        first.above.name,
        *([first.below.name] if first.below else []),
        "口径",
        "数据时间",
        "数据来源",
    ]
    rows = [
        (
            escape(part.programme),
            escape(amount(part.above)),
            *([escape(amount(part.below))] if part.below else []),
            UNKNOWN if part.grade is None else GRADE[part.grade],
            when(part.data_time),
            "<br>".join(f"{escape(name)}（{when(at)}）" for name, at in part.sources) or UNKNOWN,
        )
        for part in parts
    ]
    return f"<h2>各发放主体</h2>{grid(heads, rows)}"


def _media(found: Evidence) -> str:
    if not found.media:
        return ""
    rows = [(escape(medium(media)), count(n)) for media, n in found.media]
    return f"<h2>帖文来自</h2>{grid(('平台', '帖文（条）'), rows)}"


def _sources(table: Table | None) -> str:
    if table is None:
        return ""
    heads = [name for name, _ in table.columns]
    rows = [
        [escape(written(k, c)) for (_, k), c in zip(table.columns, row, strict=True)] for row in table.rows
    ]
    return f"<h2>当时各数据来源</h2>{grid(heads, rows)}"


def _again(sheet: Sheet) -> str:
    at = local(sheet.at.known_by)
    whole = address(sheet.at, version=sheet.version)
    of = sheet.at.alert_id
    alert = f'；<a href="/desk/alerts/{of}">预警 {of}</a>' if of else ""
    return (
        f'<p class="notes">核对：<code>quanqing totals --as-of {at:%Y-%m-%dT%H:%M:%S}</code>；'
        f'<a href="{escape(whole)}">本期全部数字</a>{alert}。</p>'
    )


def when(moment: datetime | None) -> str:
    return UNKNOWN if moment is None else f"{day(moment)}{local(moment):%H:%M}"


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` are HTML."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="evidence">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>'
