"""What people write while the ledger runs: posts composed from a scenario file, each with what its author meant."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from pydantic import ValidationError

from domain.campaign import Campaign
from domain.errors import ConfigError
from rehearsal.scenario_file import ScenarioFile, Topic, Wave

FOLDER = Path(__file__).parent / "scenarios"
FEEDS = {"news": "news-rss", "forum": "forum-atom"}
LISTS = {"weibo": "hot-weibo", "douyin": "hot-douyin"}
_SLOT = re.compile(r"\{([a-z]+)\}")
_REPOST_SHARE = 0.04
_TRIES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One post as it will be served, with what was meant. `label` is None for talk that is not the campaign's."""

    source: str  # id of the source in sources.toml
    external_id: str
    title: str
    text: str
    published_at: datetime
    label: str | None
    issue: str | None
    county: str | None
    relevance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A title on a hot list: it appears, climbs to its best rank half-way and sinks."""

    post: Written
    until: datetime
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that will be written, in order of time."""

    name: str
    starts_at: datetime  # when the clock of a rehearsal is meant to begin
    posts: tuple[Written, ...]
    trends: tuple[Trend, ...]


def load_scenario(name: str, campaign: Campaign, *, seed: int) -> Scenario:
    """Compose the scenario `name` (a file beside this one). Raises ConfigError naming what is wrong in it."""
    path = FOLDER / f"{name}.toml"
    known = sorted(p.stem for p in FOLDER.glob("*.toml"))
    if name not in known:
        raise ConfigError(f"scenario: no {name!r} (known: {', '.join(known)})")
    try:
        file = ScenarioFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    composer = _Composer(file, campaign, seed)
    posts = sorted(composer.posts(), key=lambda p: (p.published_at, p.external_id))
    trends = sorted(composer.trends(), key=lambda t: (t.post.published_at, t.post.external_id))
    return Scenario(name=file.name, starts_at=file.starts_at, posts=tuple(posts), trends=tuple(trends))


class _Composer:
    """Fills the slots. No two posts have the same text, but for the few that pass another's on."""

    def __init__(self, file: ScenarioFile, campaign: Campaign, seed: int) -> None:
        self._file, self._campaign = file, campaign
        self._topics = {t.id: t for t in file.topic}
        self._rng = Random(f"{seed}/{file.name}")
        self._said: set[str] = set()
        self._number = 0

    def posts(self) -> Iterator[Written]:
        for wave in self._file.wave:
            if not self._is_here(wave.county):
                continue
            for day in range(wave.days):
                yield from self._wave(wave, start=wave.from_ + timedelta(days=day))

    def trends(self) -> Iterator[Trend]:
        for hot in self._file.hot:
            if hot.county and not self._is_here(hot.county):
                continue
            post = Written(
                source=LISTS[hot.list],
                external_id=hot.title,
                title=hot.title,
                text=hot.title,
                published_at=hot.from_,
                label=None if hot.label == "none" else hot.label,
                issue=hot.issue or None,
                county=hot.county,
                relevance=hot.relevance,
            )
            yield Trend(post=post, until=hot.from_ + timedelta(minutes=hot.minutes), rank=hot.rank)
        yield from self._fillers()

    def _fillers(self) -> Iterator[Trend]:
        filler = self._file.filler
        titles = [a + b for a in filler.first for b in filler.second]
        self._rng.shuffle(titles)
        start = self._file.starts_at - timedelta(minutes=filler.minutes)
        for n, title in enumerate(titles):
            name = ("weibo", "douyin")[n % 2]
            at = start + timedelta(minutes=filler.every_minutes * (n // 2))
            post = Written(
                source=LISTS[name],
                external_id=title,
                title=title,
                text=title,
                published_at=at,
                label=None,
                issue=None,
                county=None,
                relevance="other",
            )
            until = at + timedelta(minutes=filler.minutes)
            yield Trend(post=post, until=until, rank=self._rng.randint(1, 28))

    def _wave(self, wave: Wave, *, start: datetime) -> Iterator[Written]:
        topic = self._topics[wave.topic]
        last: Written | None = None
        for _ in range(wave.posts):
            share = self._rng.random()
            share = share**2.2 if wave.shape == "rush" else share
            at = (start + timedelta(minutes=wave.minutes * share)).replace(microsecond=0)
            if last and topic.relevance == "campaign" and self._rng.random() < _REPOST_SHARE:
                yield self._repost(last, max(at, last.published_at + timedelta(seconds=30)))
                continue
            last = self._compose(topic, wave, at)
            yield last

    def _repost(self, of: Written, at: datetime) -> Written:
        return Written(
            source=of.source,
            external_id=self._id(),
            title=f"转:{of.title}",
            text=f"转发 // {of.text}",
            published_at=at,
            label=of.label,
            issue=of.issue,
            county=of.county,
            relevance=of.relevance,
        )

    def _compose(self, topic: Topic, wave: Wave, at: datetime) -> Written:
        county = self._county(wave, at)
        for _ in range(_TRIES):
            text = self._text(topic, county)
            if text not in self._said:
                break
        self._said.add(text)
        return Written(
            source=FEEDS[wave.feed],
            external_id=self._id(),
            title=self._fill(self._rng.choice(topic.titles), county),
            text=text,
            published_at=at,
            label=None if topic.label == "none" else topic.label,
            issue=topic.issue or None,
            county=county,
            relevance=topic.relevance,
        )

    def _text(self, topic: Topic, county: str | None) -> str:
        rng = self._rng
        body = rng.choice(topic.bodies)
        if county and "{place}" not in body:
            body = rng.choice(("{place}的,", "坐标{place},", "人在{place},", "{place}网友:")) + body
        return self._fill(rng.choice(topic.openers) + body + rng.choice(topic.closers), county)

    def _fill(self, text: str, county: str | None) -> str:
        """Slots are filled until none is left; {place} is the county's name, or nothing."""
        place = self._campaign.divisions[county].name if county else ""
        while found := _SLOT.search(text):
            word = place if found[1] == "place" else self._rng.choice(self._file.slots[found[1]])
            text = text[: found.start()] + word + text[found.end() :]
        return text.lstrip("的")

    def _is_here(self, county: str) -> bool:
        """Another campaign may have other counties; what names one it has not is left unsaid."""
        return not county.isdigit() or county in self._campaign.divisions

    def _county(self, wave: Wave, at: datetime) -> str | None:
        """A county whose vouchers are out: nobody complains about a voucher that is not."""
        if wave.county == "none" or (wave.county == "mixed" and self._rng.random() < 0.5):
            return None
        if wave.county not in ("any", "mixed"):
            return wave.county
        launched = [p for p in self._campaign.programme if p.level == "county" and p.launch_at <= at]
        if not launched:
            return None
        weights = [self._campaign.divisions[p.division].population_2020 for p in launched]
        return self._rng.choices(launched, weights=weights)[0].division

    def _id(self) -> str:
        self._number += 1
        return f"p{self._number:05d}"
