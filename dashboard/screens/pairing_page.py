"""What a screen shows that nobody has paired: a code, large, and what to do with it. `assets/pair.js` fills it in."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from dashboard.document import document, running
from domain.displays import CODE_LENGTH

_BODY = """<header>
<p class="mark" aria-hidden="true">券</p>
<h1>券情<small>{campaign}</small></h1>{badge}
</header>
<main>
<p id="why">此屏尚未配对</p>
<p id="code" aria-live="polite" data-state="waiting">{places}</p>
<div class="left"><i id="left-bar"></i></div>
<p id="left">正在取配对码</p>
<ol>
<li>在值班电脑上登录，打开 <b>{desk}</b></li>
<li>输入上面的配对码，填写名称、范围、尺寸和观看距离</li>
<li>本屏随即自动进入大屏，不用触碰</li>
</ol>
</main>
<footer>
<p id="state" data-state="waiting">等待配对</p>
<a href="/login?next=/wall">值班人员登录</a>
</footer>
<noscript><p class="no-script">此浏览器不运行脚本，不能用作大屏。</p></noscript>"""


def pairing_page(*, campaign: str, banner: str | None, desk: str) -> str:
    """`desk`: the address of the page where the code is entered; shown without its scheme, as people type it."""
    address = urlsplit(desk)
    body = _BODY.format(
        campaign=escape(campaign),
        badge=f'<span class="badge">{escape(banner)}</span>' if banner else "",
        places="<b></b>" * CODE_LENGTH,
        desk=escape(address.netloc + address.path),
    )
    return document("大屏配对 · 券情", body, looks=("pair",), head=running("pair.js"))
