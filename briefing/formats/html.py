"""HTML for mail: no script, no outside resource, styles where mail programs keep them."""

from __future__ import annotations

from html import escape

from briefing.paper import Briefing, Kind, Section, Table, cited, written
from briefing.reference import opens
from briefing.text import clean, heading, subtitle

_PAGE = "max-width:820px;margin:0 auto;font:16px/1.7 FangSong,STFangsong,serif;color:#000"
_CELL = "border:1px solid #555;padding:3px 8px"
_LINK = "color:inherit;text-decoration:none;border-bottom:1px dotted #777"


def render(briefing: Briefing, *, base: str | None = None) -> bytes:
    """`base`: the address of the desk, to which figures and quotes lead; None: they lead nowhere."""
    banner = (
        f'<p style="color:#c00;text-align:center">{_text(briefing.banner)}</p>' if briefing.banner else ""
    )
    body = "".join(_section(i, s, base) for i, s in enumerate(briefing.sections))
    page = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{_text(briefing.title)}</title>'
        f'</head><body><div style="{_PAGE}">{banner}<h1 style="text-align:center">{_text(briefing.title)}</h1>'
        f'<p style="text-align:center">{_text(subtitle(briefing))}</p>{body}</div></body></html>\n'
    )
    return page.encode()


def _section(position: int, section: Section, base: str | None) -> str:
    said = "".join(f'<p style="text-indent:2em">{_sentence(s, base)}</p>' for s in section.sentences)
    tables = "".join(_table(table.on_page, base) for table in section.tables)
    return f"<h2>{_text(heading(position, section.heading))}</h2>{said}{tables}"


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
