"""What arrives: in any order, again, contradicted, completed, corrected, taken back; and processes that die."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from domain.records import Kind
from store.engine import write
from tests.store.machine.ground import Ground, pick
from tests.store.machine.oracle import key_of
from tests.store.machine.town import ORDERS


class Crash(Exception):
    """The process died before its commit."""


class Deliveries(Ground):
    """What has happened reaches the ledger."""

    @precondition(lambda self: self.waiting)
    @rule(which=st.lists(pick, min_size=1, max_size=8), again=st.booleans(), newest=st.booleans())
    def deliver(self, which: list[int], again: bool, newest: bool) -> None:
        """`newest`: what happened last comes first, so that what follows comes before what it follows from."""
        batch = []
        for n in which:
            if self.waiting:
                place = n % len(self.waiting)
                batch.append(self.waiting.pop(-1 - place if newest else place))
        self.save(batch + batch[:1] if again else batch)
        self.delivered += batch

    @precondition(lambda self: self.delivered)
    @rule(which=st.lists(pick, min_size=1, max_size=5))
    def redeliver(self, which: list[int]) -> None:
        self.save([self.delivered[n % len(self.delivered)] for n in which])

    @precondition(lambda self: self.delivered)
    @rule(which=pick, more=st.sampled_from((1, 100)), field=st.sampled_from(("face_fen", "voucher_no")))
    def contradict(self, which: int, more: int, field: str) -> None:
        stands = self.delivered[which % len(self.delivered)]
        other: Any = stands.event.face_fen + more if field == "face_fen" else f"X{more}"
        self.save([replace(stands, event=replace(stands.event, **{field: other}))])

    @precondition(lambda self: self.redeemed)
    @rule(which=pick, order_fen=st.sampled_from(ORDERS), with_last=st.booleans())
    def complete(self, which: int, order_fen: int | None, with_last: bool) -> None:
        """The day's file tells of what a callback told before: an amount, another amount, or none."""
        untold = [e for e in self.delivered if e.event.kind is Kind.REDEMPTION and e.event.order_fen is None]
        several = untold + self.redeemed
        entry = several[which % len(several)]
        batch = [replace(entry, event=replace(entry.event, order_fen=order_fen))]
        if with_last and self.waiting:
            self.delivered.append(self.waiting.pop())
            batch.append(self.delivered[-1])
        self.save(batch)

    @precondition(lambda self: self.delivered)
    @rule(
        which=pick,
        hours=st.sampled_from((0, 5, 25, 24 * 9)),
        order_fen=st.sampled_from(ORDERS),
        fate=st.sampled_from(("stands", "stands", "stands", "taken back")),
        at_once=st.booleans(),
    )
    def correct(self, which: int, hours: int, order_fen: int | None, fate: str, at_once: bool) -> None:
        """The platform tells one event anew: another time, amount, shop or redemption; or takes it back (I9, I11)."""
        stands = self.delivered[which % len(self.delivered)]
        key = key_of(stands)
        self.revised[key] += 1
        changes: dict[str, Any] = {
            "revision": self.revised[key],
            "cancelled": fate == "taken back",
            "occurred_at": stands.event.occurred_at + timedelta(hours=hours),
        }
        if stands.event.kind is Kind.REDEMPTION:
            changes |= {"order_fen": order_fen, "merchant": f"M{which % 3}" if which % 3 else None}
        if stands.event.kind is Kind.REFUND:
            here = [e for e in self.redeemed if e.event.sub_project == stands.event.sub_project]
            changes["origin_event_no"] = here[which % len(here)].event.event_no
            changes["returned_fen"] = (stands.event.returned_fen, 700, None)[which % 3]
        if stands.event.kind in (Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT):
            here = [e for e in self.applied if e.event.sub_project == stands.event.sub_project]
            changes |= {
                "origin_event_no": here[which % len(here)].event.event_no,
                "face_fen": 1 + which % 100_000,
            }
        entry = replace(stands, event=replace(stands.event, **changes))
        if at_once:
            self.save([entry])
            self.delivered.append(entry)
        else:
            self.waiting.append(entry)

    @precondition(lambda self: self.waiting)
    @rule()
    def crash(self) -> None:
        try:
            with write(self.engine) as conn:
                self.hand_over(conn, self.waiting)
                raise Crash
        except Crash:
            self.engine.dispose()
        self.unchecked = True
