"""What every part of the machine stands on: the store, the oracle, the clock, and how a batch is handed over."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Connection

from domain.records import Entry, Grade
from store.engine import write
from store.writes import ledger
from tests.store.machine.oracle import Oracle, key_of
from tests.store.machine.town import OPENING, issues, new_store, two_tranches

pick = st.integers(0, 1 << 16)


class Ground(RuleBasedStateMachine):
    """`waiting` has happened and not arrived; `delivered` has arrived at least once."""

    def __init__(self) -> None:
        super().__init__()
        self.campaign = two_tranches()
        self.engine = new_store()
        self.oracle = Oracle(issues(self.campaign))
        self.now = OPENING
        self.batches = 0
        self.claimed: list[Entry] = []
        self.redeemed: list[Entry] = []
        self.applied: list[Entry] = []
        self.waiting: list[Entry] = []
        self.delivered: list[Entry] = []
        self.revised: Counter[Any] = Counter()
        self.unchecked = True

    def save(self, batch: list[Entry]) -> None:
        self.now += timedelta(seconds=1)
        with write(self.engine) as conn:
            saved = self.hand_over(conn, batch)
        before = set(self.oracle.known)
        fate = self.oracle.deliver(batch, self.now)
        assert saved.accepted == fate.accepted
        assert saved.conflicting == fate.conflicting
        assert saved.duplicate + saved.superseded == fate.repeated
        assert saved.superseded <= sum(key_of(entry) in before for entry in batch)
        self.unchecked = True

    def hand_over(self, conn: Connection, batch: list[Entry]) -> ledger.Saved:
        self.batches += 1
        return ledger.save_batch(
            conn,
            tuple(batch),
            source="machine",
            grade=Grade.FLASH,
            raw_sha256=f"{self.batches:064x}",
            now=self.now,
        )
