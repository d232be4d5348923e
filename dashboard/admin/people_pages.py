"""账号 and 授权: two pages over the same accounts, for two people who must not be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from dashboard.admin.parts import admin_page, button, moment, options, shown_once, table
from dashboard.entry.identity import Visitor
from dashboard.permissions import ADMINS, UNASSIGNED, needs_second_factor
from domain.terms import UNKNOWN
from store.queries.accounts import Account

_NEW = """<section><h2>新建账号</h2>
<form method="post" action="/admin/accounts">
<label>账号<input name="name" maxlength="32" required autocomplete="off" spellcheck="false"
 placeholder="姓名或工号"></label>
<button>新建</button>
</form>
<p class="notes">新账号没有任何权限，由安全管理员授权后方可使用。<br>
密码只显示一次，七日内首次登录有效，登录后须立即更改。</p>
</section>"""
_GRANT = """<form method="post" action="/admin/grants/role" class="line">
<input type="hidden" name="name" value="{name}">
<select name="role" aria-label="角色">{roles}</select>
<select name="county" aria-label="县区">{counties}</select>
<button class="small">授权</button>
</form>"""
_GRANT_NOTES = """<p class="notes">角色即单位职责；县区账号须选所属县区，其他角色不选。<br>
授权或变更后，该账号的登录立即退出，重新登录生效。<br>
值班与管理角色首次登录时绑定动态口令；手机丢失时在此重置，重置后重新绑定。</p>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What both pages are made of. `roles`, `counties`: by id and code, their words."""

    accounts: Sequence[Account]
    roles: Mapping[str, str]
    counties: Mapping[str, str]
    visitor: Visitor
    now: datetime
    banner: str | None


def accounts_page(found: People, *, made: tuple[str, str] | None = None, trouble: str | None = None) -> str:
    """`made`: an account and its new password, shown this once."""
    told = (
        shown_once(f"账号 <b>{escape(made[0])}</b> 的一次性密码（只显示这一次）：", made[1]) if made else ""
    )
    heads = ("账号", "角色", "状态", "密码", "动态口令", "最近活动", "操作")
    rows = [_account(account, found) for account in found.accounts]
    body = f"{told}<section><h2>全部账号 {len(rows)}</h2>{table('accounts', heads, rows)}</section>\n{_NEW}"
    return admin_page(
        "账号", body, visitor=found.visitor, now=found.now, banner=found.banner, trouble=trouble
    )


def grants_page(found: People, *, trouble: str | None = None) -> str:
    heads = ("账号", "现角色", "授权", "动态口令")
    waiting = sum(account.role == UNASSIGNED and not account.disabled for account in found.accounts)
    rows = [_grant(account, found) for account in found.accounts]
    count = f'<p class="figures"><span><b>{waiting}</b>待授权</span></p>' if waiting else ""
    body = f"{count}<section><h2>角色与县区</h2>{table('grants', heads, rows)}</section>\n{_GRANT_NOTES}"
    return admin_page(
        "授权", body, visitor=found.visitor, now=found.now, banner=found.banner, trouble=trouble
    )


def _account(account: Account, found: People) -> tuple[str, ...]:
    state = '<b class="off">已停用</b>' if account.disabled else "启用"
    password = (
        f"{moment(account.password_since)}{'<small>登录后须更改</small>' if account.must_change else ''}"
    )
    named = {"name": account.name}
    is_others = account.role in ADMINS and account.role != found.visitor.role
    acts = [] if is_others else [button("/admin/accounts/reset", "重设密码", named)]
    if account.disabled:
        acts = [button("/admin/accounts/enable", "启用", named)]
    elif account.name != found.visitor.name:
        acts.append(button("/admin/accounts/disable", "停用", named))
    return (
        escape(account.name),
        _role(account, found),
        state,
        password,
        _factor(account),
        moment(account.seen_at),
        f'<div class="line">{"".join(acts)}</div>',
    )


def _grant(account: Account, found: People) -> tuple[str, ...]:
    form = _GRANT.format(
        name=escape(account.name),
        roles=options(found.roles.items(), account.role),
        counties=options((("", "（全市）"), *found.counties.items()), account.county),
    )
    own = account.name == found.visitor.name
    reset = (
        button("/admin/grants/factor", "重置", {"name": account.name})
        if account.factor_since and not own
        else ""
    )
    return (
        f"{escape(account.name)}{'<small>已停用</small>' if account.disabled else ''}",
        _role(account, found),
        "<small>本人账号由另一位安全管理员授权</small>" if own else form,
        f'<div class="line">{_factor(account)}{reset}</div>',
    )


def _role(account: Account, found: People) -> str:
    words = escape(found.roles.get(account.role, account.role))
    if account.county is None:
        return words
    return f"{words}<small>{escape(found.counties.get(account.county, account.county))}</small>"


def _factor(account: Account) -> str:
    if account.factor_since is not None:
        return f"已绑定<small>{moment(account.factor_since)}</small>"
    return "待绑定" if needs_second_factor(account.role) else UNKNOWN
