"""标注: posts a person should judge. Plain HTML without script; all of it escaped, since posts are hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.records import Relevance
from domain.terms import LABEL, UNKNOWN, count, local, percent
from domain.text import excerpt
from store.queries.labelling import Unjudged

_RELEVANCE = {Relevance.CAMPAIGN: "政府消费券", Relevance.COMMERCE: "商家促销", Relevance.OTHER: "其他"}
_NO_TONE = "无法判断"
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
    said = f"{local(post.at):%m-%d %H:%M} · {escape(post.media)}"
    form = (
        f'<form method="post" action="/posts/{post.post_id}/judgement">'
        f"{_choice('relevance', '类别', {r.value: word for r, word in _RELEVANCE.items()}, post.relevance)}"
        f"{_choice('label', '倾向', LABEL | {'': _NO_TONE}, post.label or '')}"
        f"{_issues(post)}{_counties(post, campaign)}<button>判定</button></form>"
    )
    return f'<article>{title}<p class="text">{text}</p><p class="notes">{said}　{_model(post)}</p>{form}</article>'


def _model(post: Unjudged) -> str:
    """What the model says and by which words."""
    if post.probabilities is None:
        return f"模型: {_NO_TONE}"
    shown = "　".join(
        f"{word} {percent(p)}" for word, p in zip(LABEL.values(), post.probabilities, strict=True)
    )
    words = "、".join(escape(excerpt(word, 12)) for word in post.why[:5]) or UNKNOWN
    return f"模型: {shown}　依据: {words}"


def _choice(name: str, title: str, words: dict[str, str], chosen: str) -> str:
    options = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"{" checked" * (value == chosen)}>{word}</label>'
        for value, word in words.items()
    )
    return f"<fieldset><legend>{title}</legend>{options}</fieldset>"


def _issues(post: Unjudged) -> str:
    options = "".join(
        f'<label><input type="checkbox" name="issue" value="{issue.id}"{" checked" * (issue.id in post.issues)}>'
        f"{issue.name}</label>"
        for issue in ISSUES.values()
    )
    return f"<fieldset><legend>议题</legend>{options}</fieldset>"


def _counties(post: Unjudged, campaign: Campaign) -> str:
    options = "".join(
        f'<option value="{d.code}"{" selected" * (d.code == post.county)}>{escape(d.name)}</option>'
        for d in campaign.division
    )
    return f'<label>县区 <select name="county"><option value="">不明或多个</option>{options}</select></label>'
