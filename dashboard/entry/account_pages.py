"""The pages about one's own account: no script on any, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dashboard.entry.identity import LEAST_DIFFERENT, PASSWORD_CHARS
from dashboard.entry.second_factor import in_groups
from dashboard.pages import sheet

_CHANGE = """<p class="words">{why}</p>
{trouble}<form method="post" action="/account/password">
<input type="hidden" name="next" value="{target}">
<input type="hidden" name="name" value="{name}" autocomplete="username">
<label for="old">现密码</label>
<input id="old" name="old" type="password" autocomplete="current-password" maxlength="200" required autofocus>
<label for="new">新密码</label>
<input id="new" name="new" type="password" autocomplete="new-password" minlength="{least}" maxlength="200" required>
<label for="again">再输入一次新密码</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="{least}" maxlength="200" required>
<button>更改密码</button>
</form>
<p class="hint">{least} 至 {most} 个字符，至少 {different} 个不同的字符，不含账号，
不是常见密码（如单词加年份、键盘顺序）。一句自己记得住的话，比符号多的短密码更好。</p>
{leave}"""

_ENROL = """<p class="words">{why}</p>
{trouble}<ol class="steps">
<li>用手机验证器扫描二维码（任何支持 TOTP 的验证器均可）。</li>
<li>输入验证器上显示的六位数字。</li>
</ol>
<p class="qr"><img src="{qr}" width="230" height="230"
 alt="动态口令二维码；不能扫描时，请在验证器中手工输入下面的密钥"></p>
<p class="secret">密钥：<code>{secret}</code></p>
<form method="post" action="/account/factor">
<input type="hidden" name="next" value="{target}">
<input type="hidden" name="sealed" value="{sealed}">
<label for="code">动态口令</label>
<input id="code" name="code" class="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8" required
 autofocus>
<button>启用</button>
</form>
{leave}"""

_CODE = """<p class="words">{why}</p>
{trouble}<form method="post" action="/account/code">
<input type="hidden" name="next" value="{target}">
<label for="code">动态口令</label>
<input id="code" name="code" class="code" autocomplete="one-time-code" maxlength="32" required autofocus>
<button>继续</button>
</form>
<p class="hint">手机不在身边时，可输入一个恢复码，每个只能用一次。都没有时，请联系安全管理员重置。</p>
{leave}"""

_RECOVERY = """<p class="words">动态口令已启用。请把这些恢复码记在纸上收好：只显示这一次，每个只能用一次。</p>
<ul class="codes">{codes}</ul>
<a class="button" href="{target}">已记下，继续</a>
"""

_HAS_FACTOR = """<p class="words">动态口令已启用，还有 {left} 个恢复码。</p>
<p class="hint">更换手机或恢复码用完时，请联系安全管理员重置，重置后登录时重新绑定。</p>
<a class="button" href="/login">返回</a>
"""

_LEAVE = '<form method="post" action="/logout"><button class="quiet">退出登录</button></form>'


def password_page(*, name: str, target: str, is_owed: bool, trouble: str | None = None) -> str:
    least, most = PASSWORD_CHARS
    why = "继续之前，请先更改密码。" if is_owed else "更改密码。其他地方的登录会同时退出。"
    body = _CHANGE.format(
        why=why,
        trouble=_trouble(trouble),
        name=escape(name),
        target=escape(target),
        least=least,
        most=most,
        different=LEAST_DIFFERENT,
        leave=_LEAVE,
    )
    return sheet("更改密码 · 券情", body)


def enrol_page(
    *, secret: str, sealed: str, qr: str, target: str, is_owed: bool, trouble: str | None = None
) -> str:
    why = "这个角色登录须用动态口令，请先绑定手机。" if is_owed else "为账号绑定动态口令。"
    body = _ENROL.format(
        why=why,
        trouble=_trouble(trouble),
        secret=in_groups(secret),
        sealed=escape(sealed),
        qr=escape(qr),
        target=escape(target),
        leave=_LEAVE,
    )
    return sheet("绑定动态口令 · 券情", body)


def code_page(*, target: str, trouble: str | None = None) -> str:
    why = "请输入手机验证器上的动态口令。"
    body = _CODE.format(why=why, trouble=_trouble(trouble), target=escape(target), leave=_LEAVE)
    return sheet("动态口令 · 券情", body)


def recovery_page(codes: Sequence[str], *, target: str) -> str:
    rows = "".join(f"<li><code>{in_groups(code)}</code></li>" for code in codes)
    return sheet("恢复码 · 券情", _RECOVERY.format(codes=rows, target=escape(target)))


def has_factor_page(*, left: int) -> str:
    return sheet("动态口令 · 券情", _HAS_FACTOR.format(left=left))


def _trouble(words: str | None) -> str:
    return f'<p class="trouble" role="alert">{escape(words)}</p>\n' if words else ""
