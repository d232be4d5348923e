"""What the pages under `/admin` share: the way between them, a button that does one thing, the words for a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from dashboard.entry.identity import Visitor
from dashboard.frame import framed
from dashboard.permissions import May, is_business_of
from domain.terms import UNKNOWN, local

PAGES = (
    (May.ACCOUNTS, "/admin/accounts", "账号"),
    (May.GRANT, "/admin/grants", "授权"),
    (May.GRANT, "/admin/sessions", "会话"),
    (May.GRANT, "/admin/tokens", "接口令牌"),
    (May.AUDIT, "/admin/audit", "审计日志"),
)


def pages_of(visitor: Visitor) -> list[tuple[str, str]]:
    """(address, name) of what is the visitor's business."""
    return [(path, name) for may, path, name in PAGES if is_business_of(visitor, may)]


def admin_page(
    title: str, body: str, *, visitor: Visitor, now: datetime, banner: str | None, trouble: str | None = None
) -> str:
    links = "".join(
        f'<a href="{path}">{name}</a>' for path, name in (*pages_of(visitor), ("/login", "我的账号"))
    )
    told = f'<p class="trouble" role="alert">{escape(trouble)}</p>\n' if trouble else ""
    return framed(title, told + body, links=links, as_of=now, banner=banner, look="desk")


def button(action: str, words: str, fields: Mapping[str, str]) -> str:
    """A form of its own: one click, one act."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items()
    )
    return f'<form method="post" action="{action}">{hidden}<button class="small">{words}</button></form>'


def options(choices: Iterable[tuple[str, str]], chosen: str | None = None) -> str:
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in choices
    )


def table(name: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Cells are HTML already."""
    head = "".join(f"<th>{words}</th>" for words in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>'


def moment(at: datetime | None) -> str:
    return UNKNOWN if at is None else f"{local(at):%Y-%m-%d %H:%M}"


def shown_once(words: str, secret: str) -> str:
    return (
        f'<section class="once" role="status"><p>{words}</p><p><code>{escape(secret)}</code></p></section>\n'
    )
