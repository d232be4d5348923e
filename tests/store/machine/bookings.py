"""Offices withhold money from merchants under sanction and get some back (I3, I4, and I14 of both)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from domain.records import Kind
from domain.sanctions import Booking, SanctionEntry
from store.engine import write
from store.writes.sanction_money import book_sanctions
from tests.store.machine.ground import Ground, pick
from tests.store.machine.oracle import Oracle, key_of, origin_of
from tests.store.machine.town import MIDNIGHT


class Bookings(Ground):
    """The oracle keeps every entry with the moment it was booked."""

    @precondition(lambda self: self.redeemed)
    @rule(
        which=pick,
        kind=st.sampled_from(Booking),
        fen=st.sampled_from((500, 1000, 2000, -500)),
        again=st.booleans(),
    )
    def book(self, which: int, kind: Booking, fen: int, again: bool) -> None:
        used = self.redeemed[which % len(self.redeemed)]
        if used.event.merchant is None:
            return
        entry = SanctionEntry(
            entry_no=f"P{len(self.oracle.booked)}",
            programme=used.programme,
            tranche=used.tranche,
            merchant=used.event.merchant,
            kind=kind,
            amount_fen=fen,
            booked_on=MIDNIGHT,
            document="通报1号",
        )
        self.now += timedelta(seconds=1)
        with write(self.engine) as conn:
            assert book_sanctions(conn, [entry], now=self.now) == 1
            assert not again or book_sanctions(conn, [entry], now=self.now) == 0
        self.oracle.booked.append((self.now, entry))
        self.unchecked = True


def expected_booked(oracle: Oracle, known_by: datetime | None = None) -> dict[str, tuple[int, int, int]]:
    """Programme -> merchants, withheld, recovered."""
    found: dict[str, tuple[int, int, int]] = {}
    told = [entry for at, entry in oracle.booked if known_by is None or at <= known_by]
    for programme in {entry.programme for entry in told}:
        own = [entry for entry in told if entry.programme == programme]
        sums = (sum(e.amount_fen for e in own if e.kind is kind) for kind in Booking)
        withheld, recovered = sums
        found[programme] = (len({e.merchant for e in own}), withheld, recovered)
    return found


def beyond_redeemed(oracle: Oracle) -> set[str]:
    """I3: "programme/merchant" where more was withheld and recovered than was used there and not given back."""
    standing = [entry for entry, _ in oracle.standing()]
    back = {origin_of(e) for e in standing if e.event.kind is Kind.REFUND}
    most: Counter[tuple[str, Any]] = Counter()
    for e in standing:
        if e.event.kind is Kind.REDEMPTION and key_of(e) not in back:
            most[e.programme, e.event.merchant] += e.event.face_fen
    sums: dict[tuple[str, str], Counter[Booking]] = {}
    for _, entry in oracle.booked:
        sums.setdefault((entry.programme, entry.merchant), Counter())[entry.kind] += entry.amount_fen
    return {
        "/".join(shop)
        for shop, of_kind in sums.items()
        if sum(of_kind.values()) > most[shop] or min(of_kind[kind] for kind in Booking) < 0
    }
