"""A post that crosses a red line: 套现, 黄牛倒卖, 诈骗, 踩踏, 强制开户. A lead with its quotes, never an accusation.

One voice is yellow; independent voices, or one of high reach, make it orange, many make it red. An author's posts
count once, and so do the reposts of one text: whoever shares either with somebody counted is no voice of his own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from alerts.finding import EVIDENCE_KEPT, Finding, Talk
from alerts.levels import NEWS_MEDIA
from alerts.parameters import Parameters
from alerts.red_lines import RedLine, crossed, deidentified, is_notice
from domain.readings import Level
from domain.terms import count, span
from domain.text import QUOTED, excerpt
from domain.voiced import VoicedPost

ID = "red_line"
_QUOTES, _QUOTE_LENGTH = 3, 60
Subject = tuple[str | None, RedLine]


def findings(talk: Talk) -> Iterable[Finding]:
    since = talk.now - talk.parameters.red_line.window
    subjects: dict[Subject, list[tuple[VoicedPost, str]]] = defaultdict(list)
    for post in talk.voiced:
        if since < post.at <= talk.now:
            for line, quote in _crossed(post):
                subjects[post.county, line].append((post, quote))
    for (county, line), said in subjects.items():
        yield _finding(talk, county, line, said)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    given = parameters.red_line
    if facts["voices"] >= given.red_voices:
        return Level.RED
    far = facts["on_hot_list"] or facts["in_news"] or facts["engaged_most"] >= given.reach
    return Level.ORANGE if far or facts["voices"] >= given.orange_voices else Level.YELLOW


def concerns(post: VoicedPost) -> bool:
    """False: nothing is lost if the rule is not shown this post."""
    return bool(_crossed(post))


def _crossed(post: VoicedPost) -> tuple[tuple[RedLine, str], ...]:
    if _is_report(post):
        return ()
    return crossed(post.title, post.text, negative=post.negative, issues=post.issues)


def _is_report(post: VoicedPost) -> bool:
    """News of what is done against it: there the warning may stand far from the word."""
    return post.media in NEWS_MEDIA and (not post.negative or is_notice(post.title, post.text))


def _independent(said: Sequence[tuple[VoicedPost, str]]) -> Iterator[tuple[VoicedPost, str]]:
    seen: set[str] = set()
    for post, quote in said:
        keys = {f"text {post.event_id or post.text}"}
        if post.author_ref:
            keys.add(f"author {post.author_ref}")
        if not keys & seen:
            yield post, quote
        seen |= keys


def _finding(
    talk: Talk, county: str | None, line: RedLine, said: Sequence[tuple[VoicedPost, str]]
) -> Finding:
    voices = list(_independent(said))
    posts = [post for post, _ in said]
    facts = {
        "line": line.id,
        "voices": len(voices),
        "engaged_most": max(post.engaged_count or 0 for post in posts),
        "on_hot_list": any(post.on_hot_list for post in posts),
        "in_news": any(post.media in NEWS_MEDIA for post in posts),
    }
    division = talk.campaign.divisions.get(county or "")
    place = division.name if division else "全市(县区不明)"
    during = span(talk.parameters.red_line.window)
    return Finding(
        subject=f"{county or 'unknown'}/{line.id}",
        level=level(facts, talk.parameters),
        title=f"{place}疑涉“{line.name}”，{during} {len(voices)} 个独立声音，线索待核实",
        reasons=(*_reasons(talk, facts), *map(_quoted, voices[-_QUOTES:]), "线索待核实，不作结论"),
        evidence=tuple(str(post.post_id) for post in posts[-EVIDENCE_KEPT:]),
        evidence_count=len(posts),
        county=county,
        facts=facts,
        sources=tuple(sorted({post.source for post in posts if post.source})),
        began_at=min(post.at for post in posts),
        volume=len(voices),
    )


def _reasons(talk: Talk, facts: Mapping[str, Any]) -> Iterator[str]:
    given = talk.parameters.red_line
    yield (
        f"独立声音 {facts['voices']} 个（橙色 {given.orange_voices} 个、红色 {given.red_voices} 个起）；"
        "同一作者、同一文本的转发只计一次"
    )
    media = "热搜榜" if facts["on_hot_list"] else "新闻网站" if facts["in_news"] else "无新闻、热搜"
    yield f"传播：单条互动最高 {count(facts['engaged_most'])}（橙色 {count(given.reach)} 起），{media}"


def _quoted(voice: tuple[VoicedPost, str]) -> str:
    return f"{QUOTED}{excerpt(deidentified(voice[1]), _QUOTE_LENGTH)}"
