"""How much was said and in which tone: by hour or day, before, during and after the campaign, by issue and county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.measures import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Tones:
    """Posts about the campaign by their tone. Those without evidence are counted, and have no part in the share."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unsure: int = 0

    @property
    def said(self) -> int:
        return self.judged + self.unsure

    @property
    def judged(self) -> int:
        return self.negative + self.neutral + self.positive

    @property
    def negative_share(self) -> float | None:
        return self.negative / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the share of negative ones lies, at 95 %."""
        return wilson(self.negative, self.judged) if self.judged else None

    @classmethod
    def of(cls, by_label: Mapping[str, int]) -> Tones:
        """`by_label`: as it is stored, an empty label for no evidence."""
        names = {"neg": "negative", "neu": "neutral", "pos": "positive", "": "unsure"}
        return cls(**{names[label]: n for label, n in by_label.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """An hour or a day. `silent`: names of sources that were not heard for some of it: a gap, never a calm."""

    since: datetime
    until: datetime
    tones: Tones
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Before, during or after the campaign, as far as anybody looked. `until` None: it goes on."""

    name: str
    since: datetime | None
    until: datetime | None
    tones: Tones


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendBoard:
    buckets: tuple[Bucket, ...]
    releases: tuple[tuple[datetime, str], ...]  # when vouchers were let out, and which
    phases: tuple[Phase, ...]
    issues: Mapping[tuple[str, str], int]  # (issue, county; empty: unknown) -> posts in the time shown
    since: datetime
    until: datetime
