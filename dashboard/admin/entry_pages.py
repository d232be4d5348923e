"""会话 and 接口令牌: who is in at this moment, and what lets machines in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from dashboard.admin.parts import admin_page, button, moment, options, shown_once, table
from dashboard.entry.identity import IDLE, Visitor
from dashboard.permissions import MACHINES
from domain.terms import UNKNOWN
from store.queries.accounts import OpenSession
from store.queries.tokens import ApiToken

DAYS = (30, 90, 365)

_NEW = """<section><h2>新建令牌</h2>
<form method="post" action="/admin/tokens">
<label>用途<input name="name" maxlength="32" required autocomplete="off" placeholder="哪个系统、谁负责"></label>
<label>范围<select name="scope">{scopes}</select></label>
<fieldset><legend>可读接口</legend>{routes}</fieldset>
<label>有效期<select name="days">{days}</select></label>
<button>新建</button>
</form>
<p class="notes">令牌只能读所选接口、所选范围，不能打开任何页面。<br>
用法：请求头 Authorization: Bearer 令牌。只显示一次，库中只存散列值。</p>
</section>"""


def sessions_page(
    found: Sequence[OpenSession],
    *,
    roles: Mapping[str, str],
    counties: Mapping[str, str],
    visitor: Visitor,
    now: datetime,
    banner: str | None,
    trouble: str | None = None,
) -> str:
    heads = ("账号", "角色", "登录时间", "最近活动", "最迟退出", "来自", "动态口令", "操作")
    rows = [
        (
            escape(s.user_name),
            escape(roles.get(s.role, s.role))
            + (f"<small>{escape(counties.get(s.county, s.county))}</small>" if s.county else ""),
            moment(s.created_at),
            moment(s.seen_at) + ("<small>已闲置</small>" if now - s.seen_at >= IDLE else ""),
            moment(s.until),
            escape(s.address or UNKNOWN),
            "已验证" if s.verified else UNKNOWN,
            f'<div class="line">{button("/admin/sessions/one", "结束", {"session": s.handle})}'
            f"{button('/admin/sessions/all', '结束该账号全部', {'name': s.user_name})}</div>",
        )
        for s in found
    ]
    body = (
        f"<section><h2>当前会话 {len(rows)}</h2>{table('sessions', heads, rows)}</section>\n"
        '<p class="notes">结束后一秒内在所有进程生效。闲置 30 分钟须重新登录，登录满 12 小时一律退出。</p>'
    )
    return admin_page("会话", body, visitor=visitor, now=now, banner=banner, trouble=trouble)


def tokens_page(
    found: Sequence[ApiToken],
    *,
    scopes: Mapping[str, str],
    visitor: Visitor,
    now: datetime,
    banner: str | None,
    made: str | None = None,
    trouble: str | None = None,
) -> str:
    """`made`: a new token, shown this once."""
    told = shown_once("新令牌（只显示这一次，请立即交给使用方）：", made) if made else ""
    heads = ("用途", "范围", "可读接口", "新建", "有效至", "最近使用", "状态")
    rows = [_token(token, scopes, now) for token in found]
    listed = table("tokens", heads, rows) if rows else '<p class="nothing">还没有令牌。</p>'
    routes = "".join(
        f'<label class="tick"><input type="checkbox" name="routes" value="{name}">{words}'
        f" <code>{address}</code></label>"
        for name, (address, words) in MACHINES.items()
    )
    days = options((str(n), f"{n} 天") for n in DAYS)
    new = _NEW.format(scopes=options(scopes.items()), routes=routes, days=days)
    body = f"{told}<section><h2>接口令牌</h2>{listed}</section>\n{new}"
    return admin_page("接口令牌", body, visitor=visitor, now=now, banner=banner, trouble=trouble)


def _token(token: ApiToken, scopes: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    if token.revoked_at is not None:
        state = f'<b class="off">已撤销</b><small>{moment(token.revoked_at)}</small>'
    elif not token.counts(now):
        state = '<b class="off">已到期</b>'
    else:
        state = button("/admin/tokens/revoke", "撤销", {"token": str(token.token_id)})
    return (
        escape(token.name),
        escape(scopes.get(token.scope, token.scope)),
        "、".join(MACHINES[name][1] if name in MACHINES else escape(name) for name in sorted(token.routes)),
        f"{moment(token.made_at)}<small>{escape(token.made_by)}</small>",
        moment(token.until),
        moment(token.seen_at),
        state,
    )
