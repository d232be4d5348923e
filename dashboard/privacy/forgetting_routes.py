"""`/posts/forgetting`: the cyberspace office deletes what somebody asked it to. Plain HTML, no script."""

from __future__ import annotations

from datetime import datetime
from html import escape

from fastapi import FastAPI, Request
from sqlalchemy import Connection, Engine
from starlette.responses import HTMLResponse, Response

from dashboard.answering import answering
from dashboard.auditing import doer_of
from dashboard.clock import Clock
from dashboard.forms import form_fields
from dashboard.frame import framed
from dashboard.privacy.forgetting import LINK_CHARACTERS, NAME_CHARACTERS, By, grant, read_wish
from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.terms import count
from store.engine import write
from store.queries.kept import media_of_posts

PAGE = "/posts/forgetting"
NO_WISH = "没有删除：请填写帖文链接（不是个人主页），或选择平台并填写账号。"
DONE = "已删除 {gone} 条帖文，此后不再收录。"
NONE = "库内没有这样的帖文；已登记，此后不再收录。"
_LINKS = '<a href="/posts/labelling">标注</a><a href="/wall">大屏</a>'
_BODY = """{word}<section><h2>按链接删除</h2>
<form method="post" action="{page}" class="ask"><input type="hidden" name="by" value="link">
<label>帖文链接 <input name="what" type="url" maxlength="{link}" size="60" required autocomplete="off"></label>
<button>删除这条帖文</button></form></section>
<section><h2>按发帖人删除</h2>
<form method="post" action="{page}" class="ask"><input type="hidden" name="by" value="author">
<label>平台 <select name="media" required>{media}</select></label>
<label>账号 <input name="what" maxlength="{name}" required autocomplete="off"></label>
<button>删除其全部帖文</button></form>
<p class="notes">账号按该平台数据源给出的写法填写（微博为用户编号，其他多为昵称）。
账号只用来比对，不保存，不写入日志。</p></section>
<section><h2>删除什么</h2>
<p class="notes">立即删除，不能恢复：标题、正文、链接、编号、判定用词、含有它的原始报文，
以及大屏历史画面和预警文字中的引用。只留时间、平台和倾向，用于计数，因此各项统计不变。同一链接或同一发帖人的内容以后不再收录。
引用它的已发布专报留存而不再提供，自动另出新版；已送出的副本须另行收回。每次删除记入审计日志，日志只记条数和摘要。</p></section>
"""


def add_routes(site: FastAPI, engine: Engine, campaign: Campaign, *, clock: Clock, key: bytes) -> None:
    """`key`: of authors' hashes."""
    about = campaign.campaign
    banner = about.illustrative_banner if about.illustrative else None
    answer = answering(engine)

    def page(conn: Connection, now: datetime, word: str = "", *, status: int = 200) -> Response:
        media = "".join(f"<option>{escape(name)}</option>" for name in media_of_posts(conn))
        trouble = "" if status == 200 else " trouble"
        told = f'<p class="word{trouble}" role="status">{escape(word)}</p>\n' if word else ""
        body = _BODY.format(word=told, page=PAGE, media=media, link=LINK_CHARACTERS, name=NAME_CHARACTERS)
        return HTMLResponse(framed("删除帖文", body, links=_LINKS, as_of=now, banner=banner), status)

    @site.get(PAGE, include_in_schema=False)
    async def ask() -> Response:
        return await answer(lambda conn: page(conn, clock.now()))

    @site.post(PAGE, include_in_schema=False)
    async def act(request: Request) -> Response:
        fields = {name: values[0] for name, values in (await form_fields(request) or {}).items()}
        now, doer = clock.now(), doer_of(request)
        try:
            by = By(fields.get("by", ""))
            wish = read_wish(by, fields.get("what", ""), media=fields.get("media", ""), key=key)
        except (ValueError, ConfigError):
            return await answer(lambda conn: page(conn, now, NO_WISH, status=400))

        def make(conn: Connection) -> Response:
            gone = grant(conn, wish, doer, now=now)
            return page(conn, now, DONE.format(gone=count(gone)) if gone else NONE)

        return await answer(make, write)
