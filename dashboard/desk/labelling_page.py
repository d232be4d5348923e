"""标注: posts a person should judge. Plain HTML without script; all of it escaped, since posts are hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from dashboard.desk.judgement_form import NO_TONE, judgement_form
from dashboard.frame import framed
from domain.campaign import Campaign
from domain.terms import LABEL, UNKNOWN, count, local, medium, percent
from domain.text import excerpt
from store.queries.labelling import Unjudged

_SHOWN = 600  # characters of one post

_LINKS = '<a href="/posts/labelling">换一批</a><a href="/wall">大屏</a>'
_NOTES = '<p class="notes">人工判定立即生效，记录操作人、时间和前后内容；模型以后不会改动它，下次训练会学习它。</p>'


def labelling_page(
    campaign: Campaign,
    uncertain: Sequence[Unjudged],
    sampled: Sequence[Unjudged],
    *,
    judged: int,
    as_of: datetime,
) -> str:
    """Both lists with a form for each post."""
    about = campaign.campaign
    sections = _section("最拿不准的", uncertain, campaign) + _section("随机抽样", sampled, campaign)
    body = f'<p class="counts">已由人工判定 {count(judged)} 条</p>\n{_NOTES}\n<div class="labelling">{sections}</div>'
    banner = about.illustrative_banner if about.illustrative else None
    return framed("标注", body, links=_LINKS, as_of=as_of, banner=banner)


def _section(title: str, several: Sequence[Unjudged], campaign: Campaign) -> str:
    cards = (
        "\n".join(_card(post, campaign) for post in several) or '<p class="nothing">没有待标注的帖文。</p>'
    )
    return f"<section>\n<h2>{title}</h2>\n{cards}\n</section>\n"


def _card(post: Unjudged, campaign: Campaign) -> str:
    title = f"<h3>{escape(excerpt(post.title))}</h3>" if post.title else ""
    text = escape(excerpt(post.text, _SHOWN))
    said = f"{local(post.at):%m-%d %H:%M} · {escape(medium(post.media))}"
    form = judgement_form(post, campaign)
    return f'<article>{title}<p class="text">{text}</p><p class="notes">{said}　{_model(post)}</p>{form}</article>'


def _model(post: Unjudged) -> str:
    """What the model says and by which words."""
    if post.probabilities is None:
        return f"模型: {NO_TONE}"
    shown = "　".join(
        f"{word} {percent(p)}" for word, p in zip(LABEL.values(), post.probabilities, strict=True)
    )
    words = "、".join(escape(excerpt(word, 12)) for word in post.why[:5]) or UNKNOWN
    return f"模型: {shown}　依据: {words}"
