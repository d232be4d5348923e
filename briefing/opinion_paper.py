"""舆情日报: how much was said against what is usual, how it spread, the views, the risks, and what follows by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from briefing.advice import (
    ADVICE,
    BEFORE_MOST,
    NOTHING,
    USUAL,
    alert_advice,
    alert_figures,
    before_most,
    coverage_advice,
    issue_advice,
    tone_advice,
    troubles_sentence,
    volume_advice,
)
from briefing.coverage import coverage_of
from briefing.draft import Draft, Question
from briefing.paper import Figure, Kind, Section, tell
from briefing.reference import key
from briefing.spread import (
    busiest_hour,
    events_table,
    media_table,
    places_table,
    views_table,
    volume_table,
)
from briefing.talk import talk_figures, tone_sentence, tones, volume_sentence
from briefing.text import moment_words
from briefing.trust import alert_section
from briefing.voices import BASELINE_DAYS, DayTalk, days_of_talk, usual
from domain.measures import ENOUGH
from domain.papers import PAPER, PaperKind
from domain.terms import NO_DATA, count, percent
from store.queries.briefed import Said, has_scored
from store.queries.open_then import open_then

SHOWN_DAYS = 7
OVERVIEW, SPREAD, RISKS = "概述", "传播态势", "风险点"
CHANGE, CHANGE_SHARE, HEARD = "较前日同时段变化（条）", "较前日同时段变化率", "前14日有监测（日）"
BUSIEST = "发帖最多的一小时（条）"
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
        nothing = Section(heading=OVERVIEW, sentences=(f"当日舆情监测{NO_DATA}，帖文数和情感均为未知。",))
        return Draft(title=title, sections=(nothing, coverage.section), definitions=DEFINITIONS)
    alerts = open_then(asked.conn, known_by=asked.as_of, county=asked.county)
    risks = alert_section(alerts, as_of=asked.as_of, heading=RISKS)
    earlier = [post for day in days[:-1] for post in day.said or ()]
    advice = (
        *volume_advice(len(posts), usual(days), heading=OVERVIEW),
        *tone_advice(posts, earlier, heading=OVERVIEW),
        *issue_advice(posts),
        *alert_advice(alerts),
        *coverage_advice(coverage.silent),
    )
    return Draft(
        title=title,
        sections=(
            _overview(asked, days, posts, earlier),
            _spread(asked, posts),
            _views(posts),
            replace(risks, sentences=(troubles_sentence(posts), *risks.sentences)),
            Section(heading=ADVICE, sentences=advice or (NOTHING,), figures=alert_figures(alerts)),
            coverage.section,
        ),
        definitions=DEFINITIONS,
        data_time=coverage.data_time,
    )


def _overview(
    asked: Question, days: Sequence[DayTalk], posts: Sequence[Said], earlier: Sequence[Said]
) -> Section:
    since, band = f"截至{moment_words(asked.as_of)}，当日监测到", usual(days)
    change, share = _change(days, len(posts))
    return Section(
        heading=OVERVIEW,
        sentences=(
            volume_sentence(posts, since, heading=OVERVIEW),
            tone_sentence(posts, heading=OVERVIEW),
            _since_yesterday(change, share),
            _usual(days, len(posts)),
        ),
        figures=(
            *talk_figures(posts),
            Figure(name=CHANGE, kind=Kind.COUNT, cell=change),
            Figure(name=CHANGE_SHARE, kind=Kind.RATE, cell=share),
            Figure(name=HEARD, kind=Kind.COUNT, cell=_heard(days)),
            Figure(name=USUAL, kind=Kind.TEXT, cell=None if band is None else _band_words(band)),
            Figure(name=BEFORE_MOST, kind=Kind.RATE, cell=before_most(earlier)),
        ),
        tables=(volume_table(days[-SHOWN_DAYS:], "近七日同时段声量"), tones(posts)),
    )


def _change(days: Sequence[DayTalk], today: int) -> tuple[int | None, float | None]:
    """A small base gives the difference, not a share (glossary 4.2)."""
    before = days[-2].said
    if before is None:
        return None, None
    change = today - len(before)
    return change, change / len(before) if len(before) >= ENOUGH else None


def _since_yesterday(change: int | None, share: float | None) -> str:
    if change is None:
        return "前日同时段无监测，不作比较。"
    more = (f"{count(abs(change))}条", key(OVERVIEW, CHANGE))
    head = f"较前日同时段{'增加' if change >= 0 else '减少'}{{}}"
    if share is None:
        return tell(f"{head}。", more)
    return tell(f"{head}（{{}}）。", more, (percent(abs(share)), key(OVERVIEW, CHANGE_SHARE)))


def _heard(days: Sequence[DayTalk]) -> int:
    return sum(day.said is not None for day in days[:-1])


def _band_words(band: tuple[float, float]) -> str:
    return f"{band[0]:.1f}至{band[1]:.1f}"


def _usual(days: Sequence[DayTalk], today: int) -> str:
    band, heard = usual(days), (f"{_heard(days)}日", key(OVERVIEW, HEARD))
    if band is None:
        return tell(f"前{BASELINE_DAYS}日中有监测的仅{{}}，不足3日，不设常态区间。", heard)
    low, high = band
    word = "高于" if today > high else "低于" if today < low else "处于"
    return tell(
        f"前{BASELINE_DAYS}日中有监测的{{}}，同时段常态区间为{{}}条，当日{word}常态区间。",
        heard,
        (_band_words(band), key(OVERVIEW, USUAL)),
    )


def _spread(asked: Question, posts: Sequence[Said]) -> Section:
    if not posts:
        return Section(heading=SPREAD, sentences=("当日无相关帖文。",))
    hour, most = busiest_hour(posts)
    said: list[str] = [
        tell(f"发帖最多的是{hour}时至{hour + 1}时，{{}}。", (f"{count(most)}条", key(SPREAD, BUSIEST)))
    ]
    events = events_table(posts)
    said += [] if events.rows else ["当日无被转发的内容。"]
    names = {d.code: d.name for d in asked.campaign.division}
    places = (places_table(posts, names),) if asked.scope.is_city else ()
    tables = (media_table(posts), *places, *((events,) if events.rows else ()))
    busiest = Figure(name=BUSIEST, kind=Kind.COUNT, cell=most)
    return Section(heading=SPREAD, sentences=tuple(said), figures=(busiest,), tables=tables)


def _views(posts: Sequence[Said]) -> Section:
    table = views_table(posts)
    if not table.rows:
        return Section(heading="主要观点", sentences=("当日帖文未归入任何诉求类别。",))
    said = "按诉求类别归并，一条帖文可涉多类，占比为占全部相关帖文的比例，相加可超过100%。"
    return Section(heading="主要观点", sentences=(said,), tables=(table,))
