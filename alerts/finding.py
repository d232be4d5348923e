"""What a rule is given and what it gives back. Plain values: a rule needs no database and no clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from alerts.parameters import Parameters
from domain.campaign import Campaign
from domain.delivery import ChannelHealth
from domain.flags import FlagBoard
from domain.jobs import FailingJob
from domain.leads import MerchantBoard
from domain.money_watch import MoneyWatch, OpenTicket
from domain.readings import CountyProgress, FeedHealth, Headline, Health, Level
from domain.statements import Discrepancy
from domain.voiced import VoicedPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One relevant post."""

    post_id: int
    at: datetime
    negative: bool
    county: str | None
    issues: tuple[str, ...]
    author_ref: str | None
    event_id: int | None = None  # reposts of one text share it
    source: str = ""
    media: str = ""
    on_hot_list: bool = False


def said_after(mentions: Sequence[Mention], since: datetime) -> Sequence[Mention]:
    """Of mentions, oldest first, those of after `since`: a look need not read a day to see its last hour."""
    return mentions[bisect_right(mentions, since, key=lambda m: m.at) :]


def silent(feeds: Iterable[FeedHealth]) -> frozenset[str]:
    """Sources that spoke once and cannot be heard now: of what they tell nobody knows what became."""
    return frozenset(f.source for f in feeds if f.health in (Health.LATE, Health.DOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the opinion rules look at. All of it is kept by its moments: past days can be looked at again."""

    now: datetime
    campaign: Campaign
    feeds: tuple[FeedHealth, ...]
    mentions: tuple[Mention, ...]  # relevant posts of the baseline and of earlier openings, oldest first
    voiced: tuple[VoicedPost, ...] = ()  # relevant posts that are no praise, with their words, oldest first
    parameters: Parameters = field(default_factory=Parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Talk):
    """Everything the rules may look at, read in one transaction."""

    headline: Headline
    counties: tuple[CountyProgress, ...]
    city: CountyProgress | None
    flags: FlagBoard | None = None  # as last worked out; None: never yet
    discrepancies: tuple[Discrepancy, ...] = ()  # the open ones
    channels: tuple[ChannelHealth, ...] = ()
    jobs: tuple[FailingJob, ...] = ()
    money: MoneyWatch | None = None  # None: not read
    merchants: MerchantBoard | None = None  # None: not read
    tickets: tuple[OpenTicket, ...] = ()  # that nobody has answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to alert on now. Found again it refreshes, at a higher level it raises, not found it closes."""

    subject: str  # with the rule's id the key of the alert: "140403/crash", a source id, a programme id
    level: Level
    title: str  # Chinese, one sentence with its figures
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]  # ids: posts, events, sources; at most EVIDENCE_KEPT
    evidence_count: int
    county: str | None = None
    facts: Mapping[str, Any] | None = (
        None  # what the level was made of, as JSON takes it: `Rule.level` reads it
    )
    sources: tuple[str, ...] = ()  # while one of them is silent nobody can see that it is over
    began_at: datetime | None = None  # of the first post
    volume: int | None = None  # voices, interactions: twice as much is told again; None: `evidence_count`


EVIDENCE_KEPT = 200


class Rule(Protocol):
    """`ID`, `findings(window)`: everything the rule sees now, and the level of a finding from its facts alone."""

    ID: str

    def findings(self, window: Window) -> Iterable[Finding]: ...

    def level(self, facts: Mapping[str, Any], parameters: Parameters) -> Level: ...
