"""The worker's papers: what the timetable owes and what people asked for, composed, checked and published."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from alerts.channel import Channel
from briefing.checks import check, checks_of
from briefing.corrections import says_more
from briefing.formats import formats_with
from briefing.kinds import compose_paper
from briefing.paper import Briefing
from dashboard.live.snapshot import city_scope, county_scopes
from dashboard.papers.paper_times import owed, paper_moment
from domain.campaign import Campaign
from domain.errors import WatchError
from domain.papers import WantedPaper
from domain.terms import local
from store.engine import read, write
from store.queries.briefings import asked_for, editions_at, newest_edition
from store.queries.sources import Expected
from store.writes.briefings import Paper, answered, note_trouble, publish
from store.writes.deliveries import enqueue_paper
from store.writes.ledger import all_known

log = logging.getLogger(__name__)

PAPERS_JOB = "publish papers"
PAPERS_EVERY_S = 60.0
TIMETABLE = "（定时）"
"""Who published it, where no person asked. Brackets: no user's name looks like this."""

INNER = "程序内部错误，详见运行日志；系统每分钟重试。"


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
        desk: str | None = None,
    ) -> None:
        """`desk`: its address, to which figures and quotes lead."""
        self._channels, self._fonts, self._desk = channels, fonts, desk
        self._engine, self._campaign, self._expected, self._clock = engine, campaign, expected, clock
        self._scopes = {s.code: s for s in (city_scope(campaign), *county_scopes(campaign))}

    def run(self, fence: Callable[[Connection], None]) -> None:
        """Publish all that is wanted. Raises what the first failing one did, after the others are out."""
        now, failed = self._clock(), None
        with read(self._engine) as conn:
            due = [(wanted, TIMETABLE) for wanted in owed(conn, self._campaign, now=now)]
            due += [(a.wanted, a.asked_by) for a in asked_for(conn) if a.wanted.scope in self._scopes]
        for wanted, by in due:
            try:
                self._publish(wanted, by=by, now=now, fence=fence)
            except Exception as error:
                log.exception("no %s", _named(wanted))
                failed = failed or error
                with write(self._engine) as conn:
                    fence(conn)
                    words = "；".join(error.troubles) if isinstance(error, UnfitPaper) else INNER
                    note_trouble(conn, wanted, trouble=words, now=now)
        if failed is not None:
            raise failed

    def _publish(
        self, wanted: WantedPaper, *, by: str, now: datetime, fence: Callable[[Connection], None]
    ) -> None:
        briefing = self._composed(wanted, now)
        files, pages = self._checked(briefing)
        with write(self._engine) as conn:
            fence(conn)
            before = newest_edition(conn, wanted)
            is_withheld = before is not None and before.withheld_at is not None
            edition = (
                publish(conn, _paper(briefing, wanted.day, pages=pages), files, by=by, now=now)
                if says_more(briefing) or is_withheld
                else None
            )
            if edition is not None:
                self._enqueue(conn, wanted, now=now)
            answered(conn, wanted)
        log.info("%s: %s", _named(wanted), edition or "as it was")

    def _composed(self, wanted: WantedPaper, now: datetime) -> Briefing:
        """Of a moment that has a paper already: as it is known now."""
        as_of, kind = paper_moment(wanted, now=now), wanted.kind
        all_known(self._engine)
        with read(self._engine) as conn:
            out = editions_at(conn, wanted.scope, as_of, known_by=now, kind=kind, alert_id=wanted.alert_id)
            return compose_paper(
                conn,
                self._campaign,
                self._expected,
                self._scopes[wanted.scope],
                as_of=as_of,
                known_by=now if out else as_of,
                kind=kind,
                alert_id=wanted.alert_id,
            )

    def _enqueue(self, conn: Connection, wanted: WantedPaper, *, now: datetime) -> None:
        published = newest_edition(conn, wanted)
        wanting = [c for c in self._channels if wanted.scope in c.papers and wanted.kind in c.paper_kinds]
        if published is not None:
            enqueue_paper(conn, published.briefing_id, {c.id: c.recipients() for c in wanting}, now=now)

    def _checked(self, briefing: Briefing) -> tuple[dict[str, bytes], int]:
        """Every format, and the PDF's pages. Raises UnfitPaper: nothing broken is published or sent."""
        files = {form: render(briefing) for form, render in formats_with(self._fonts, self._desk).items()}
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
        checks=checks_of(briefing),
        kind=briefing.kind,
        alert_id=briefing.alert_id,
    )


def _named(wanted: WantedPaper) -> str:
    of = f" of alert {wanted.alert_id}" if wanted.alert_id else ""
    return f"{wanted.kind.value} paper of {wanted.scope} for {local(wanted.day):%Y-%m-%d}{of}"
