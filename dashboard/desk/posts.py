"""帖文: the stream of all posts with its filters and its search. Posts are hostile text: escaped, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from dashboard.desk.asked import ANY, NONE, PAGE, Question
from dashboard.desk.evidence import marked
from dashboard.desk.judgement_form import NO_TONE, RELEVANCE, judgement_form
from dashboard.desk.parts import desk_page
from dashboard.entry.identity import Visitor
from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.placing import PlacedBy
from domain.post_stream import StreamPage, StreamPost
from domain.records import Grade, Relevance
from domain.terms import GRADE, LABEL, count, local, medium
from domain.text import excerpt

_TEXT_CHARACTERS = 600
_UNSCORED = "待研判"
_UNJUDGED = "无法研判"
_TOO_SHORT = "检索词要有至少两个相连的字、字母或数字，例如“套现”。标点和表情不能检索。"
_PLACED = {
    PlacedBy.SHORT_NAME: "简称",
    PlacedBy.FORMER_NAME: "旧称",
    PlacedBy.MERCHANT: "商户名录",
    PlacedBy.FEED: "来源",
}
_NOTHING = "没有符合条件的帖文。可以放宽日期、县区或类别，或减少检索词。"


def posts_page(
    page: StreamPage | None,
    question: Question,
    campaign: Campaign,
    sources: Sequence[tuple[str, str]],
    visitor: Visitor,
    *,
    may_judge: bool,
    now: datetime,
    banner: str | None,
) -> str:
    """`page` None: nothing was looked for, since the words cannot be. `sources`: (media, source) there are."""
    if page is None:
        found = f'<p class="nothing" role="status">{_TOO_SHORT}</p>'
    elif not page.posts:
        clear = f'<a href="{PAGE}">清除全部条件</a>'
        found = f'<p class="nothing" role="status">{_NOTHING}{clear}</p>'
    else:
        found = "\n".join(_post(post, question, campaign, may_judge) for post in page.posts)
        found += _further(page, question)
    body = f"{_filters(question, campaign, sources)}\n<section>{_heading(question)}{found}</section>"
    return desk_page("帖文", body, visitor, now=now, banner=banner, keys=True, here=PAGE)


def _heading(question: Question) -> str:
    if question.wanted.event is not None:
        back = f'<a href="{PAGE}">回到全部帖文</a>'
        return f'<h2>同一文本的帖文，逐条列出</h2><p class="notes">原文、转发、截短的都在内。{back}</p>'
    return (
        f'<h2>帖文</h2><p class="notes">口径：{GRADE[Grade.FLASH]}。倾向、议题、县区由模型判定，人工更正的以人工为准；'
        "只含已采集到的帖文，作者不显示。最新的在前；同一文本的转发合为一行，条数为采集到的全部。</p>"
    )


def _further(page: StreamPage, question: Question) -> str:
    newest = f'<a href="{escape(question.address(before=""))}">回到最新</a>' if question.wanted.before else ""
    older = ""
    if page.more:
        older = f'<a rel="next" href="{escape(question.before(page.posts[-1].place))}">更早的帖文</a>'
    else:
        older = "<span>没有更早的了</span>"
    return f'<p class="further"><span>本页 {len(page.posts)} 条</span>{newest}{older}</p>'


def _filters(question: Question, campaign: Campaign, sources: Sequence[tuple[str, str]]) -> str:
    counties = [("", "全部"), (NONE, "未知"), *((d.code, d.name) for d in campaign.division)]
    issues = [("", "全部"), *((issue.id, issue.name) for issue in ISSUES.values())]
    labels = [("", "全部"), *LABEL.items(), (NONE, "不确定")]
    kinds = [(r.value, word) for r, word in RELEVANCE.items()]
    kinds += [(NONE, _UNSCORED), (Relevance.UNKNOWN.value, _UNJUDGED), (ANY, "全部")]
    media = [("", "全部"), *((m, medium(m)) for m in sorted({m for m, _ in sources}))]
    names = [("", "全部"), *((s, s) for s in sorted({s for _, s in sources}))]
    selects = [("relevance", "类别", kinds), ("issue", "议题", issues), ("label", "倾向", labels)]
    selects += [] if question.held else [("county", "县区", counties)]
    selects += [("media", "平台", media), ("source", "来源", names)]
    told = question.fields
    parts = "".join(_select(name, title, pairs, told.get(name, "")) for name, title, pairs in selects)
    days = "".join(
        f'<label>{title}<input type="date" name="{name}" value="{escape(told.get(name, ""))}"></label>'
        for name, title in (("since", "起"), ("until", "止"))
    )
    words = (
        f'<label class="wide">全文检索<input type="search" name="q" value="{escape(told["q"])}" maxlength="100" '
        'placeholder="多个词用空格隔开，须同时出现" accesskey="s"></label>'
    )
    return (
        f'<section><form method="get" action="{PAGE}" class="filters" role="search">{words}{parts}'
        f'<div class="together">{days}</div><div class="together"><button>查找</button><a href="{PAGE}">清除</a></div>'
        "</form></section>"
    )


def _select(name: str, title: str, pairs: Iterable[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" * (value == chosen)}>{escape(word)}</option>'
        for value, word in pairs
    )
    return f'<label>{title}<select name="{name}">{options}</select></label>'


def _post(post: StreamPost, question: Question, campaign: Campaign, may_judge: bool) -> str:
    title = f"<h3>{marked(excerpt(post.title), _marks(post, question))}</h3>" if post.title else ""
    text = marked(excerpt(post.text, _TEXT_CHARACTERS), _marks(post, question))
    said = " · ".join((f"{local(post.at):%Y-%m-%d %H:%M}", escape(medium(post.media)), escape(post.source)))
    here = question.fields.get("before", "")
    judge = ""
    if may_judge and post.relevance and question.edit == post.post_id:
        form = judgement_form(post, campaign, button="保存更正", back=question.address())
        judge = (
            f'<div class="judge">{form}<a href="{escape(question.address())}#p{post.post_id}">放弃</a></div>'
        )
    elif may_judge and post.relevance:
        edit = question.address(before=here, edit=str(post.post_id))
        judge = f' · <a href="{escape(edit)}#p{post.post_id}" data-edit>更正</a>'
    aside = judge if judge.startswith(" ·") else ""
    return (
        f'<article class="post" id="p{post.post_id}">{title}<p>{text}</p>'
        f"<small>{said} · {_place(post, campaign)} · {_judged(post)}"
        f"{_spread(post, question)}{_original(post.url)}{aside}</small>"
        f"{'' if aside else judge}</article>"
    )


def _spread(post: StreamPost, question: Question) -> str:
    if post.first_at is None or question.wanted.event is not None:
        return ""
    words = f"同文传播 {count(post.spread_count)} 条，首帖 {local(post.first_at):%m-%d %H:%M}"
    return f' · <a class="spread" href="{escape(question.event(post.event_id or 0))}" data-open>{words}</a>'


def _marks(post: StreamPost, question: Question) -> list[str]:
    """The words that were looked for, as they were typed, then those that decided."""
    return [*question.fields["q"].split(), *post.why]


def _place(post: StreamPost, campaign: Campaign) -> str:
    """The county, and what it was read from where that is not its very name."""
    division = campaign.divisions.get(post.county or "")
    if division is None:
        return "县区未知"
    how = f"（据{_PLACED[post.placed_by]}）" if post.placed_by in _PLACED else ""
    return f"{escape(division.name)}{how}"


def _judged(post: StreamPost) -> str:
    """What it is, and who says so."""
    if post.relevance is None:
        return _UNSCORED
    if post.relevance == Relevance.UNKNOWN.value:
        return _UNJUDGED
    kind = RELEVANCE[Relevance(post.relevance)]
    tone = LABEL.get(post.label or "", NO_TONE)
    sure = "" if post.confident or post.label is None else "（不确定）"
    issues = "、".join(ISSUES[i].name for i in post.issues if i in ISSUES)
    by = "人工判定" if post.by_person else "模型判定"
    shown = f'<b class="tone {escape(post.label or "none")}">{tone}{sure}</b>'
    return " · ".join(word for word in (kind, shown, issues, by) if word)


def _original(url: str | None) -> str:
    if not url or not re.match(r"https?://", url, re.IGNORECASE):
        return ""
    return f' · <a href="{escape(url)}" rel="noreferrer noopener" target="_blank">原文</a>'
