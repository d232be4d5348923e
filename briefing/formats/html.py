"""HTML for mail: no script, no outside resource, styles where mail programs keep them."""

from __future__ import annotations

from html import escape

from briefing.paper import Briefing, Kind, Section, Table, written
from briefing.text import clean, heading, subtitle

_PAGE = "max-width:820px;margin:0 auto;font:16px/1.7 FangSong,STFangsong,serif;color:#000"
_CELL = "border:1px solid #555;padding:3px 8px"


def render(briefing: Briefing) -> bytes:
    banner = (
        f'<p style="color:#c00;text-align:center">{_text(briefing.banner)}</p>' if briefing.banner else ""
    )
    body = "".join(_section(i, s) for i, s in enumerate(briefing.sections))
    page = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{_text(briefing.title)}</title>'
        f'</head><body><div style="{_PAGE}">{banner}<h1 style="text-align:center">{_text(briefing.title)}</h1>'
        f'<p style="text-align:center">{_text(subtitle(briefing))}</p>{body}</div></body></html>\n'
    )
    return page.encode()


def _section(position: int, section: Section) -> str:
    said = "".join(f'<p style="text-indent:2em">{_text(s)}</p>' for s in section.sentences)
    tables = "".join(map(_table, section.tables))
    return f"<h2>{_text(heading(position, section.heading))}</h2>{said}{tables}"


def _table(table: Table) -> str:
    heads = "".join(f'<th style="{_CELL}">{_text(name)}</th>' for name, _ in table.columns)
    rows = "".join(
        "<tr>"
        + "".join(_cell(k, written(k, c)) for (_, k), c in zip(table.columns, row, strict=True))
        + "</tr>"
        for row in table.rows
    )
    caption = f"<caption>{_text(table.title)}</caption>"
    return (
        f'<table style="border-collapse:collapse;width:100%">{caption}'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(kind: Kind, text: str) -> str:
    align = "left" if kind is Kind.TEXT else "right"
    return f'<td style="{_CELL};text-align:{align}">{_text(text)}</td>'


def _text(text: str) -> str:
    return escape(clean(text))
