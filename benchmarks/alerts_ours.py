"""The product's opinion rules over a scripted campaign, through the replay that a backtest uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.backtest import feeds_of
from alerts.parameters import Parameters
from alerts.replay import VOICED, Story, looks
from benchmarks.alerts_planted import Campaign, Said
from domain.readings import Level
from domain.records import Label
from domain.voiced import VoicedPost
from store.queries.known_posts import Learned, in_order
from store.queries.known_silence import Silence
from store.queries.posts import ScoredPost
from store.queries.sources import Expected

SOURCES = tuple(
    Expected(source=name, name=name, side="opinion", stale_after_s=1800)
    for name in ("large", "middle", "small")
)
Found = tuple[str, Level, tuple[Said, ...]]
"""Subject, level, evidence."""


def found_by(
    rule: str, campaign: Campaign, config: Any, moments: Sequence[datetime]
) -> Iterator[tuple[datetime, list[Found]]]:
    story, calendar = _story(rule, campaign), _announced(config, campaign.releases)
    for now, found, _ in looks(rule, story, calendar, Parameters(), moments=moments):
        yield now, [(f.subject, f.level, tuple(campaign.said[int(i)] for i in f.evidence)) for f in found]


def _story(rule: str, campaign: Campaign) -> Story:
    patience = timedelta(seconds=SOURCES[0].stale_after_s)
    silences = [Silence(source="large", since=b + patience, until=e) for b, e in campaign.outages]
    feeds_at = feeds_of(SOURCES, silences)
    if rule not in VOICED:
        told = [
            Learned(at=said.seen_at, post_id=n, seen=_scored(n, said)) for n, said in enumerate(campaign.said)
        ]
        return Story(mentions=told, feeds_at=feeds_at)
    heard = (_heard(n, said, rule) for n, said in enumerate(campaign.said))
    return Story(voices=in_order(change for changes in heard for change in changes), feeds_at=feeds_at)


def _heard(number: int, said: Said, rule: str) -> list[Learned[VoicedPost]]:
    """As it was when first seen, and at each count."""
    first = _voiced(number, said, None)
    if not VOICED[rule](first):
        return []
    changes = [Learned(at=said.seen_at, post_id=number, seen=first)]
    return changes + [Learned(at=at, post_id=number, seen=_voiced(number, said, n)) for at, n in said.counted]


def _announced(config: Any, releases: tuple[datetime, ...]) -> Any:
    """The campaign file with the script's calendar: when rounds are opened is known to everybody beforehand."""
    a_round = next(r for r in config.round if r.programme == config.city.id)
    rounds = tuple(a_round.model_copy(update={"opens_at": at}) for at in releases)
    return config.model_copy(update={"round": rounds})


def _scored(number: int, said: Said) -> ScoredPost:
    return ScoredPost(
        post_id=number,
        source=said.source,
        at=said.at,
        title="",
        label=(Label.NEGATIVE if said.negative else Label.NEUTRAL).value,
        county=said.place,
        issues=(said.subject,),
        author_ref=said.author,
        event_id=said.text,
        media="weibo",
        on_hot_list=False,
    )


def _voiced(number: int, said: Said, engaged: int | None) -> VoicedPost:
    return VoicedPost(
        post_id=number,
        source=said.source,
        at=said.at,
        title="",
        text=said.words,
        negative=said.negative,
        county=said.place,
        issues=(said.subject,),
        author_ref=said.author,
        event_id=said.text,
        media="weibo",
        on_hot_list=False,
        engaged_count=engaged,
    )
