"""A round with a subsidy among its lines is one of vouchers to whoever asks how far it is claimed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from briefing.calendar import rounds_section
from briefing.final_reach import issued_section
from briefing.money import read_ledger
from domain.campaign import Campaign
from domain.readings import Scope, Stamp
from domain.readings_scenes import RoundProgress, RoundState
from domain.records import Grade, Kind
from store.queries.counted import Lot
from store.queries.launch import round_progress, rounds_on_show
from store.queries.rounds import lot_sums, voucher_rounds
from store.queries.totals import totals
from tests.store.events import OPENING
from tests.store.stated_day import poll

HOUR = timedelta(hours=1)
CITY = Scope(code="140400", name="长治市", is_city=True)
RETAIL, CATERING = 1_750, 1_000
"""What the city's first round has of each; and five cars."""


def count(conn: Connection, campaign: Campaign, template: str, n: int, *, minutes: int) -> None:
    poll(conn, campaign, Kind.CLAIM, n, OPENING + timedelta(minutes=minutes), Lot("city", template, 1))


def on_the_wall(conn: Connection, campaign: Campaign) -> RoundProgress:
    now = OPENING + HOUR
    shown = [r for r in rounds_on_show(campaign, ["city", "luzhou"], now=now) if r.programme == "city"]
    stamps = {"city": Stamp(data_time=now, grade=Grade.FLASH, tranche="T1")}
    (found,) = round_progress(conn, campaign, shown, lot_sums(conn), stamps=stamps, held={}, now=now)
    return found


def in_the_paper(conn: Connection, campaign: Campaign, name: str = "长治市本级") -> tuple[object, ...]:
    at = OPENING + HOUR
    ledger = read_ledger(conn, campaign, CITY, as_of=at, known_by=at)
    (table,) = rounds_section(campaign, ledger, as_of=at).tables
    return next(row[3:6] for row in table.rows if row[0] == name)


def test_a_round_with_cars_sells_out_with_its_last_voucher(conn: Connection, audited: Campaign) -> None:
    count(conn, audited, "city.cat10", CATERING, minutes=2)
    count(conn, audited, "city.ret20", RETAIL - 1, minutes=4)
    nearly = on_the_wall(conn, audited)
    assert (nearly.state, nearly.qty, nearly.claimed_count) == (RoundState.OPEN, 2_750, 2_749)
    assert in_the_paper(conn, audited) == ("领取中", 2_750, 2_749)
    count(conn, audited, "city.ret20", RETAIL, minutes=5)
    out = on_the_wall(conn, audited)
    assert (out.state, out.claim_rate, out.sold_out_s) == (RoundState.SOLD_OUT, 1, 300)
    assert in_the_paper(conn, audited) == ("已领完", 2_750, 2_750)


def test_a_round_whose_claims_are_under_check_or_unknown_has_no_state_in_the_paper(
    conn: Connection, audited: Campaign
) -> None:
    """One more than was issued is no sell-out, but a figure to be checked; and of a silent county nothing is known."""
    count(conn, audited, "city.cat10", CATERING + 1, minutes=2)
    count(conn, audited, "city.ret20", RETAIL, minutes=5)
    assert in_the_paper(conn, audited) == ("核查中", 2_750, "核查中")
    assert in_the_paper(conn, audited, "潞州区") == (None, 1_500, None)


def test_cars_are_not_issued(conn: Connection, audited: Campaign) -> None:
    """Nobody can claim them: a round claimed to the last voucher has a claim rate of 1, and one more is beyond it."""
    count(conn, audited, "city.cat10", CATERING, minutes=2)
    count(conn, audited, "city.ret20", RETAIL, minutes=5)
    rows = totals(conn, audited, by=("programme",), now=OPENING + HOUR)
    (city,) = (row.figures for row in rows if row.key == ("city",))
    assert city.issued_count == city.claimed_count == RETAIL + CATERING
    assert city.issued_fen == city.claimed_fen == RETAIL * 2_000 + CATERING * 1_000
    by_sector = totals(conn, audited, by=("sector",), now=OPENING + HOUR)
    assert "auto" not in {row.key[0] for row in by_sector}


def test_the_final_report_names_the_sector_of_the_cars_beside_what_was_issued(
    conn: Connection, audited: Campaign
) -> None:
    at = OPENING + HOUR
    ledger = read_ledger(conn, audited, CITY, as_of=at, known_by=at)
    section = issued_section(audited, ledger, as_of=at)
    assert "汽车" in section.sentences[0]
    (table,) = section.tables
    assert table.rows[-1][4:] == (4_250, (RETAIL + 1_500) * 2_000 + CATERING * 1_000)


def test_a_round_of_cars_alone_is_none_of_vouchers(audited: Campaign) -> None:
    first = audited.rounds["city", 1]
    cars = first.model_copy(update={"lines": tuple(ln for ln in first.lines if ln.template == "city.auto")})
    assert list(voucher_rounds(audited, [cars])) == []
    assert list(voucher_rounds(audited, [audited.rounds["city", 2]])) == [audited.rounds["city", 2]]
