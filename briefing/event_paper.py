"""快报: one alert on one page, as everything was known at a moment: 基本情况, 原因分析, 风险研判, 对策建议.

An alert that is not of posts has a page of its own kind: `matter_paper`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.draft import Draft, Question
from briefing.event_advice import advice, risks_section
from briefing.event_facts import (
    BASICS,
    at_words,
    first_sentence,
    found_sentence,
    matter_figures,
    steps_sentence,
)
from briefing.matter_paper import matter_paper
from briefing.paper import Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key, post_key
from briefing.talk import quote, representative
from briefing.trust import without_leads
from briefing.voices import merged, negative
from domain.desk_words import SYSTEM_SIDE
from domain.evidence import BEFORE, WINDOW, Trade, system_evidence
from domain.issues import ISSUES
from domain.papers import PAPER, PaperKind
from domain.terms import clock, count, medium
from domain.topics import is_about_posts
from store.queries.alert_then import AlertStory, alert_story, trade_then
from store.queries.briefed import Said, said
from store.queries.open_then import open_then

STEP = timedelta(minutes=30)
SAME, MERGED, NEGATIVE, MEDIA = "同类帖文（条）", "合并转发后（条）", "负面（条）", "媒体（类）"
CAUSE, SYSTEM = "原因分析", "系统侧证据"
DEFINITIONS = (
    "同类帖文指同一县区、同一诉求类别且与本活动有关的帖文；领取、核销为同一县区发放主体的笔数，未报送的时段记“—”。"
    "系统侧证据只作时间对照，不作因果结论；研判与建议按规则生成。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one alert's paper is written from."""

    story: AlertStory
    issue: str | None  # None: the alert is of no one issue
    place: str
    posts: tuple[Said, ...]  # of the place and issue since three hours before it was raised
    trade: Trade
    others: int  # further open alerts of the place


def event_paper(asked: Question) -> Draft:
    """Raises StoreError where the alert was not there yet."""
    story = alert_story(asked.conn, asked.alert_id, known_by=asked.as_of)
    return _of_posts(asked, story) if is_about_posts(story.rule) else matter_paper(asked, story)


def _of_posts(asked: Question, story: AlertStory) -> Draft:
    event = _event(asked, story)
    found = system_evidence(event.trade)
    cause = Section(
        heading=CAUSE,
        sentences=(
            tell(f"系统侧证据：{SYSTEM_SIDE[found.side]}。{{}}。", (found.words, key(CAUSE, SYSTEM))),
        ),
        figures=(Figure(name=SYSTEM, kind=Kind.TEXT, cell=found.words),),
        tables=(_beside(event),),
    )
    return Draft(
        title=f"{event.place}数字消费券{PAPER[PaperKind.EVENT]}",
        number=f"预警{event.story.alert_id}",
        sections=(
            _basics(asked, event),
            cause,
            risks_section(event.story, event.posts, event.others, asked.as_of),
            Section(
                heading="对策建议",
                sentences=tuple(advice(event.story, event.issue, found.side, as_of=asked.as_of)),
            ),
        ),
        definitions=DEFINITIONS,
        data_time=event.trade.data_time,
    )


def _event(asked: Question, story: AlertStory) -> Event:
    conn, campaign = asked.conn, asked.campaign
    end = min(asked.as_of, story.raised_at + WINDOW).replace(second=0, microsecond=0)
    open_there = open_then(conn, known_by=asked.as_of, county=story.county)
    division = campaign.divisions.get(story.county or "")
    return Event(
        story=story,
        issue=_issue_of(story),
        place=division.name if division else campaign.campaign.city_name,
        posts=_posts(asked, story),
        trade=trade_then(conn, campaign, story.county, until=end, known_by=asked.known_by),
        others=sum(a.alert_id != story.alert_id for a in without_leads(open_there)),
    )


def _basics(asked: Question, event: Event) -> Section:
    story, posts = event.story, event.posts
    figures = (
        *matter_figures(story),
        Figure(name=SAME, kind=Kind.COUNT, cell=len(posts)),
        Figure(name=MERGED, kind=Kind.COUNT, cell=merged(posts)),
        Figure(name=NEGATIVE, kind=Kind.COUNT, cell=negative(posts)),
        Figure(name=MEDIA, kind=Kind.COUNT, cell=len(_media(posts))),
    )
    sentences = (
        found_sentence(story, asked.as_of),
        *_talk(event),
        *first_sentence(story),
        steps_sentence(story),
    )
    return Section(heading=BASICS, sentences=sentences, figures=figures)


def posts_of_alert(asked: Question) -> tuple[Said, ...]:
    """What the paper counts; none of an alert that is not of posts."""
    story = alert_story(asked.conn, asked.alert_id, known_by=asked.as_of)
    return _posts(asked, story) if is_about_posts(story.rule) else ()


def _posts(asked: Question, story: AlertStory) -> tuple[Said, ...]:
    issue = _issue_of(story)
    found = said(asked.conn, since=story.raised_at - BEFORE, until=asked.as_of, known_by=asked.known_by)
    return tuple(
        p for p in found if story.county in (None, p.county) and (issue is None or issue in p.issues)
    )


def _issue_of(story: AlertStory) -> str | None:
    issue = story.subject.rpartition("/")[2]
    return issue if issue in ISSUES else None


def _media(posts: Sequence[Said]) -> set[str]:
    return {medium(post.media) for post in posts}


def _talk(event: Event) -> Iterator[str]:
    posts = event.posts
    since = at_words(event.story.raised_at - BEFORE)
    what = f"“{ISSUES[event.issue].name}”类" if event.issue else "相关"
    if not posts:
        yield f"自{since}起未监测到{event.place}{what}帖文。"
        return
    first, quoted = min(posts, key=lambda post: (post.at, post.post_id)), representative(posts)
    yield tell(
        f"自{since}起监测到{event.place}{what}帖文{{}}，合并转发后{{}}，负面{{}}；"
        f"首发于{at_words(first.at)}（{medium(first.media)}），涉及{{}}媒体。"
        "代表性表述：“{}”。",
        (f"{count(len(posts))}条", key(BASICS, SAME)),
        (f"{count(merged(posts))}条", key(BASICS, MERGED)),
        (f"{count(negative(posts))}条", key(BASICS, NEGATIVE)),
        (f"{len(_media(posts))}类", key(BASICS, MEDIA)),
        (quote(quoted.text), post_key(quoted.post_id)),
    )


def _beside(event: Event) -> Table:
    trade = event.trade
    starts = [trade.since + STEP * n for n in range(int((trade.until - trade.since) / STEP))]
    minutes = trade.minutes
    columns = (("项目", Kind.TEXT), *((clock(at), Kind.COUNT) for at in starts))
    rows: tuple[tuple[Cell, ...], ...] = (
        ("帖文（条）", *(sum(at <= p.at < at + STEP for p in event.posts) for at in starts)),
        ("领取（张）", *(_sum(trade, at, [(m.at, m.claimed_count) for m in minutes]) for at in starts)),
        ("核销（张）", *(_sum(trade, at, [(m.at, m.redeemed_count) for m in minutes]) for at in starts)),
    )
    return Table(
        id="beside",
        title="帖文与领取、核销对照（每半小时，列头为起始时刻）",
        columns=columns,
        rows=rows,
        curves=True,
    )


def _sum(trade: Trade, at: datetime, minutes: Sequence[tuple[datetime, int]]) -> int | None:
    """Of half an hour that the feeds have told in full; what they have not told is unknown."""
    if trade.data_time is None or trade.data_time < at + STEP - timedelta(minutes=1):
        return None
    return sum(n for minute, n in minutes if at <= minute < at + STEP)
