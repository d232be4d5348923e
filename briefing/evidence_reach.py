"""The posts that a paper of each kind speaks of: of its day, its week, its campaign, or of one alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from briefing.campaign_talk import talk_of_campaign
from briefing.draft import Question
from briefing.event_paper import posts_of_alert
from briefing.opinion import said_of
from briefing.opinion_paper import SHOWN_DAYS
from briefing.text import day_of
from briefing.voices import DayTalk, days_of_talk, week_of_talk
from domain.papers import PaperKind
from domain.terms import month_day
from store.queries.briefed import Said, has_scored
from store.queries.progress import programmes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """`said`: all of them, oldest number first. `days`: by what names a day's row."""

    said: tuple[Said, ...]
    days: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    counties: Mapping[str, str] = field(default_factory=dict)  # code -> name


def talk_behind(kind: PaperKind, asked: Question) -> Talk:
    counties = {d.code: d.name for d in asked.campaign.division}
    if not has_scored(asked.conn, known_by=asked.known_by):
        return Talk(said=(), counties=counties)
    if kind is PaperKind.EVENT:
        return Talk(said=posts_of_alert(asked), counties=counties)
    if kind is PaperKind.OPINION:
        days = days_of_talk(asked, SHOWN_DAYS)
        return Talk(said=days[-1].said or (), days=_named(days), counties=counties)
    if kind is PaperKind.WEEKLY:
        days = week_of_talk(asked)
        said = tuple(post for day in days for post in day.said or ())
        return Talk(said=said, days=_named(days), counties=counties)
    if kind is PaperKind.FINAL:
        found = talk_of_campaign(asked, programmes_of(asked.campaign, asked.scope))
        return Talk(said=found.said or (), counties=counties)
    since = day_of(asked.as_of)
    of_day = said_of(asked.conn, asked.scope, since=since, until=asked.as_of, known_by=asked.known_by)
    return Talk(said=tuple(of_day), counties=counties)


def _named(days: tuple[DayTalk, ...]) -> dict[str, tuple[Said, ...]]:
    return {month_day(day.day): day.said or () for day in days}
