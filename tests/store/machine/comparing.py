"""Platforms state totals, right and wrong, early and late; the house compares, and a person explains (I12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from domain.records import Grade
from domain.statements import Cause, Discrepancy, Metric, Statement, StatementEntry
from store.engine import read, write
from store.queries.discrepancies import open_discrepancies
from store.writes.discrepancies import close_discrepancy
from store.writes.intake import report_feed
from store.writes.reconcile import reconcile
from store.writes.statements import save_statements
from tests.store.machine.ground import Ground, pick
from tests.store.machine.statements import MEASURES, Amounts, Statements, Subject, ours
from tests.store.machine.town import MIDNIGHT, PLACES

_DAY = timedelta(days=1)


class Comparing(Ground):
    """`statements` knows what was stated and what must be open; `heard`, how far each feed is complete."""

    def __init__(self) -> None:
        super().__init__()
        self.statements = Statements()
        self.heard: dict[str, datetime] = {}
        self.reconciled_at: datetime | None = None

    @rule(
        place=st.sampled_from(PLACES),
        metric=st.sampled_from(sorted(MEASURES)),
        of_day=st.sampled_from((None, 0, 1)),
        off=st.sampled_from((0, 0, 1, -1)),
        told=st.sampled_from(("both", "both", "count", "fen")),
        stale=st.booleans(),
        at_once=st.booleans(),
    )
    def state(
        self,
        place: tuple[str, str, str, int],
        metric: str,
        of_day: int | None,
        off: int,
        told: str,
        stale: bool,
        at_once: bool,
    ) -> None:
        """A day's total of a programme, or all there was of a lot; its feed is heard of with it."""
        programme, sub_project, template, _ = place
        day = None if of_day is None else MIDNIGHT + of_day * _DAY
        lot = (template, 1) if day is None else ("", 0)
        subject: Subject = (programme, metric, *lot, day)
        own = ours(self.oracle, subject)
        count = None if told == "fen" else max(0, own[0] + off)
        fen = None if told == "count" else max(0, own[1] + 1000 * off)
        self.now += timedelta(seconds=1)
        stated_at = self.now - _DAY if stale else self.now
        self._keep(subject, sub_project, stated_at, (count, fen))
        self.statements.state(subject, sub_project, stated_at, (count, fen))
        if at_once:
            self.compare()

    @precondition(lambda self: self.statements.stated)
    @rule()
    def compare(self) -> None:
        self.now += timedelta(seconds=1)
        self.reconciled_at = self.now
        with write(self.engine) as conn:
            reconcile(conn, self.campaign, now=self.now)
        delays = {
            p.id: timedelta(seconds=self.campaign.platforms[p.platform].settles_after_seconds)
            for p in self.campaign.programme
        }
        self.statements.compare(self.oracle, self.now, delays=delays, heard=self.heard)
        self.what_differs_is_open()
        self.unchecked = True  # ours is never overwritten

    @precondition(lambda self: self.statements.open)
    @rule(which=pick)
    def explain(self, which: int) -> None:
        """A person closes one with a cause; the next run leaves it at that."""
        self.now += timedelta(seconds=1)
        with write(self.engine) as conn:
            several = open_discrepancies(conn)
            row = several[which % len(several)]
            cause = Cause.GAP_ACCEPTED
            close_discrepancy(conn, row.discrepancy_id, cause=cause, note="", closed_by="x", now=self.now)
        self.statements.accept(_subject(row))
        self.what_differs_is_open()
        self.compare()

    def what_differs_is_open(self) -> None:
        """Exactly one row each, with that difference."""
        with read(self.engine) as conn:
            rows = open_discrepancies(conn)
        found = [(_subject(row), (row.difference.count, row.difference.fen)) for row in rows]
        assert sorted(found, key=str) == sorted(self.statements.open.items(), key=str)

    def _keep(self, subject: Subject, sub_project: str, stated_at: datetime, amounts: Amounts) -> None:
        programme, metric, template, round_no, day = subject
        owner = self.campaign.programmes[programme]
        statement = Statement(
            platform=owner.platform,
            sub_project=sub_project,
            metric=Metric(metric),
            stated_at=stated_at,
            value_count=amounts[0],
            value_fen=amounts[1],
            day=day,
            template=template or None,
            round_no=round_no or None,
        )
        entry = StatementEntry(statement=statement, programme=programme, tranche=owner.tranche)
        self.batches += 1
        with write(self.engine) as conn:
            save_statements(conn, [entry], source="machine", raw_sha256=f"{self.batches:064x}", now=self.now)
            report_feed(conn, programmes=[programme], source="machine", data_time=self.now, grade=Grade.DAILY)
        self.heard[programme] = self.now


def _subject(row: Discrepancy) -> Subject:
    s = row.subject
    return s.programme, s.metric.value, s.template or "", s.round_no or 0, s.day
