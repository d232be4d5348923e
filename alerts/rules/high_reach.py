"""One negative post of the campaign that very many see: by what its readers did, how fast, and who carries it.

Engagement decides, never the tone alone: a negative post that nobody answers is no alert, whoever wrote it. A news
site or a hot list lifts it by one level, and so does engagement that came fast. Reposts of one text are one alert.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Talk
from alerts.levels import NEWS_MEDIA
from alerts.parameters import Parameters
from domain.issues import ISSUES
from domain.readings import Level
from domain.terms import count
from domain.voiced import VoicedPost

ID = "high_reach"
_HOUR = timedelta(hours=1)


def findings(talk: Talk) -> Iterable[Finding]:
    given = talk.parameters.high_reach
    since = talk.now - given.window
    said = [post for post in talk.voiced if since < post.at <= talk.now and concerns(post)]
    far = {_text(p) for p in said if p.on_hot_list or (p.engaged_count or 0) >= given.engaged[0]}
    texts: dict[int, list[VoicedPost]] = defaultdict(list)
    for post in said if far else ():  # most looks: nothing goes far
        if (text := _text(post)) in far:
            texts[text].append(post)
    for text, posts in texts.items():
        yield _finding(talk, f"post-{text}", posts, _facts(talk, posts))


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    """The step of its engagement, one higher for speed and one for who carries it."""
    given = parameters.high_reach
    step: int = max(0, sum(facts["engaged_most"] >= least for least in given.engaged) - 1)
    carried = facts["in_news"] or facts["on_hot_list"]
    fast = facts["engaged_hourly"] >= given.hourly
    rank = min(step + int(carried) + int(fast), len(Level) - 1)
    return list(Level)[rank]


def _text(post: VoicedPost) -> int:
    return post.event_id or post.post_id


def concerns(post: VoicedPost) -> bool:
    """False: nothing is lost if the rule is not shown this post."""
    return post.negative


def _facts(talk: Talk, posts: Sequence[VoicedPost]) -> dict[str, Any]:
    """Of the post that reached most; its pace is the mean since it was said, over an hour at least."""
    hourly = [(p.engaged_count or 0) / max(1.0, (talk.now - p.at) / _HOUR) for p in posts]
    return {
        "engaged_most": max(p.engaged_count or 0 for p in posts),
        "engaged_hourly": max(hourly),
        "on_hot_list": any(p.on_hot_list for p in posts),
        "in_news": any(p.media in NEWS_MEDIA for p in posts),
    }


def _finding(talk: Talk, subject: str, posts: Sequence[VoicedPost], facts: Mapping[str, Any]) -> Finding:
    far = max(posts, key=lambda p: p.engaged_count or 0)
    division = talk.campaign.divisions.get(far.county or "")
    place = division.name if division else "全市(县区不明)"
    issue = f"“{ISSUES[far.issues[0]].name}”" if far.issues and far.issues[0] in ISSUES else ""
    return Finding(
        subject=subject,
        level=level(facts, talk.parameters),
        title=f"{place}{issue}负面帖文{_how_far(talk.parameters, facts)}",
        reasons=tuple(_reasons(talk.parameters, facts, len(posts))),
        evidence=tuple(str(p.post_id) for p in posts[-EVIDENCE_KEPT:]),
        evidence_count=len(posts),
        county=far.county,
        facts=facts,
        sources=tuple(sorted({p.source for p in posts if p.source})),
        began_at=min(p.at for p in posts),
        volume=max(facts["engaged_most"], talk.parameters.high_reach.engaged[0]),  # below: as good as untold
    )


def _how_far(parameters: Parameters, facts: Mapping[str, Any]) -> str:
    """A hot list tells a rank and no engagement: what it does not tell is not zero."""
    if facts["engaged_most"] < parameters.high_reach.engaged[0]:
        return "登上热搜榜"
    return f"传播较广，单条互动 {count(facts['engaged_most'])}"


def _reasons(parameters: Parameters, facts: Mapping[str, Any], n: int) -> Iterator[str]:
    given = parameters.high_reach
    steps = "、".join(count(least) for least in given.engaged)
    known = count(facts["engaged_most"]) if facts["engaged_most"] else "未知"
    yield f"点赞、评论、转发合计 {known}（蓝、黄、橙、红 {steps} 起）"
    fast = facts["engaged_hourly"] >= given.hourly
    yield f"增速：平均每小时 {facts['engaged_hourly']:.0f}" + ("，升一级" if fast else "，不升级")
    carrier = "热搜榜" if facts["on_hot_list"] else "新闻网站" if facts["in_news"] else None
    yield f"媒体：{carrier}，升一级" if carrier else "媒体：无新闻、热搜，不升级"
    yield f"同一文本 {n} 条，只计一次"
