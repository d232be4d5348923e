"""The frame of every page that people work with: head, title, as-of time, links. It works without any script."""

from __future__ import annotations

from datetime import datetime
from html import escape

from domain.terms import UNKNOWN, local

_FRAME = """<!DOCTYPE html>
<html lang="zh-CN" class="office-page {look}-page">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{again}<title>{title} · 券情</title>
<link rel="icon" href="/_favicon.ico">
<link rel="stylesheet" href="/assets/fonts/noto-sans-sc.css">
<link rel="stylesheet" href="/assets/quanqing.css">
<link rel="stylesheet" href="/assets/office.css">
<link rel="stylesheet" href="/assets/{look}.css">
</head>
<body>
<header>
<h1>{title}</h1>{badge}
<p class="as-of">截至 <time>{as_of}</time></p>
<nav>{links}</nav>
</header>
<main>
{body}
</main>
<footer><a href="/about-data">关于数据</a></footer>
</body>
</html>
"""


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
    again = "" if again_s is None else f'<meta http-equiv="refresh" content="{again_s}">'
    head = again if script is None else f'<script src="/assets/{script}" defer></script>\n'
    if script is not None and again:
        head += f"<noscript>{again}</noscript>"
    return _FRAME.format(
        title=escape(title),
        body=body,
        links=links,
        badge=f'<span class="badge">{escape(banner)}</span>' if banner else "",
        as_of=UNKNOWN if as_of is None else f"{local(as_of):%Y-%m-%d %H:%M:%S}",
        look=look,
        again=f"{head}\n" if head else "",
    )
