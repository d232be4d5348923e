"""HTML for mail: no script, no outside resource, styles where mail programs keep them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from briefing.paper import Briefing, Kind, Table, cited, written
from briefing.reference import opens
from briefing.text import Placed, annexes, clean, placed, subtitle

_PAGE = "max-width:820px;margin:0 auto;font:16px/1.7 FangSong,STFangsong,serif;color:#000"
_CELL = "border:1px solid #555;padding:3px 8px"
_ANNEX = "break-before:page;margin-top:3em;border-top:1px solid #999;padding-top:1em;font-weight:bold"
_LINK = "color:inherit;text-decoration:none;border-bottom:1px dotted #777"


def render(briefing: Briefing, *, base: str | None = None) -> bytes:
    """`base`: the address of the desk, to which figures and quotes lead; None: they lead nowhere."""
    banner = (
        f'<p style="color:#c00;text-align:center">{_text(briefing.banner)}</p>' if briefing.banner else ""
    )
    parts = list(placed(briefing.sections))
    body = "".join(_section(p, base) for p in parts if not p.section.annex)
    body += _listed(annexes(briefing.sections))
    body += "".join(_section(p, base) for p in parts if p.section.annex)
    page = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{_text(briefing.title)}</title>'
        f'</head><body><div style="{_PAGE}">{banner}<h1 style="text-align:center">{_text(briefing.title)}</h1>'
        f'<p style="text-align:center">{_text(subtitle(briefing))}</p>{body}</div></body></html>\n'
    )
    return page.encode()


def _section(p: Placed, base: str | None) -> str:
    said = "".join(f'<p style="text-indent:2em">{_sentence(s, base)}</p>' for s in p.section.sentences)
    tables = "".join(_table(table.on_page, base) for table in p.section.tables)
    head = f"<h2>{_text(p.heading)}</h2>" if p.heading else ""
    return f"{_opened(*p.opens) if p.opens else ''}{head}{said}{tables}"


def _opened(mark: str, title: str) -> str:
    return (
        f'<p style="{_ANNEX}">{_text(mark)}</p>'
        f'<h2 style="text-align:center;font-size:1.5em">{_text(title)}</h2>'
    )


def _listed(titles: Sequence[str]) -> str:
    """The numbers under each other."""
    lines = "<br>".join(map(_text, titles))
    return (
        f'<div style="display:flex;margin:2em 0 1em 2em"><span>附件：</span><span>{lines}</span></div>'
        if titles
        else ""
    )


def _sentence(sentence: str, base: str | None) -> str:
    return "".join(_linked(text, opens(base, ref)) for text, ref in cited(sentence))


def _table(table: Table, base: str | None) -> str:
    heads = "".join(f'<th style="{_CELL}">{_text(name)}</th>' for name, _ in table.columns)
    rows = "".join(f"<tr>{_row(table, n, base)}</tr>" for n in range(len(table.rows)))
    caption = f"<caption>{_text(table.title)}</caption>"
    return (
        f'<table style="border-collapse:collapse;width:100%">{caption}'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(table: Table, row: int, base: str | None) -> str:
    return "".join(
        _cell(kind, _linked(written(kind, cell), opens(base, table.ref(row, i))))
        for i, ((_, kind), cell) in enumerate(zip(table.columns, table.rows[row], strict=True))
    )


def _cell(kind: Kind, inside: str) -> str:
    align = "left" if kind is Kind.TEXT else "right"
    return f'<td style="{_CELL};text-align:{align}">{inside}</td>'


def _linked(text: str, address: str | None) -> str:
    return f'<a href="{escape(address)}" style="{_LINK}">{_text(text)}</a>' if address else _text(text)


def _text(text: str) -> str:
    return escape(clean(text))
