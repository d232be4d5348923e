"""The worker's daily papers: what the timetable owes and what people asked for, composed, checked and published."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from alerts.channel import Channel
from briefing.checks import CHECKS, check
from briefing.compose import compose
from briefing.corrections import says_more
from briefing.formats import formats_with
from briefing.paper import Briefing
from dashboard.snapshot import city_scope, county_scopes
from domain.campaign import Campaign
from domain.errors import WatchError
from domain.readings import Scope
from domain.terms import business_day_start, local
from store.engine import read, write
from store.queries.briefings import asked_for, editions_at, moments_with_papers, newest_edition
from store.queries.progress import programmes_of
from store.queries.sources import Expected
from store.writes.briefings import Paper, answered, note_trouble, publish
from store.writes.deliveries import enqueue_paper

log = logging.getLogger(__name__)

PAPERS_JOB = "publish papers"
PAPERS_EVERY_S = 60.0
READY_AT: Final = time(8, 30)
"""When the paper of the day before is made: what platforms send by night is in by then."""
MADE_UP_DAYS = 3
"""A run that was missed is made up for that long; an older day's paper is asked for by a person."""
TIMETABLE = "（定时）"
"""Who published it, where no person asked. Brackets: no user's name looks like this."""

INNER = "程序内部错误，详见运行日志；系统每分钟重试。"

Wanted = tuple[Scope, datetime, str]
"""Scope, the day's start, and for whom."""


class UnfitPaper(WatchError):
    """It was composed and did not hold what a paper must. `troubles`: in the office's words."""

    def __init__(self, troubles: tuple[str, ...]) -> None:
        super().__init__(f"{len(troubles)} checks failed")
        self.troubles = troubles


class Papers:
    """Each is a transaction of its own: one that fails leaves the others published, and is tried again."""

    def __init__(
        self,
        engine: Engine,
        campaign: Campaign,
        expected: Sequence[Expected],
        *,
        clock: Callable[[], datetime],
        channels: Sequence[Channel] = (),
        fonts: Path | None = None,
    ) -> None:
        self._channels, self._fonts = channels, fonts
        self._engine, self._campaign, self._expected, self._clock = engine, campaign, expected, clock

    def run(self, fence: Callable[[Connection], None]) -> None:
        """Publish all that is wanted. Raises what the first failing one did, after the others are out."""
        now, failed = self._clock(), None
        with read(self._engine) as conn:
            wanted = [*self._owed(conn, now), *self._asked(conn)]
        for scope, day, by in wanted:
            try:
                self._publish(scope, day, by=by, now=now, fence=fence)
            except Exception as error:
                log.exception("no paper of %s for %s", scope.code, f"{local(day):%Y-%m-%d}")
                failed = failed or error
                with write(self._engine) as conn:
                    fence(conn)
                    words = "；".join(error.troubles) if isinstance(error, UnfitPaper) else INNER
                    note_trouble(conn, scope.code, day, trouble=words, now=now)
        if failed is not None:
            raise failed

    def _owed(self, conn: Connection, now: datetime) -> Iterator[Wanted]:
        """The city's and every county's: of each day that has ended, from the scope's first launch on."""
        for scope in (city_scope(self._campaign), *county_scopes(self._campaign)):
            yield from ((scope, day, TIMETABLE) for day in self._owed_of(conn, scope, now))

    def _owed_of(self, conn: Connection, scope: Scope, now: datetime) -> Iterator[datetime]:
        today, there = business_day_start(now), moments_with_papers(conn, scope.code)
        first = business_day_start(min(p.launch_at for p in programmes_of(self._campaign, scope)))
        for back in range(MADE_UP_DAYS, 0, -1):
            day = today - timedelta(days=back)
            ready = day + timedelta(days=1, hours=READY_AT.hour, minutes=READY_AT.minute)
            if first <= day and ready <= now and day + timedelta(days=1) not in there:
                yield day

    def _asked(self, conn: Connection) -> Iterator[Wanted]:
        scopes = {s.code: s for s in (city_scope(self._campaign), *county_scopes(self._campaign))}
        yield from ((scopes[a.scope], a.day, a.asked_by) for a in asked_for(conn) if a.scope in scopes)

    def _publish(
        self, scope: Scope, day: datetime, *, by: str, now: datetime, fence: Callable[[Connection], None]
    ) -> None:
        as_of = min(local(now).replace(second=0, microsecond=0), local(day) + timedelta(days=1))
        with read(self._engine) as conn:
            known_by = now if editions_at(conn, scope.code, as_of, known_by=now) else as_of
            briefing = compose(conn, self._campaign, self._expected, scope, as_of=as_of, known_by=known_by)
        files, pages = self._checked(briefing)
        with write(self._engine) as conn:
            fence(conn)
            before = newest_edition(conn, scope.code, day)
            is_withheld = before is not None and before.withheld_at is not None
            edition = (
                publish(conn, _paper(briefing, day, pages=pages), files, by=by, now=now)
                if says_more(briefing) or is_withheld
                else None
            )
            if edition is not None:
                self._enqueue(conn, scope, day, now=now)
            answered(conn, scope.code, day)
        log.info("paper of %s for %s: %s", scope.code, f"{local(day):%Y-%m-%d}", edition or "as it was")

    def _enqueue(self, conn: Connection, scope: Scope, day: datetime, *, now: datetime) -> None:
        published, wanting = (
            newest_edition(conn, scope.code, day),
            [c for c in self._channels if scope.code in c.papers],
        )
        if published is not None:
            enqueue_paper(conn, published.briefing_id, {c.id: c.recipients() for c in wanting}, now=now)

    def _checked(self, briefing: Briefing) -> tuple[dict[str, bytes], int]:
        """Every format, and the PDF's pages. Raises UnfitPaper: nothing broken is published or sent."""
        files = {form: render(briefing) for form, render in formats_with(self._fonts).items()}
        with read(self._engine) as conn:
            found = check(conn, self._campaign, briefing, files, fonts=self._fonts)
        if found.troubles:
            raise UnfitPaper(found.troubles)
        return files, found.pages


def _paper(briefing: Briefing, day: datetime, *, pages: int) -> Paper:
    return Paper(
        scope=briefing.scope.code,
        day=day,
        title=briefing.title,
        grade=briefing.grade,
        as_of=briefing.as_of,
        known_by=briefing.known_by,
        freeze_id=briefing.freeze_id,
        pages=pages,
        checks=CHECKS,
    )
