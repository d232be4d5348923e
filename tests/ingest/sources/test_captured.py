"""What Alipay and UnionPay answered one morning (tests/data/README.md), fetched, verified and read to the fen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Counter, Event, Grade, Kind, Parsed, Payload
from ingest.source import Source
from rehearsal.rsa import KeyPair
from tests.ingest.captured import (
    ASKED_AT,
    DAY,
    Frozen,
    alipay,
    alipay_name,
    frozen,
    unionpay,
    unionpay_name,
)

OURS = KeyPair.new()  # what asks is not what was captured: any key will do
ALIPAY, UNIONPAY = frozen("alipay"), frozen("unionpay")
NUMBERS = tuple(f"2022102800{n:08d}" for n in range(1, 5))
TOTALS = {  # (sub-project, kind) -> (rows, face fen, order fen, paid fen, returned fen)
    ("SP-CITY-R", Kind.CLAIM): (60, 100_000, 0, 0, 0),
    ("SP-CITY-R", Kind.REDEMPTION): (13, 21_000, 168_280, 146_846, 0),
    ("SP-LZ-R", Kind.CLAIM): (28, 56_000, 0, 0, 0),
    ("SP-LZ-R", Kind.REDEMPTION): (8, 16_000, 106_850, 90_850, 0),
    ("SP-LZ-R", Kind.REFUND): (2, 4_000, 0, 0, 4_000),
}
CLAIMED, REDEEMED = (
    (40, 20, 0, 28),
    (8, 5, 0, 9),
)  # by activity; the counters know the row whose number is lost


@pytest.fixture
def wallet(small_campaign: Campaign) -> Source:
    return alipay(small_campaign, OURS, ALIPAY["public-key.txt"].decode())


@pytest.fixture
def card(small_campaign: Campaign) -> Source:
    return unionpay(small_campaign, OURS, UNIONPAY["public-key.txt"].decode())


def fetched(source: Source, http: Frozen) -> list[Payload]:
    return list(source.fetch(http, None))


def counted(source: Source, payloads: list[Payload], kind: Kind) -> tuple[int, ...]:
    records = [record for payload in payloads for record in source.parse(payload).records]
    counters = [record for record in records if isinstance(record, Counter)]
    assert {counter.counted_at for counter in counters} == {ASKED_AT}
    return tuple(counter.value_count for counter in counters if counter.kind is kind)


def totals(parsed: Parsed) -> dict[tuple[str, Kind], tuple[int, ...]]:
    sums: dict[tuple[str, Kind], list[int]] = defaultdict(lambda: [0] * 5)
    for event in parsed.records:
        assert isinstance(event, Event)
        row = 1, event.face_fen, event.order_fen or 0, event.paid_fen or 0, event.returned_fen or 0
        own = sums[event.sub_project, event.kind]
        own[:] = [a + b for a, b in zip(own, row, strict=True)]
    return {key: tuple(row) for key, row in sums.items()}


def assert_awkward_rows(parsed: Parsed) -> None:
    """Three rows are named and set aside; a guard and full-width digits change nothing."""
    assert [(reject.field, reject.reason) for reject in parsed.rejects] == [
        ("event_no", "scientific notation: its digits are lost"),
        ("lot", "no activity of sources.toml"),
        ("face", "not an amount in yuan with at most two decimals"),
    ]
    last = {e.event_no: e for e in parsed.records if isinstance(e, Event) and e.kind is Kind.REDEMPTION}
    assert last["H22010020010000902"].county == "140403"  # stands as １４０４０３
    assert "H22000010010000802" in last  # stands as ="H22000010010000802"


# ---------------------------------------------------------------- Alipay


def test_alipays_counters_and_bill_are_fetched_verified_and_read(wallet: Source) -> None:
    http = Frozen(alipay_name, ALIPAY)
    *counters, bill = fetched(wallet, http)
    assert http.asked == [*(f"activity-{number}.json" for number in NUMBERS), "bill-address.json", "bill.zip"]
    assert counted(wallet, counters, Kind.CLAIM) == CLAIMED
    assert counted(wallet, counters, Kind.REDEMPTION) == REDEEMED
    parsed = wallet.parse(bill)
    assert totals(parsed) == TOTALS
    assert_awkward_rows(parsed)
    assert (bill.cursor, parsed.grade) == (f'["{DAY}"]', Grade.DAILY)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_byte_of_alipays_answer_changed_anywhere_is_refused(wallet: Source, number: str) -> None:
    payload = next(p for p in fetched(wallet, Frozen(alipay_name, ALIPAY)) if number in p.name)
    for place in range(len(payload.body)):
        with pytest.raises(ParseError):
            wallet.parse(changed(payload, place))


def test_a_bill_is_not_fetched_from_an_address_that_alipay_did_not_sign(wallet: Source) -> None:
    address = ALIPAY["bill-address.json"]
    http = Frozen(alipay_name, ALIPAY | {"bill-address.json": flipped(address, address.index(b"token=") + 6)})
    with pytest.raises(FetchError, match="signature"):
        fetched(wallet, http)
    assert http.asked[-1] == "bill-address.json"


def test_a_byte_of_the_bill_changed_anywhere_is_refused_or_moves_no_figure(wallet: Source) -> None:
    """A bill bears no signature. What its checksums leave out are names and times nobody reads."""
    bill = fetched(wallet, Frozen(alipay_name, ALIPAY))[-1]
    whole = wallet.parse(bill)
    refused = 0
    for place in range(len(bill.body)):
        try:
            assert wallet.parse(changed(bill, place)) == whole
        except ParseError:
            refused += 1
    assert refused > len(bill.body) * 0.9


# ---------------------------------------------------------------- UnionPay


def test_unionpays_token_quotas_and_settlement_are_fetched_verified_and_read(card: Source) -> None:
    http = Frozen(unionpay_name, UNIONPAY)
    *counters, file = fetched(card, http)
    first, *others = (f"quota-{number}.json" for number in NUMBERS)
    assert http.asked == ["token.json", first, *others, "settlement-1028.txt"]
    assert counted(card, counters, Kind.CLAIM) == CLAIMED
    parsed = card.parse(file)
    assert totals(parsed) == TOTALS
    assert_awkward_rows(parsed)
    assert (file.cursor, parsed.grade) == (f'["{DAY}"]', Grade.DAILY)


def test_a_byte_of_the_settlement_changed_anywhere_is_refused(card: Source) -> None:
    file = fetched(card, Frozen(unionpay_name, UNIONPAY))[-1]
    for place in range(len(file.body)):
        with pytest.raises(ParseError):
            card.parse(changed(file, place))


def test_a_token_without_its_end_is_no_token(card: Source) -> None:
    broken = UNIONPAY["token.json"].replace(b"7200", b"0")
    with pytest.raises(FetchError, match="no token with a lifetime"):
        fetched(card, Frozen(unionpay_name, UNIONPAY | {"token.json": broken}))


def changed(payload: Payload, place: int) -> Payload:
    return replace(payload, body=flipped(payload.body, place))


def flipped(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
