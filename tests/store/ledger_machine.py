"""A machine that lives through a campaign at random and compares the real ledger with its oracle at every commit.

Audited subsidies live in it too: applications, decisions, payments, some of them against each other. The oracle and
the machine's parts are in `machine/`, by noun.

Of the invariants (promises, section 4) all are in it; I19 by the integers, I21 for roll-ups and reconciliation, and
of I4 and I5 what the province takes back after the end is left out, since nothing tells the product of it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, timedelta
from typing import Any

from hypothesis.stateful import invariant
from sqlalchemy import select

from store import schema
from store.engine import read, write
from store.queries import verify
from store.queries.short_refunds import short_refunds
from store.schema import CURVE_MEASURES, MEASURES
from store.writes import rebuild
from store.writes.reconcile import reconcile
from tests.store.machine.bookings import Bookings, beyond_redeemed
from tests.store.machine.briefings import Briefings
from tests.store.machine.comparing import Comparing
from tests.store.machine.deliveries import Deliveries
from tests.store.machine.happenings import Happenings
from tests.store.machine.lists import Lists
from tests.store.machine.oracle import SHANGHAI
from tests.store.machine.seen import expected, nonzero, rows_of, seen, troubles
from tests.store.machine.shortfall import seen_shortfall, shortfall
from tests.store.machine.subsidies import subsidy_troubles
from tests.store.machine.town import OPENING, allocations, leave

DAY, YEAR = timedelta(days=1), timedelta(days=365)


class LedgerMachine(Happenings, Deliveries, Comparing, Lists, Bookings, Briefings):
    """Events happen, wait, and arrive in any order, again, changed or completed; time passes; processes die."""

    @invariant()
    def the_product_agrees(self) -> None:
        """I1 to I6, I9, I10 and I19: every stored cell is the oracle's, at all three grains, and every account."""
        if not self.unchecked:
            return
        with read(self.engine) as conn:
            assert seen(conn, self.campaign, now=self.now) == expected(
                self.oracle, self.campaign, now=self.now
            )
            minutes, days = self._cells()
            assert rows_of(conn, schema.rollup_minute, 3) == nonzero(minutes)
            assert rows_of(conn, schema.rollup_day, 7) == nonzero(days)
            shops = {row[:4]: row[4] for row in map(tuple, conn.execute(select(schema.merchants_seen)))}
            assert {shop: n for shop, n in shops.items() if n} == self.oracle.shops()
            assert verify.orphan_refunds(conn) == self.oracle.orphans()
            assert troubles(conn) == subsidy_troubles(self.oracle)
            for until in (OPENING + DAY, self.now + YEAR):
                told = short_refunds(conn, self.campaign, until=until)
                assert seen_shortfall(told) == shortfall(self.oracle, until)
            keys = conn.execute(select(*schema.events.primary_key))
            assert {tuple(key) for key in keys} == {(*key[:4], key[4].value) for key in self.oracle.known}
        self.unchecked = False

    @invariant()
    def claimed_is_used_expired_or_outstanding(self) -> None:
        """I2 and I3, from the oracle's own sums: what the product is compared with is itself in balance."""
        if self.waiting or self.revised:  # a redemption taken back leaves its refunds behind, as orphans
            return
        for unit in ("count", "fen"):
            whole: dict[str, int] = defaultdict(int)
            for sums in self.oracle.by_place(self.now).values():
                for name, amount in sums.items():
                    whole[name] += amount
            left = whole[f"expired_{unit}"] + whole[f"outstanding_{unit}"]
            assert whole[f"claimed_{unit}"] == whole[f"redeemed_gross_{unit}"] + left
            assert 0 <= whole[f"refunded_{unit}"] <= whole[f"redeemed_gross_{unit}"]

    def teardown(self) -> None:
        """Everything arrives in the end: the ledger is clean, and neither tranche knows of the other (I8)."""
        try:
            if self.waiting:
                self.save(self.waiting)
            self.the_product_agrees()
            for n in range(len(self.published)):
                self.published_figures_stand(n)
            self.compare()
            with read(self.engine) as conn:
                self.shares_are_right(conn)
                self.flags_are_right(conn, len(self.registers), len(self.banned))
            self._it_is_clean()
            self._tranches_are_apart()
        finally:
            leave(self.engine)

    def _it_is_clean(self) -> None:
        """I5: more promised or spent than there is drops no event and is said. I21: comparing again changes nothing."""
        with write(self.engine) as conn:
            assert not reconcile(conn, self.campaign, now=self.now).visible
        with read(self.engine) as conn:
            found = verify.verify(conn, self.campaign, now=self.now, reconciled_at=self.now)
        given = allocations(self.campaign)
        held = expected(self.oracle, self.campaign, now=self.now).accounts
        over = {(tranche, "pool >= 0") for tranche in given if held[tranche]["pool"] < 0}
        over |= {(t, "spent <= allocation") for t in given if held[t]["spent"] > given[t]}
        over |= {(shop, "withheld + recovered <= redeemed") for shop in beyond_redeemed(self.oracle)}
        assert {(d.where, d.check) for d in found} == over

    def _tranches_are_apart(self) -> None:
        for gone, kept in (("T1", "T2"), ("T2", "T1")):
            with read(self.engine) as conn:
                before = seen(conn, self.campaign, now=self.now, tranche=kept)
            opened = self.engine.connect().execution_options(quanqing_write=True)
            with opened as conn, conn.begin() as undone:
                conn.execute(schema.events.delete().where(schema.events.c.tranche == gone))
                rebuild.rebuild_rollups(conn)
                assert seen(conn, self.campaign, now=self.now, tranche=kept) == before
                undone.rollback()

    def _cells(self) -> tuple[dict[Any, list[int]], dict[Any, list[int]]]:
        """By minute and by day, from the oracle."""
        minutes: dict[Any, list[int]] = defaultdict(lambda: [0] * len(CURVE_MEASURES))
        days: dict[Any, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
        for (
            (tranche, programme, template, round_no, county),
            sector,
            at,
        ), sums in self.oracle.cells().items():
            minute = at.astimezone(UTC).replace(second=0, microsecond=0)
            midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
            day = days[programme, tranche, county, sector, template, round_no, midnight]
            for cell, names in ((minutes[programme, minute, tranche], CURVE_MEASURES), (day, MEASURES)):
                for place, name in enumerate(names):
                    cell[place] += sums.get(name, 0)
        return minutes, days
