"""关于数据: what is kept, from where, for how long, what is not done, whom to ask. Periods are the real settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from dashboard.frame import framed
from dashboard.privacy.retention import FORGET_EVERY
from domain.campaign import Campaign
from domain.retention import AUDIT_LEAST_DAYS
from domain.terms import UNKNOWN, count, local
from store.queries.kept import Kept, Stock
from store.queries.sources import Expected

LATE = 2 * FORGET_EVERY
"""What is older than its period by more than this was not deleted when it should have been."""
_SIDE = {"payment": "支付与核销", "opinion": "公开舆情"}
_NOT_DONE = (
    "不建个人档案：不按发帖人列名单、不排名、不查询，页面和导出里没有发帖人；发帖人只以带密钥的哈希计一次数。",
    "不做删帖、控评、封号，系统没有这类功能，也不与这类工具相连。",
    "不采集非公开内容，不破解、不绕过访问限制；只读公开发布的内容、授权的接口和热线工单。",
    "不采集昵称、头像、粉丝数、个人主页和县区以下的位置。",
    "不把系统数据用于本次消费券活动的运行监测和舆情回应以外的目的。",
)
_MASKED = (
    "手机号、身份证号、车牌号、银行卡号、微信号和 QQ 号等在入库前打码；"
    "发帖人标识在入库前换成带密钥的哈希，密钥不在数据库里。"
)
_HEADS = ("内容", "保存多久", "现有", "最早一条", "到期后")


def about_data_page(
    campaign: Campaign, stock: Kept, sources: Sequence[Expected], *, as_of: datetime, may_forget: bool
) -> str:
    """`may_forget`: the visitor may delete on request, and is led there."""
    about = campaign.campaign
    not_done = "".join(f"<li>{line}</li>" for line in _NOT_DONE)
    body = (
        f"{_kept(campaign, stock, as_of)}{_from(sources)}"
        f'<section><h2>不做什么</h2><ul class="plain">{not_done}</ul></section>'
        f"{_asking(campaign, may_forget)}"
    )
    banner = about.illustrative_banner if about.illustrative else None
    return framed("关于数据", body, links='<a href="/wall">大屏</a>', as_of=as_of, banner=banner)


def _kept(campaign: Campaign, stock: Kept, as_of: datetime) -> str:
    kept, end = campaign.retention, campaign.ended_at
    if end is None:
        until = f"全部活动结束后 {kept.people_days} 天（结束时间尚未全部确定）"
        due = None
    else:
        due = kept.people_until(end)
        until = f"全部活动结束后 {kept.people_days} 天，即 {local(due):%Y-%m-%d}"
    rows = (
        ("帖文和热线工单的标题、正文、链接、编号", _days(kept.texts_days), _stock(stock.texts, kept.texts, as_of),
         "删除，只留时间、平台、县区、议题和倾向"),
        ("失去原文、只用于计数的帖文记录（发帖人为哈希）", until, _cells(stock.scored), "整行删除"),
        ("帖文来源的原始报文", _days(kept.raw_days), _stock(stock.raw, kept.raw, as_of), "删除"),
        ("大屏历史画面", _days(kept.texts_days), _stock(stock.pictures, kept.texts, as_of, but=1), "删除，留最新一张"),
        ("平台推送来的原始消息", _days(kept.inbox_days), _cells(None), "处理后满期删除"),
        ("领取、核销记录里的用户标识（平台给出）", until, _cells(None), "清除标识，金额和笔数不变"),
        ("分时、分县、分议题的统计", "长期", _cells(None), "不含个人信息"),
        ("资金事件、平台账单", "长期，按财政和档案规定", _cells(None), "不含姓名和账号"),
        ("专报（引文至多 60 字，不含姓名和账号）", "长期，按档案规定", _cells(None),
         "引文应请求删除的，该版留存而不再提供，另出新版"),
        ("审计日志", f"不少于 {AUDIT_LEAST_DAYS} 天，程序不删除", _cells(stock.audit), "由审计管理员归档"),
    )  # fmt: skip
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    lines = "\n".join(
        f'<tr><th scope="row">{what}</th><td>{period}</td>{cells}<td>{then}</td></tr>'
        for what, period, cells, then in rows
    )
    table = f'<table class="kept"><thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>'
    notes = f"期限取自本系统当前配置；后台每小时清理一次，删除记入审计日志，统计数字不因删除而变。{_MASKED}"
    return f'<section><h2>保存什么、保存多久</h2>{table}<p class="notes">{notes}</p></section>'


def _days(days: int) -> str:
    return f"{days} 天"


def _stock(stock: Stock, period: timedelta, as_of: datetime, *, but: int = 0) -> str:
    """`but`: so many of them may be older."""
    is_late = stock.rows > but and stock.oldest is not None and as_of - stock.oldest > period + LATE
    return _cells(stock, late=is_late)


def _cells(stock: Stock | None, *, late: bool = False) -> str:
    if stock is None:
        return f"<td>{UNKNOWN}</td><td>{UNKNOWN}</td>"
    oldest = UNKNOWN if stock.oldest is None else f"{local(stock.oldest):%Y-%m-%d %H:%M}"
    word = '<small class="slow">▲ 已过期未清理，请查后台任务</small>' if late else ""
    return f"<td>{count(stock.rows)}</td><td>{oldest}{word}</td>"


def _from(sources: Sequence[Expected]) -> str:
    lines = "".join(
        f"<li><b>{word}</b>：{'、'.join(escape(s.name) for s in sources if s.side == side) or '未配置'}</li>"
        for side, word in _SIDE.items()
    )
    return f'<section><h2>从哪里来</h2><ul class="plain">{lines}</ul></section>'


def _asking(campaign: Campaign, may_forget: bool) -> str:
    names = {office.id: office.name for office in campaign.office}
    whom = escape(names.get("cyberspace") or names.get("task-force") or campaign.campaign.city_name)
    link = '<a href="/posts/forgetting">办理删除</a>' if may_forget else ""
    return (
        f"<section><h2>向谁询问、怎样要求删除</h2><p>由{whom}受理。提供帖文链接，或平台和账号；办理后立即删除，"
        f"同一链接、同一发帖人的内容不再收录。{link}</p></section>"
    )
