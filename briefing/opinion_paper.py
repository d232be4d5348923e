"""舆情日报: how much was said against what is usual, how it spread, the views, the risks, and what follows by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from briefing.advice import (
    NOTHING,
    alert_advice,
    coverage_advice,
    issue_advice,
    tone_advice,
    troubles_sentence,
    volume_advice,
)
from briefing.coverage import coverage_of
from briefing.draft import Draft, Question
from briefing.paper import Figure, Kind, Section
from briefing.spread import (
    busiest_hour,
    events_table,
    media_table,
    places_table,
    views_table,
    volume_table,
)
from briefing.talk import tone_sentence, tones
from briefing.text import moment_words
from briefing.trust import alert_section
from briefing.voices import BASELINE_DAYS, DayTalk, days_of_talk, judged, merged, negative, usual
from domain.measures import ENOUGH, ratio
from domain.papers import PAPER, PaperKind
from domain.terms import NO_DATA, count, percent
from store.queries.briefed import Said, alerts_then, has_scored

SHOWN_DAYS = 7
DEFINITIONS = (
    "帖文为监测来源中经研判与本活动有关的公开帖文和工单；合并转发后指同一内容的转发只计一次；"
    "情感由模型研判，负面占比以可判定情感的帖文为分母，区间为95%威尔逊区间。",
    "常态区间为前14日中有监测各日同时段帖文数的均值加减两倍泊松标准差，不足3日不设；"
    "引文去除人名、号码和链接，不超过60字；研判与建议由上列数字按规则生成。",
)


def opinion_paper(asked: Question) -> Draft:
    title = f"{asked.scope.name}数字消费券{PAPER[PaperKind.OPINION]}"
    days = days_of_talk(asked, BASELINE_DAYS + 1)
    posts = days[-1].said
    coverage = coverage_of(asked, posts or ())
    if posts is None or not has_scored(asked.conn, known_by=asked.known_by):
        nothing = Section(heading="概述", sentences=(f"当日舆情监测{NO_DATA}，帖文数和情感均为未知。",))
        return Draft(title=title, sections=(nothing, coverage.section), definitions=DEFINITIONS)
    alerts = alerts_then(asked.conn, known_by=asked.as_of, county=asked.county)
    risks = replace(alert_section(alerts, as_of=asked.as_of), heading="风险点")
    earlier = [post for day in days[:-1] for post in day.said or ()]
    advice = (
        *volume_advice(len(posts), usual(days)),
        *tone_advice(posts, earlier),
        *issue_advice(posts),
        *alert_advice(alerts),
        *coverage_advice(coverage.silent),
    )
    return Draft(
        title=title,
        sections=(
            _overview(asked, days, posts),
            _spread(asked, posts),
            _views(posts),
            replace(risks, sentences=(troubles_sentence(posts), *risks.sentences)),
            Section(heading="研判与建议", sentences=advice or (NOTHING,)),
            coverage.section,
        ),
        definitions=DEFINITIONS,
        data_time=coverage.data_time,
    )


def _overview(asked: Question, days: Sequence[DayTalk], posts: Sequence[Said]) -> Section:
    volume = (
        f"截至{moment_words(asked.as_of)}，当日监测到相关帖文{count(len(posts))}条，"
        f"合并转发后{count(merged(posts))}条。"
    )
    return Section(
        heading="概述",
        sentences=(
            volume,
            tone_sentence(posts),
            _since_yesterday(days, len(posts)),
            _usual(days, len(posts)),
        ),
        figures=(
            Figure(name="相关帖文（条）", kind=Kind.COUNT, cell=len(posts)),
            Figure(name="合并转发后（条）", kind=Kind.COUNT, cell=merged(posts)),
            Figure(name="负面占比", kind=Kind.RATE, cell=ratio(negative(posts), judged(posts))),
        ),
        tables=(volume_table(days[-SHOWN_DAYS:], "近七日同时段声量"), tones(posts)),
    )


def _since_yesterday(days: Sequence[DayTalk], today: int) -> str:
    """A small base gives the difference, not a share (glossary 4.2)."""
    before = days[-2].said
    if before is None:
        return "前日同时段无监测，不作比较。"
    change = today - len(before)
    word = "增加" if change >= 0 else "减少"
    share = f"（{percent(abs(change) / len(before))}）" if len(before) >= ENOUGH else ""
    return f"较前日同时段{word}{count(abs(change))}条{share}。"


def _usual(days: Sequence[DayTalk], today: int) -> str:
    band, heard = usual(days), sum(day.said is not None for day in days[:-1])
    if band is None:
        return f"前{BASELINE_DAYS}日中有监测的仅{heard}日，不足3日，不设常态区间。"
    low, high = band
    word = "高于" if today > high else "低于" if today < low else "处于"
    return f"前{BASELINE_DAYS}日中有监测的{heard}日，同时段常态区间为{low:.1f}至{high:.1f}条，当日{word}常态区间。"


def _spread(asked: Question, posts: Sequence[Said]) -> Section:
    if not posts:
        return Section(heading="传播态势", sentences=("当日无相关帖文。",))
    hour, most = busiest_hour(posts)
    said = [f"发帖最多的是{hour}时至{hour + 1}时，{count(most)}条。"]
    events = events_table(posts)
    said += [] if events.rows else ["当日无被转发的内容。"]
    names = {d.code: d.name for d in asked.campaign.division}
    places = (places_table(posts, names),) if asked.scope.is_city else ()
    tables = (media_table(posts), *places, *((events,) if events.rows else ()))
    return Section(heading="传播态势", sentences=tuple(said), tables=tables)


def _views(posts: Sequence[Said]) -> Section:
    table = views_table(posts)
    if not table.rows:
        return Section(heading="主要观点", sentences=("当日帖文未归入任何诉求类别。",))
    said = "按诉求类别归并，一条帖文可涉多类，占比为占全部相关帖文的比例，相加可超过100%。"
    return Section(heading="主要观点", sentences=(said,), tables=(table,))
