"""How far each day's figures can be trusted: 快报 until its file is in, 日结 then, 核定 once it reconciles.

Its own file: that of the day after says nothing of it, and a day whose file never came is 快报 whatever follows. In
place of files stand the platform's own totals, of the day or of lots that have ended. Redemptions are what counts: no
day is 日结 by a file of claims, and none is 核定 whose redemptions neither a file nor a total told.

Reconciliation writes a grade for every day that is over; a day that is not over is flash without being written.
What spans days is as good as the weakest of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from domain.campaign import Campaign, Programme
from domain.records import Grade
from domain.statements import Discrepancy, Metric
from store.buckets import DAY_US, bucket_start
from store.queries.comparison import DAY, Comparison, Reach, reaches
from store.queries.discrepancies import open_discrepancies
from store.schema import day_grades, rollup_day

WEAKEST = (Grade.FLASH, Grade.DAILY, Grade.FINAL)

ProgrammeDay = tuple[str, datetime]
Lot = tuple[str | None, int | None]  # template and round


def newest_grades(conn: Connection, *, known_by: datetime) -> dict[ProgrammeDay, Grade]:
    """What was known then of each day that was over; days nobody has graded are left out."""
    c = day_grades.c
    query = select(c.programme, c.day, c.grade).where(c.graded_at <= known_by).order_by(c.graded_at)
    return {(programme, day): Grade(grade) for programme, day, grade in conn.execute(query)}


class DayGrades:
    """Grades as of a moment, for totals."""

    def __init__(self, conn: Connection, campaign: Campaign, moment: datetime) -> None:
        self._campaign, self._moment = campaign, moment
        self._kept = newest_grades(conn, known_by=moment)
        self._so_far: dict[str, Grade] = {}
        self._of_programme: dict[str, list[Grade]] = defaultdict(list)
        for (programme, _), grade in self._kept.items():
            self._of_programme[programme].append(grade)

    def of(self, programme: str, day: datetime | None) -> Grade:
        """Of one day; without a day, the weakest the programme has so far."""
        if day is not None:
            return self._kept.get((programme, day), Grade.FLASH)
        if programme not in self._so_far:
            self._so_far[programme] = self._weakest(programme)
        return self._so_far[programme]

    def _weakest(self, programme: str) -> Grade:
        owner = self._campaign.programmes.get(programme)
        open_days = owner is None or any(
            (programme, day) not in self._kept for day in days_of(self._campaign, owner, until=self._moment)
        )
        return Grade.FLASH if open_days else weakest(self._of_programme[programme])


def weakest(grades: Iterable[Grade]) -> Grade:
    return min(grades, key=WEAKEST.index, default=Grade.FLASH)


def days_of(campaign: Campaign, programme: Programme, *, until: datetime) -> Iterator[datetime]:
    """Its statistical days so far, the running one included: from the launch to the last day its vouchers are good."""
    last = campaign.last_use(programme.id) or programme.end_at or until
    day, end = bucket_start(programme.launch_at, DAY_US), min(last, until)
    while day <= end:
        yield day
        day += DAY


def graded(
    conn: Connection, campaign: Campaign, found: Sequence[Comparison], *, now: datetime
) -> dict[ProgrammeDay, Grade]:
    """The grade of every day that is over, after the discrepancies of `found` were settled."""
    reach, still_open = reaches(conn), open_discrepancies(conn)
    by_programme: dict[str, list[Comparison]] = defaultdict(list)
    for comparison in found:
        by_programme[comparison.subject.programme].append(comparison)
    grades: dict[ProgrammeDay, Grade] = {}
    for programme, days in _days_over(conn, campaign, now=now).items():
        own = _Programme(
            owner=campaign.programmes[programme],
            campaign=campaign,
            found=by_programme[programme],
            still_open=[d for d in still_open if d.subject.programme == programme],
            reach=reach.get(programme, Reach()),
        )
        grades |= {(programme, day): own.grade(day, now=now) for day in days}
    return grades


def _days_over(conn: Connection, campaign: Campaign, *, now: datetime) -> Mapping[str, set[datetime]]:
    """Those of the calendar, and whatever else the ledger has something of: refunds come after the last day of use."""
    today = bucket_start(now, DAY_US)
    days = {p.id: {d for d in days_of(campaign, p, until=now) if d < today} for p in campaign.programme}
    c = rollup_day.c
    for programme, day in conn.execute(select(c.programme, c.day).where(c.day < today).distinct()):
        if programme in days:
            days[programme].add(day)
    return days


class _Programme:
    """One programme's statements, and what of them is still open."""

    def __init__(
        self,
        *,
        owner: Programme,
        campaign: Campaign,
        found: Sequence[Comparison],
        still_open: Sequence[Discrepancy],
        reach: Reach,
    ) -> None:
        self._owner, self._campaign, self._reach = owner, campaign, reach
        self._found, self._open = found, still_open
        self._waiting = {c.subject.day for c in found if not c.is_due}
        redeemed = [c for c in found if c.subject.metric is Metric.REDEEMED_GROSS]
        self._stated, self._redeemed_stated = _days(found), _days(redeemed)
        self._compared, self._redeemed_compared = _lots(found), _lots(redeemed)
        self._ended = _lots(c for c in redeemed if not c.is_counted)

    def grade(self, day: datetime, *, now: datetime) -> Grade:
        if self._is_final(day, now=now):
            return Grade.FINAL
        is_told = self._is_filed(day) or day in self._stated or self._reaches(self._ended, day)
        return Grade.DAILY if is_told else Grade.FLASH

    def _is_final(self, day: datetime, *, now: datetime) -> bool:
        """Settled, stated, nothing of it waiting, and no difference left that nobody has explained.

        A lot's difference stands on no day, so it holds back all days of its programme.
        """
        if now < day + DAY + self._campaign.final_after or day in self._waiting:
            return False
        if any(d.subject.day in (None, day) for d in self._open):
            return False
        if day not in self._stated and not self._reaches(self._compared, day):
            return False
        is_redeemed_compared = day in self._redeemed_stated or self._reaches(self._redeemed_compared, day)
        return is_redeemed_compared or self._is_filed(day)

    def _is_filed(self, day: datetime) -> bool:
        """On the day of the launch from the launch on: nobody tells of the hours before it."""
        launch, end = self._owner.launch_at, day + DAY
        return self._reach.is_filed(launch if day < launch < end else day, end)

    def _reaches(self, until: Mapping[Lot, datetime], day: datetime) -> bool:
        """Whether lot by lot everything up to the day's end was told: where no day is stated, lots' totals are.

        After its last day of use nothing comes of a lot, and its platform may not tell its count any more.
        """
        end = day + DAY
        due = {
            (line.template, r.no): min(end, bucket_start(r.use_until, DAY_US) + DAY)
            for r, line in self._campaign.issued(self._owner.id, end)
        }
        return bool(due) and all(lot in until and until[lot] >= told for lot, told in due.items())


def _days(found: Iterable[Comparison]) -> set[datetime]:
    return {c.subject.day for c in found if c.subject.day is not None}


def _lots(found: Iterable[Comparison]) -> dict[Lot, datetime]:
    """How far each lot was compared, in whatever was compared of it."""
    until: dict[Lot, datetime] = {}
    for c in found:
        if c.subject.day is None and c.is_due:
            lot = (c.subject.template, c.subject.round_no)
            until[lot] = min(c.until, until.get(lot, c.until))
    return until
