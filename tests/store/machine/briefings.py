"""What is published stands for ever (I14, I18, I20), and what the house does with its store meanwhile (I21, I22)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import Connection, func, select

from domain.measures import Figures
from domain.readings import Scope
from domain.records import Kind
from store import schema
from store.engine import read, write
from store.queries.progress import Money
from store.queries.sample import AuditSample, draw_sample
from store.writes import rebuild
from store.writes.erase import erase_people
from tests.store.machine.ground import Ground, pick
from tests.store.machine.oracle import key_of
from tests.store.machine.seen import Seen, expected, seen

CITY = Scope(code="140400", name="长治市", is_city=True)


class Published(NamedTuple):
    """What a briefing of this moment says, and the audit sample drawn of it."""

    at: datetime
    figures: Seen
    sample: AuditSample


class Briefings(Ground):
    """Time passes, roll-ups are built anew, people are erased; what was said is said again."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[Published] = []

    @rule(hours=st.sampled_from((1, 20, 24 * 9, 24 * 30)))
    def advance(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.unchecked = True

    @precondition(lambda self: self.delivered)
    @rule()
    def rebuild(self) -> None:
        with write(self.engine) as conn:
            rebuild.rebuild_rollups(conn)
        self.unchecked = True

    @precondition(lambda self: self.delivered)
    @rule()
    def erase(self) -> None:
        """I22: whom events were of goes, from how they stood earlier too; every figure stays."""
        with write(self.engine) as conn:
            erase_people(conn)
            for table in (schema.events, schema.superseded):
                named = select(func.count()).select_from(table).where(table.c.user_ref.is_not(None))
                assert conn.execute(named).scalar_one() == 0
        self.unchecked = True

    @precondition(lambda self: len(self.published) < 2)
    @rule()
    def publish(self) -> None:
        """What a briefing of this moment says: it must say so for ever (I14)."""
        with read(self.engine) as conn:
            figures = seen(conn, self.campaign, now=self.now)
            sample = draw_sample(conn, seed="2022", known_by=self.now)
            self.shares_are_right(conn)
        self._sample_is_right(sample)
        self.published.append(Published(self.now, figures, sample))
        self.now += timedelta(seconds=1)

    @precondition(lambda self: self.published)
    @rule(which=pick)
    def published_figures_stand(self, which: int) -> None:
        at, figures, sample = self.published[which % len(self.published)]
        with read(self.engine) as conn:
            assert seen(conn, self.campaign, now=self.now, known_by=at) == figures
            assert draw_sample(conn, seed="2022", known_by=at) == sample
        assert figures == expected(self.oracle, self.campaign, now=at, known_by=at)

    def _sample_is_right(self, sample: AuditSample) -> None:
        """I20: a tenth of each programme at least, of each stratum its part, nothing twice, nothing invented."""
        standing = {
            key_of(e)[:4]: (e, fen) for e, fen in self.oracle.standing() if e.event.kind is Kind.REDEMPTION
        }
        shops = Counter((e.event.platform, e.event.merchant) for e, _ in standing.values())
        strata: Counter[tuple[str, str, str, str]] = Counter()
        for e, _ in standing.values():
            n = shops[e.event.platform, e.event.merchant]
            size = "未知" if e.event.merchant is None else "大" if n >= 100 else "中" if n >= 10 else "小"
            strata[e.programme, e.event.platform, e.sector, size] += 1
        drawn = [row.drawn.record for row in sample.rows]
        assert sample.population == len(standing)
        assert len(drawn) == len(set(drawn))
        assert set(drawn) <= standing.keys()
        for row in sample.rows:
            e, fen = standing[row.drawn.record]
            assert (row.face_fen, row.order_fen, row.occurred_at) == (
                e.event.face_fen,
                fen,
                e.event.occurred_at,
            )
        taken = Counter(
            (s.programme, s.platform, s.sector, s.size) for s in (row.drawn.stratum for row in sample.rows)
        )
        assert taken.keys() <= strata.keys()
        for programme in {stratum[0] for stratum in strata}:
            whole = sum(n for stratum, n in strata.items() if stratum[0] == programme)
            share = -(-whole // 10)
            assert sum(n for stratum, n in taken.items() if stratum[0] == programme) == share
            for stratum, n in strata.items():
                assert stratum[0] != programme or abs(taken[stratum] - Fraction(share * n, whole)) < 1

    def shares_are_right(self, conn: Connection) -> None:
        """I18: shown shares are tenths of a percent and sum to 100.0; rates lie in [0, 1] or are unknown (I15 too)."""
        shown = Money(conn, self.campaign, CITY, now=self.now, late={}).sectors()
        net: Counter[str] = Counter()
        for ((tranche, *_), sector, _), sums in self.oracle.cells().items():
            if tranche == "T1":
                net[sector] += sums.get("redeemed_gross_fen", 0) - sums.get("refunded_fen", 0)
        assert [s.figures.redeemed_net_fen for s in shown] == [net[s.sector] for s in shown]
        parts, whole = [net[s.sector] for s in shown], sum(net.values())
        if min(parts) < 0:
            assert [s.share for s in shown] == [part / whole if whole else None for part in parts]
        elif whole == 0:
            assert [s.share for s in shown] == [None] * len(shown)
        else:
            tenths = [round(1000 * (s.share or 0.0)) for s in shown]
            assert [s.share for s in shown] == [n / 1000 for n in tenths]
            assert sum(tenths) == 1000
            assert all(abs(n - Fraction(1000 * p, whole)) < 1 for n, p in zip(tenths, parts, strict=True))
        for s in shown:
            self._rates_are_right(s.figures)

    def _rates_are_right(self, figures: Figures) -> None:
        decided = figures.subsidy_approved_count + figures.subsidy_rejected_count
        assert figures.approval_rate == (figures.subsidy_approved_count / decided if decided else None)
        assert figures.approval_rate is None or 0 <= figures.approval_rate <= 1
        net = figures.redeemed_net_fen
        standing = figures.redeemed_gross_count - figures.refunded_count + figures.orphaned_count
        known = figures.orders_count >= standing and net != 0
        assert figures.direct_leverage == (figures.direct_spend_fen / net if known else None)
