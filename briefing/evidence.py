"""What stands behind one figure of a paper: read again by the readings the paper was composed of, never anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from briefing.corrections import money_sections
from briefing.evidence_money import Part, money_parts, money_terms
from briefing.evidence_opinion import media_of, opinion_terms, posts_of
from briefing.money import Ledger, read_ledger
from briefing.opinion import opinion_of, said_of
from briefing.paper import Figure, Kind, Section, Table
from briefing.reference import figures_in
from briefing.terms import Terms
from briefing.text import day_of
from briefing.trust import SOURCES, alert_section, quality_section
from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.readings import Scope
from domain.records import Grade
from store.queries.briefed import Said, alerts_then, feeds_then, has_scored, open_differences
from store.queries.feeds import feeds_as_of
from store.queries.grades import weakest
from store.queries.sources import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One figure as it is read again."""

    figure: Figure
    terms: Terms | None  # what it is made of; None: it is a count of its own
    parts: tuple[Part, ...]  # by programme; none where it is no sum of theirs
    media: tuple[tuple[str, int], ...]  # posts by medium, of opinion


class Readings:
    """Everything a daily paper of that moment says, as it was known then."""

    def __init__(
        self,
        conn: Connection,
        campaign: Campaign,
        expected: Sequence[Expected],
        scope: Scope,
        *,
        as_of: datetime,
        known_by: datetime,
    ) -> None:
        self._conn, self._campaign, self._scope = conn, campaign, scope
        self._as_of, self._known_by = as_of, known_by
        self._expected = expected
        self.ledger: Ledger = read_ledger(conn, campaign, scope, as_of=as_of, known_by=known_by)
        talk = opinion_of(conn, campaign, scope, as_of=as_of, known_by=known_by, top=len(ISSUES))
        self.sections: tuple[Section, ...] = (
            *money_sections(campaign, self.ledger, as_of=as_of), talk, *self._trust(expected)
        )  # fmt: skip

    def _trust(self, expected: Sequence[Expected]) -> tuple[Section, Section]:
        county = None if self._scope.is_city else self._scope.code
        ids = [p.id for p in self.ledger.programmes]
        return (
            alert_section(alerts_then(self._conn, known_by=self._as_of, county=county), as_of=self._as_of),
            quality_section(
                expected,
                feeds_then(self._conn, known_by=self._as_of),
                open_differences(self._conn, ids, known_by=self._as_of),
                as_of=self._as_of,
            ),
        )

    @property
    def grade(self) -> Grade:
        return weakest(row.grade or Grade.FLASH for row in self.ledger.rows)

    @property
    def data_time(self) -> datetime | None:
        return max((row.data_time for row in self.ledger.rows if row.data_time), default=None)

    @property
    def sources(self) -> Table | None:
        """How far each had reported, as the paper has it."""
        tables = (table for section in self.sections for table in section.tables)
        return next((table for table in tables if table.id == SOURCES), None)

    def said(self) -> list[Said]:
        if not has_scored(self._conn, known_by=self._known_by):
            return []
        since = day_of(self._as_of)
        return said_of(self._conn, self._scope, since=since, until=self._as_of, known_by=self._known_by)

    def evidence(self, key: str) -> Evidence | None:
        """None: no daily paper of that moment has such a figure."""
        found = dict(pair for section in self.sections for pair in figures_in(section)).get(key)
        if found is None:
            return None
        place = tuple(key.split("/"))
        posts = posts_of(place, self.said())
        is_shown = not isinstance(found.cell, str) and found.kind is not Kind.TEXT
        terms = money_terms(place, self.ledger) or opinion_terms(place, posts)
        return Evidence(
            figure=found,
            terms=terms if is_shown else None,
            parts=self._parts(place) if is_shown else (),
            media=media_of(posts),
        )

    def _parts(self, place: tuple[str, ...]) -> tuple[Part, ...]:
        names = {e.source: e.name for e in self._expected}
        feeds = feeds_as_of(self._conn, self._known_by)
        return money_parts(place, self._campaign, self.ledger, feeds, names)
