"""快报: one alert on one page, as everything was known at a moment: 基本情况, 原因分析, 风险研判, 对策建议."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.draft import Draft, Question
from briefing.event_advice import advice, risks
from briefing.paper import Cell, Figure, Kind, Section, Table
from briefing.talk import quote, representative
from briefing.text import moment_words
from briefing.voices import merged, negative
from domain.desk_words import CHANGE, STAGE, SYSTEM_SIDE
from domain.evidence import BEFORE, WINDOW, Trade, system_evidence
from domain.issues import ISSUES
from domain.papers import PAPER, PaperKind
from domain.personal import mask_personal
from domain.terms import LEVEL, clock, count, medium, month_day
from store.queries.alert_then import AlertStory, alert_story, trade_then
from store.queries.briefed import Said, alerts_then, said

STEP = timedelta(minutes=30)
_TITLE_CHARACTERS, _STEPS_SHOWN = 80, 6
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
    event = _event(asked)
    found = system_evidence(event.trade)
    cause = Section(
        heading="原因分析",
        sentences=(f"系统侧证据：{SYSTEM_SIDE[found.side]}。{found.words}。",),
        tables=(_beside(event),),
    )
    return Draft(
        title=f"{event.place}数字消费券{PAPER[PaperKind.EVENT]}",
        number=f"预警{event.story.alert_id}",
        sections=(
            _basics(asked, event),
            cause,
            Section(
                heading="风险研判",
                sentences=tuple(risks(event.story, event.posts, event.others, asked.as_of)),
            ),
            Section(
                heading="对策建议",
                sentences=tuple(advice(event.story, event.issue, found.side, as_of=asked.as_of)),
            ),
        ),
        definitions=DEFINITIONS,
        data_time=event.trade.data_time,
    )


def _event(asked: Question) -> Event:
    conn, campaign = asked.conn, asked.campaign
    story = alert_story(conn, asked.alert_id, known_by=asked.as_of)
    end = min(asked.as_of, story.raised_at + WINDOW).replace(second=0, microsecond=0)
    issue = story.subject.rpartition("/")[2]
    issue = issue if issue in ISSUES else ""
    posts = said(conn, since=story.raised_at - BEFORE, until=asked.as_of, known_by=asked.known_by)
    open_there = alerts_then(conn, known_by=asked.as_of, county=story.county)
    division = campaign.divisions.get(story.county or "")
    return Event(
        story=story,
        issue=issue or None,
        place=division.name if division else campaign.campaign.city_name,
        posts=tuple(
            p for p in posts if story.county in (None, p.county) and (not issue or issue in p.issues)
        ),
        trade=trade_then(conn, campaign, story.county, until=end, known_by=asked.known_by),
        others=sum(a.alert_id != story.alert_id for a in open_there),
    )


def _basics(asked: Question, event: Event) -> Section:
    story, posts = event.story, event.posts
    title = mask_personal(story.title)  # people open alerts, too, and may name somebody
    title = title if len(title) <= _TITLE_CHARACTERS else title[: _TITLE_CHARACTERS - 1] + "…"
    sentences = [
        f"{_at(story.raised_at)}，系统监测发现：{title}。截至{moment_words(asked.as_of)}为{LEVEL[story.level]}预警，"
        f"处于“{STAGE[story.stage]}”阶段。",
        *_talk(event),
        f"处置经过：{'；'.join(_steps(story))}。",
    ]
    figures = (
        Figure(name="同类帖文（条）", kind=Kind.COUNT, cell=len(posts)),
        Figure(name="合并转发后（条）", kind=Kind.COUNT, cell=merged(posts)),
        Figure(name="负面（条）", kind=Kind.COUNT, cell=negative(posts)),
    )
    return Section(heading="基本情况", sentences=tuple(sentences), figures=figures)


def _talk(event: Event) -> Iterator[str]:
    posts = event.posts
    since = _at(event.story.raised_at - BEFORE)
    what = f"“{ISSUES[event.issue].name}”类" if event.issue else "相关"
    if not posts:
        yield f"自{since}起未监测到{event.place}{what}帖文。"
        return
    first = min(posts, key=lambda post: (post.at, post.post_id))
    media = {medium(post.media) for post in posts}
    yield (
        f"自{since}起监测到{event.place}{what}帖文{count(len(posts))}条，合并转发后{count(merged(posts))}条，"
        f"负面{count(negative(posts))}条；首发于{_at(first.at)}（{medium(first.media)}），"
        f"涉及{len(media)}类媒体。代表性表述：“{quote(representative(posts).text)}”。"
    )


def _at(moment: datetime) -> str:
    return f"{month_day(moment)}{clock(moment)}"


def _steps(story: AlertStory) -> list[str]:
    """The last of what was done, without who and without the notes: these may name people."""
    words = [f"{clock(line.at)}{CHANGE.get(line.change, line.change)}" for line in story.history]
    return words if len(words) <= _STEPS_SHOWN else ["（此前从略）", *words[-_STEPS_SHOWN:]]


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
