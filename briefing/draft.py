"""What a kind of paper is asked, and what it has to say: every kind but the daily one is a function between the two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from briefing.paper import Fact, Section
from domain.campaign import Campaign
from domain.readings import Scope
from domain.records import Grade
from store.queries.sources import Expected, sources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whose paper and of which moment, as it is known at `known_by`. `alert_id`: of an event's paper.

    `configured`: every source there is; a paper speaks of `expected` alone.
    """

    conn: Connection
    campaign: Campaign
    configured: Sequence[Expected]
    scope: Scope
    as_of: datetime
    known_by: datetime
    alert_id: int = 0

    @property
    def expected(self) -> tuple[Expected, ...]:
        """The sources that are the scope's business."""
        return sources_of(self.configured, self.campaign, within=self.scope.code)

    @property
    def county(self) -> str | None:
        return None if self.scope.is_city else self.scope.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A paper before what it corrects. `definitions`: its 口径, beside the line that every paper has."""

    title: str
    sections: tuple[Section, ...]
    definitions: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    grade: Grade = Grade.FLASH
    data_time: datetime | None = None
    number: str = ""  # 第1期, where a kind is numbered
    annex: str = ""  # the title its 口径 stands under as an annex; empty: they end the body


Drafting = Callable[[Question], Draft]
