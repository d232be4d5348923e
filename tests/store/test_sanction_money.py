"""The money of sanctions: booked once, countered and never changed, apart from every other figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from domain.accounts import Account, balances
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Kind
from domain.sanctions import Booking, SanctionEntry
from store.queries.difference import Difference
from store.queries.sanction_money import recovered_fen, sanction_money_of
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.schema import sanction_money
from store.writes.sanction_money import book_sanctions
from tests.store.events import OPENING, event
from tests.store.judged import save

LATER = OPENING + timedelta(days=20)
NEXT_DAY = LATER + timedelta(days=1)
FACE = 2_000


def entry(no: str = "P1", kind: Booking = Booking.WITHHELD, fen: int = FACE, **changes: str) -> SanctionEntry:
    fields = {
        "programme": "luzhou",
        "tranche": "T1",
        "merchant": "M1",
        "document": "长商函〔2022〕3号",
    } | changes
    return SanctionEntry(entry_no=no, kind=kind, amount_fen=fen, booked_on=OPENING, **fields)


@pytest.fixture
def used(conn: Connection, small_campaign: Campaign) -> Connection:
    """Three vouchers used at M1 in 潞州区, one of them refunded."""
    told = [event(small_campaign, "luzhou", Kind.REDEMPTION, n, merchant="M1") for n in (1, 2, 3)]
    save(conn, small_campaign, *told, event(small_campaign, "luzhou", Kind.REFUND, 3, merchant="M1"))
    return conn


def sums(conn: Connection, **asked: object) -> list[tuple[str, int, int, int]]:
    found = sanction_money_of(conn, **asked)  # type: ignore[arg-type]
    return [(m.programme, m.merchants_count, m.withheld_fen, m.recovered_fen) for m in found]


def test_entries_are_summed_by_programme_and_one_without_any_is_left_out(conn: Connection) -> None:
    several = [
        entry(),
        entry("P2", Booking.RECOVERED, 500),
        entry("P3", fen=700, merchant="M2"),
        entry("P1", fen=90, programme="city"),
    ]
    assert book_sanctions(conn, several, now=LATER) == 4
    assert sums(conn) == [("city", 1, 90, 0), ("luzhou", 2, 2_700, 500)]
    assert {m.booked_at for m in sanction_money_of(conn)} == {LATER}


def test_the_same_entries_again_add_nothing(conn: Connection) -> None:
    book_sanctions(conn, [entry()], now=LATER)
    assert book_sanctions(conn, [entry(), entry("P2")], now=NEXT_DAY) == 1
    assert book_sanctions(conn, [entry(), entry("P2")], now=NEXT_DAY) == 0
    assert sums(conn) == [("luzhou", 1, 2 * FACE, 0)]


@pytest.mark.parametrize("changes", [{"fen": 1}, {"kind": Booking.RECOVERED}, {"document": "另一份"}])
def test_a_known_number_told_otherwise_books_nothing_of_the_file(
    conn: Connection, changes: dict[str, object]
) -> None:
    book_sanctions(conn, [entry()], now=LATER)
    with pytest.raises(StoreError, match="'P1' of 'luzhou' is booked with other content"):
        book_sanctions(conn, [entry("P2"), entry(**changes)], now=NEXT_DAY)  # type: ignore[arg-type]
    assert conn.execute(select(func.count()).select_from(sanction_money)).scalar_one() == 1


def test_an_entry_is_countered_by_one_below_zero_and_the_past_stays(conn: Connection) -> None:
    book_sanctions(conn, [entry()], now=LATER)
    book_sanctions(conn, [entry("P2", fen=-FACE), entry("P3", Booking.RECOVERED)], now=NEXT_DAY)
    assert sums(conn) == [("luzhou", 1, 0, FACE)]
    assert sums(conn, known_by=LATER) == [("luzhou", 1, FACE, 0)]
    assert sums(conn, known_by=LATER - timedelta(seconds=1)) == []


def test_what_is_recovered_is_free_again_and_no_other_figure_moves(
    used: Connection, small_campaign: Campaign
) -> None:
    before = totals(used, small_campaign, by=("programme",), now=LATER)
    book_sanctions(used, [entry(), entry("P2", Booking.RECOVERED)], now=LATER)
    assert totals(used, small_campaign, by=("programme",), now=LATER) == before
    back = recovered_fen(used, "T1")
    assert (back, recovered_fen(used, "T2"), recovered_fen(used, "T1", known_by=OPENING)) == (FACE, 0, 0)
    figures, allocation = total_of(before), small_campaign.in_scope.amount_fen or 0
    balance = figures.balance_fen(allocation)
    assert figures.balance_fen(allocation, recovered_fen=back) == balance + FACE
    held = balances(figures, allocation_fen=allocation, recovered_fen=back)
    assert held[Account.SPENT] == figures.redeemed_net_fen - FACE
    assert sum(held.values()) == 0
    assert verify(used, small_campaign, now=LATER) == []


@pytest.mark.parametrize(("fen", "clean"), [(2 * FACE, True), (2 * FACE + 1, False), (-1, False)])
def test_no_more_is_booked_of_a_merchant_than_was_used_there(
    used: Connection, small_campaign: Campaign, fen: int, clean: bool
) -> None:
    """The third voucher was refunded: its money is back already."""
    book_sanctions(used, [entry(fen=fen)], now=LATER)
    over = Difference(
        check="withheld + recovered <= redeemed", where="luzhou/M1", stored=fen, expected=2 * FACE
    )
    assert verify(used, small_campaign, now=LATER) == ([] if clean else [over])


def test_hostile_text_stays_text(conn: Connection) -> None:
    hostile = "';DROP TABLE sanction_money;--<script>"
    book_sanctions(conn, [replace(entry(), document=hostile, merchant="M'1", entry_no='"P"')], now=LATER)
    row = conn.execute(select(sanction_money)).one()
    assert (row.document, row.merchant, row.entry_no) == (hostile, "M'1", '"P"')
