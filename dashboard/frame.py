"""The frame of every page that people work with: head, title, as-of time, links. It works without any script."""

from __future__ import annotations

from datetime import datetime
from html import escape

from dashboard.document import document, reloading, running
from domain.terms import UNKNOWN, local

_BODY = """<header>
<h1>{title}</h1>{badge}
<p class="as-of">截至 <time>{as_of}</time></p>
<nav>{links}</nav>
</header>
<main>
{body}
</main>
<footer><a href="/login">我的全部页面</a><a href="/about-data">关于数据</a></footer>"""


def framed(
    title: str,
    body: str,
    *,
    links: str,
    as_of: datetime | None,
    banner: str | None,
    look: str = "sources",
    again_s: int | None = None,
    script: str | None = None,
) -> str:
    """`title` is escaped here, `body` and `links` are HTML. `look`: its stylesheet.

    `again_s`: it reloads by itself; where `script`, a file of assets/, runs, that sees to it instead.
    """
    head = "" if again_s is None else reloading(again_s)
    if script is not None:
        head = running(script) + (f"<noscript>{head.strip()}</noscript>\n" if head else "")
    whole = _BODY.format(
        title=escape(title),
        body=body,
        links=links,
        badge=f'<span class="badge">{escape(banner)}</span>' if banner else "",
        as_of=UNKNOWN if as_of is None else f"{local(as_of):%Y-%m-%d %H:%M:%S}",
    )
    looks, class_ = ("quanqing", "office", look), f"office-page {look}-page"
    return document(f"{title} · 券情", whole, looks=looks, class_=class_, head=head)
