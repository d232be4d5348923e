"""What every page of ours but the wall is: a head that names its looks, and a body. Plain HTML."""

from __future__ import annotations

from html import escape

_DOCUMENT = """<!DOCTYPE html>
<html lang="zh-CN"{class_}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{head}<title>{title}</title>
<link rel="icon" href="/_favicon.ico">
<link rel="stylesheet" href="/assets/fonts/noto-sans-sc.css">
{looks}</head>
<body>
{body}
</body>
</html>
"""


def document(title: str, body: str, *, looks: tuple[str, ...], class_: str = "", head: str = "") -> str:
    """`title` is escaped here; `body` and `head`, whole lines for the head, are HTML. `looks`: names of stylesheets."""
    return _DOCUMENT.format(
        title=escape(title),
        body=body,
        head=head,
        class_=f' class="{class_}"' if class_ else "",
        looks="".join(f'<link rel="stylesheet" href="/assets/{look}.css">\n' for look in looks),
    )


def reloading(every_s: int) -> str:
    """For the head: the page asks again by itself."""
    return f'<meta http-equiv="refresh" content="{every_s}">\n'


def running(script: str) -> str:
    """For the head: a file of assets/."""
    return f'<script src="/assets/{script}" defer></script>\n'
