"""What a paired screen shows that opens a page it is not bound to: dark, readable from afar, and nothing to touch."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from dashboard.document import document, reloading

AGAIN_S = 30
"""As often it looks whether it may by now: a screen that was paired anew goes on by itself."""

_BODY = """<header>
<p class="mark" aria-hidden="true">券</p>
<h1>券情</h1>
</header>
<main class="bound">
<p>本屏“{screen}”绑定的是<b>{own}</b>大屏</p>
<p>{refused}</p>
<ul>
<li>要显示{own}：把本屏的地址改为 <b>{wall}</b></li>
<li>要改绑其他范围：请管理大屏的值班人员在 <b>{desk}</b> 停用本屏，再重新配对</li>
</ul>
</main>
<footer><p>每 {again_s} 秒自动重试，不用触碰</p></footer>"""


def bound_page(*, screen: str, own: str, asked: str | None, base_url: str) -> str:
    """`screen`: its name; `own` and `asked`: what the two divisions are called, None where no wall was asked for."""
    refused = f"不能显示{asked}大屏" if asked else "不能打开其他页面"
    host = urlsplit(base_url).netloc
    body = _BODY.format(
        again_s=AGAIN_S,
        screen=escape(screen),
        own=escape(own),
        refused=escape(refused),
        wall=escape(f"{host}/wall"),
        desk=escape(f"{host}/displays"),
    )
    return document("大屏范围不符 · 券情", body, looks=("pair",), head=reloading(AGAIN_S))
