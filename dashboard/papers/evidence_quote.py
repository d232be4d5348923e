"""引文出处: the post a paper quotes. Its words in full are the desk's; a link of a stranger's stays text."""

from __future__ import annotations

from html import escape

from briefing.talk import quote
from dashboard.papers.evidence_page import Sheet, grid, page, when
from domain.issues import ISSUES
from domain.terms import LABEL, UNKNOWN, medium
from store.queries.briefed import Said
from store.queries.evidence import QuotedPost

FORGOTTEN = "该帖文已按规定删除，原文、链接不再保存；计数和研判结果保留。"
NOT_YOURS = "帖文全文只在值班台查看。"


def quote_page(sheet: Sheet, said: Said, post: QuotedPost, *, in_full: bool) -> str:
    """`in_full`: the visitor works at the desk."""
    body = f"<h2>引文出处</h2>{_words(said, post, in_full)}{_about(said, post)}{_told(sheet)}"
    return page("引文出处", body, sheet)


def gone_page(sheet: Sheet) -> str:
    """Of a post that a published paper quotes and of which nothing is left."""
    body = f'<h2>引文出处</h2><p class="nothing" role="status">{FORGOTTEN}</p>{_told(sheet)}'
    return page("引文出处", body, sheet)


def _words(said: Said, post: QuotedPost, in_full: bool) -> str:
    if post.forgotten_at is not None:
        return f'<p class="nothing" role="status">{FORGOTTEN}（{when(post.forgotten_at)}）</p>'
    if not in_full:
        return f'<blockquote>{escape(quote(said.text))}</blockquote><p class="notes">{NOT_YOURS}</p>'
    title = f"<h3>{escape(post.title)}</h3>" if post.title else ""
    link = f'<p class="notes">原链接：<code>{escape(post.url)}</code></p>' if post.url else ""
    return f"{title}<blockquote>{escape(post.text)}</blockquote>{link}"


def _about(said: Said, post: QuotedPost) -> str:
    issues = "、".join(ISSUES[i].name for i in said.issues if i in ISSUES) or UNKNOWN
    rows = (
        ("时间", when(post.at)),
        ("平台", escape(medium(post.media))),
        ("来源", escape(post.source)),
        ("倾向", LABEL.get(said.label or "", "未判定")),
        ("议题", escape(issues)),
        ("县区", escape(said.county or UNKNOWN)),
    )
    return grid(("项目", "内容"), rows)


def _told(sheet: Sheet) -> str:
    if sheet.told is None or sheet.told.words is None:
        return ""
    return (
        f'<p class="notes">专报所载：“{escape(sheet.told.words)}”，见'
        f'<a href="/briefings/{sheet.told.paper.briefing_id}/preview">{escape(sheet.told.paper.title)}</a>。</p>'
    )
