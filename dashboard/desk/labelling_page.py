"""标注: posts a person should judge. Plain HTML without script; all of it escaped, since posts are hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from dashboard.desk.judgement_form import NO_TONE, judgement_form
from domain.campaign import Campaign
from domain.terms import LABEL, UNKNOWN, count, local, medium, percent
from domain.text import excerpt
from store.queries.labelling import Unjudged

_SHOWN = 600  # characters of one post

_FRAME = """<!DOCTYPE html>
<html lang="zh-CN" class="sources-page labelling">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>标注 · 券情</title>
<link rel="icon" href="/_favicon.ico">
<link rel="stylesheet" href="/assets/fonts/noto-sans-sc.css">
<link rel="stylesheet" href="/assets/quanqing.css">
<link rel="stylesheet" href="/assets/sources.css">
</head>
<body>
<header>
<h1>标注</h1>{badge}
<p class="as-of">截至 <time>{as_of}</time>　已由人工判定 {judged} 条</p>
<nav><a href="/posts/labelling">换一批</a><a href="/wall">大屏</a></nav>
</header>
<main>
<p class="notes">人工判定立即生效，记录操作人、时间和前后内容；模型以后不会改动它，下次训练会学习它。</p>
{sections}
</main>
</body>
</html>
"""


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
    badge = f'<span class="badge">{escape(about.illustrative_banner)}</span>' if about.illustrative else ""
    sections = _section("最拿不准的", uncertain, campaign) + _section("随机抽样", sampled, campaign)
    moment = f"{local(as_of):%Y-%m-%d %H:%M:%S}"
    return _FRAME.format(badge=badge, as_of=moment, judged=count(judged), sections=sections)


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
