"""The small pages: signing in, and a plain message. No script on either; everything is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from dashboard.document import document, reloading
from dashboard.entry.identity import Visitor

_SHEET = """<main class="sheet">
<header>
<p class="mark" aria-hidden="true">券</p>
<div><h1>券情</h1><p class="what">政府数字消费券运行与舆情监测</p></div>
</header>
{body}
</main>"""

_FORM = """<p class="campaign">{campaign}{illustrative}</p>
{trouble}<form method="post" action="/login">
<input type="hidden" name="next" value="{target}">
<label for="name">账号</label>
<input id="name" name="name" value="{name}" autocomplete="username" maxlength="64" required {focus_name}>
<label for="password">密码</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="200" required
 {focus_password}>
<button>登录</button>
</form>
{office}{unasked}<p class="hint">这是一块大屏？无需登录：<a href="/pair">显示配对码</a>。</p>
"""

_OFFICE = '<p class="hint"><a href="/login/office?next={target}">用单位账号登录</a></p>\n'
_UNASKED = '<p class="hint">本环境未启用动态口令。</p>\n'

_SIGNED_IN = """<p class="campaign">{campaign}{illustrative}</p>
<p class="who">已登录：<strong>{name}</strong><small>{role}</small></p>
{way_on}{pages}<p class="hint"><a href="/account/password">更改密码</a>　<a href="/account/factor">动态口令</a></p>
<form method="post" action="/logout"><button class="quiet">退出登录</button></form>
"""


def sheet(title: str, body: str, *, head: str = "") -> str:
    """A small page of its own; `title` is escaped, the rest is HTML already."""
    return document(title, _SHEET.format(body=body), looks=("login",), head=head)


def login_page(
    *,
    campaign: str,
    banner: str | None,
    target: str,
    name: str = "",
    trouble: str | None = None,
    asks_factor: bool = True,
    has_office: bool = False,
) -> str:
    """The sign-in form. `banner`: 演示数据 while the campaign file says so; `target`: where to go afterwards.

    `asks_factor`: whether the deployment asks for second factors: that it does not is said. `has_office`: whether an
    office's own service signs people in, too.
    """
    body = _FORM.format(
        campaign=escape(campaign),
        illustrative=_badge(banner),
        trouble=f'<p class="trouble" role="alert">{escape(trouble)}</p>\n' if trouble else "",
        target=escape(target),
        name=escape(name),
        office=_OFFICE.format(target=quote(target, safe="/")) if has_office else "",
        unasked="" if asks_factor else _UNASKED,
        focus_name="" if name else "autofocus",
        focus_password="autofocus" if name else "",
    )
    return sheet("登录 · 券情", body)


def signed_in_page(
    visitor: Visitor,
    *,
    campaign: str,
    banner: str | None,
    way_on: tuple[str, str] | None,
    role: str = "",
    pages: Iterable[tuple[str, str]] = (),
) -> str:
    """What the sign-in address shows to who is signed in already: the way on, and the way out.

    `role`: in words, and what is to be done where there is none yet. `way_on`: address and words of the button; None
    for whom there is nothing yet. `pages`: address and name of each other page that is the visitor's business.
    """
    body = _SIGNED_IN.format(
        campaign=escape(campaign),
        illustrative=_badge(banner),
        name=escape(visitor.name),
        role=escape(role),
        way_on="" if way_on is None else f'<a class="button" href="{escape(way_on[0])}">{way_on[1]}</a>\n',
        pages="".join(f'<p class="hint"><a href="{path}">{name}</a></p>\n' for path, name in pages),
    )
    return sheet("券情", body)


SIGN_IN, ACCOUNT = ("/login", "前往登录"), ("/login", "返回我的账号")
"""Ways on: the same page, which says who has signed in."""


def message_page(words: str, *, retry_s: int | None = None, way: tuple[str, str] = SIGN_IN) -> str:
    """One sentence and the `way` on, its address and name.

    With `retry_s` the page asks again by itself: a wall may be looking at it.
    """
    path, name = way
    body = f'<p class="words">{escape(words)}</p>\n<p class="hint"><a href="{path}">{name}</a></p>'
    return sheet("券情", body, head="" if retry_s is None else reloading(retry_s))


def _badge(banner: str | None) -> str:
    return f' <span class="badge">{escape(banner)}</span>' if banner else ""
