"""What stands behind one figure of a paper: read again by the readings the paper was composed of, never anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from briefing.draft import Draft, Question
from briefing.evidence_money import Part, money_parts, money_terms
from briefing.evidence_opinion import media_of, opinion_terms, posts_of
from briefing.evidence_reach import Talk, talk_behind
from briefing.evidence_week import week_parts, week_terms
from briefing.kinds import draft_of
from briefing.money import Ledger, read_ledger
from briefing.paper import Figure, Kind, Section, Table
from briefing.reference import figures_in
from briefing.terms import Terms
from briefing.trust import SOURCES
from briefing.week import Weeks, read_weeks
from domain.papers import WITHOUT_LEDGER, PaperKind
from domain.records import Grade
from store.queries.briefed import Said
from store.queries.feeds import feeds_as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One figure as it is read again."""

    figure: Figure
    terms: Terms | None  # what it is made of; None: it is a count of its own, or unknown
    parts: tuple[Part, ...]  # by programme; none where it is no sum of theirs
    media: tuple[tuple[str, int], ...]  # posts by medium, of opinion


class Readings:
    """Everything a paper of that kind and moment says, as it was known then. Raises StoreError as the paper does."""

    def __init__(self, asked: Question, kind: PaperKind) -> None:
        self._asked, self._kind = asked, kind
        self._draft: Draft = draft_of(kind, asked)
        self._ledger: Ledger | None = (
            None
            if kind in WITHOUT_LEDGER
            else read_ledger(
                asked.conn, asked.campaign, asked.scope, as_of=asked.as_of, known_by=asked.known_by
            )
        )
        self._talk: Talk = talk_behind(kind, asked)
        self._weeks: Weeks | None = read_weeks(asked) if kind is PaperKind.WEEKLY else None

    @property
    def sections(self) -> tuple[Section, ...]:
        return self._draft.sections

    @property
    def grade(self) -> Grade:
        return self._draft.grade

    @property
    def data_time(self) -> datetime | None:
        return self._draft.data_time

    @property
    def sources(self) -> Table | None:
        """How far each had reported, as the paper has it."""
        tables = (table for section in self.sections for table in section.tables)
        return next((table for table in tables if table.id == SOURCES), None)

    @property
    def said(self) -> Sequence[Said]:
        """The posts that the paper counts and may quote."""
        return self._talk.said

    def figures(self) -> Mapping[str, Figure]:
        return dict(pair for section in self.sections for pair in figures_in(section))

    def evidence(self, key: str) -> Evidence | None:
        """None: no paper of that kind and moment has such a figure."""
        found = self.figures().get(key)
        if found is None:
            return None
        place = tuple(key.split("/"))
        posts = posts_of(place, self._talk)
        is_shown = not isinstance(found.cell, str) and found.kind is not Kind.TEXT
        is_known = is_shown and found.cell is not None
        return Evidence(
            figure=found,
            terms=self._terms(place, posts) if is_known else None,
            parts=tuple(p if is_known else p.unknown for p in self._parts(place)) if is_shown else (),
            media=media_of(posts or ()),
        )

    def _terms(self, place: tuple[str, ...], posts: Sequence[Said] | None) -> Terms | None:
        if self._weeks is not None and (found := week_terms(place, self._weeks)):
            return found
        money = money_terms(place, self._ledger) if self._ledger else None
        return money or (opinion_terms(place, posts, self._talk.said) if posts is not None else None)

    def _parts(self, place: tuple[str, ...]) -> tuple[Part, ...]:
        if self._ledger is None:
            return ()
        if self._weeks is not None and (found := week_parts(place, self._weeks, self._asked.campaign)):
            return found
        names = {e.source: e.name for e in self._asked.expected}
        feeds = feeds_as_of(self._asked.conn, self._asked.known_by)
        return money_parts(place, self._asked.campaign, self._ledger, feeds, names)
