from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Counter, Event, Grade, Kind, Payload
from domain.statements import Metric, Statement
from ingest import tables, wechatpay_flow
from ingest.answers import FILE, Answer, Limits, Validators
from ingest.answers import answer as answered
from ingest.http import Http
from ingest.run import Site, run_source
from ingest.source import Deployment
from ingest.sources.wechatpay import STOCKS, WeChatPay
from ingest.wechatpay_callback import CallbackError, callback_payload
from ingest.wechatpay_progress import Progress
from ingest.wechatpay_signing import ProbeError, SealError, SignatureError, unseal, verify
from rehearsal.platforms.wechatpay_wire import PROBE, Keys, notice, signed
from store.engine import write
from store.queries.discrepancies import open_discrepancies
from store.queries.totals import total_of, totals
from store.writes.reconcile import reconcile

DATA = Path(__file__).parents[2] / "data" / "wechatpay"
API = "https://api.mch.weixin.qq.com"
VECTOR = (
    "+tSResPkLR/RPJf26JqulzyUj02C15q4db4135w8ZE3ineKVmo0p5sZF+QnPycT0LZ/Xp/WvKl4iEW1qp39rn7fOELdShX4LhZIYML4="
)
COUPON: dict[str, Any] = {
    "stock_id": "9865000", "coupon_id": "98674556", "status": "USED", "create_time": "2022-10-28T09:00:07.000+08:00",
    "normal_coupon_information": {"coupon_amount": 2000, "transaction_minimum": 10000},
    "consume_information": {
        "consume_time": "2022-10-28T09:31:05.123+08:00", "consume_mchid": "1600000001", "transaction_id": "4200000999",
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys.made()


@pytest.fixture
def source(keys: Keys, tmp_path: Path) -> WeChatPay:
    return made(keys, tmp_path)


def made(keys: Keys, folder: Path, **changes: Any) -> WeChatPay:
    keys.write(folder)
    (folder / "merchants.csv").write_text("merchant,county\n1600000001,140403\n1600000002,140423\n")
    settings = {
        "id": "wechat", "kind": "wechatpay", "name": "微信支付", "every_s": 15, "stale_after_s": 180,
        "platform": "wechat", "mchid": keys.mchid, "serial_no": keys.merchant_serial,
        "private_key_file": "wechatpay-merchant.pem", "api_v3_key_env": "APIV3",
        "platform_keys": [{"serial": keys.platform_serial, "file": "wechatpay-platform.pem"}],
        "stocks": [{"stock_id": "9865000", "sub_project": "s-R", "template": "t", "round": 1, "face_fen": 2000}],
        "merchant_counties": "merchants.csv", **changes,
    }  # fmt: skip
    return WeChatPay.model_validate(
        settings, context=Deployment(environ={"APIV3": keys.api_v3}, folder=folder)
    )


def flow(name: str, body: bytes | None = None) -> Payload:
    body = (DATA / f"{name}.csv").read_bytes() if body is None else body
    manifest = json.dumps({"sha1": hashlib.sha1(body).hexdigest()})
    return Payload(name=f"{STOCKS}/9865000/{name}", body=body, media_type="text/csv", manifest=manifest)


def pushed(keys: Keys, now: datetime, **changes: Any) -> tuple[dict[str, str], bytes]:
    body = notice(keys, "EV-1", {**COUPON, **changes}, at=int(now.timestamp()))
    return signed(keys, body, at=int(now.timestamp())), body


# ---------------------------------------------------------------- sealing and signing


def test_the_published_vector_opens_and_a_changed_byte_does_not() -> None:
    key = b"0123456789abcdef0123456789abcdef"
    opened = unseal(VECTOR, nonce="abcdef012345", associated_data="coupon", key=key)
    assert json.loads(opened) == {"stock_id": "9865000", "coupon_id": "98674556", "status": "USED"}
    for damaged, data in (("A" + VECTOR[1:], "coupon"), (VECTOR, "coupoN"), ("%", "coupon")):
        with pytest.raises(SealError):
            unseal(damaged, nonce="abcdef012345", associated_data=data, key=key)


@pytest.mark.parametrize(
    ("late", "good"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_a_signature_holds_for_five_minutes(keys: Keys, now: datetime, late: int, good: bool) -> None:
    pinned = {keys.platform_serial: keys.platform.public_key()}
    headers = {name.upper(): value for name, value in signed(keys, b"{}", at=int(now.timestamp())).items()}
    if good:
        assert verify(headers, b"{}", pinned, now=now + timedelta(seconds=late)) == int(now.timestamp())
    else:
        with pytest.raises(SignatureError, match="our clock"):
            verify(headers, b"{}", pinned, now=now + timedelta(seconds=late))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Wechatpay-Serial", "PUB_KEY_ID_other"), ("Wechatpay-Nonce", "another"), ("Wechatpay-Signature", "AAAA"),
        ("Wechatpay-Signature", "not base64"), ("Wechatpay-Signature", ""), ("Wechatpay-Timestamp", "soon"),
    ],
)  # fmt: skip
def test_a_header_that_is_wrong_in_any_place_is_refused(
    source: WeChatPay, keys: Keys, now: datetime, header: str, value: str
) -> None:
    headers, body = pushed(keys, now)
    assert source.open_callback(headers, body, now=now).notice_id == "EV-1"
    with pytest.raises(SignatureError):
        source.open_callback({**headers, header: value}, body, now=now)


def test_a_body_changed_by_a_blank_and_a_signature_test_are_refused(
    source: WeChatPay, keys: Keys, now: datetime
) -> None:
    headers, body = pushed(keys, now)
    with pytest.raises(SignatureError):
        source.open_callback(headers, body + b" ", now=now)
    headers["Wechatpay-Signature"] = PROBE + headers["Wechatpay-Signature"]
    with pytest.raises(ProbeError):
        source.open_callback(headers, body, now=now)


# ---------------------------------------------------------------- callbacks and files


def test_a_callback_and_the_file_tell_the_same_event(source: WeChatPay, keys: Keys, now: datetime) -> None:
    opened = source.open_callback(*pushed(keys, now), now=now)
    event = opened.event
    assert event == Event(
        kind=Kind.REDEMPTION, platform="wechat", sub_project="s-R", event_no="98674556", template="t", round_no=1,
        voucher_no="98674556", county="140403", face_fen=2000, merchant="1600000001", order_no="4200000999",
        occurred_at=datetime(2022, 10, 28, 1, 31, 5, tzinfo=UTC),
    )  # fmt: skip
    assert opened.claimed_at == datetime(2022, 10, 28, 1, 0, 7, tzinfo=UTC)
    filed = source.parse(flow("use-flow"))
    assert filed.grade is Grade.DAILY
    assert filed.records[0] == replace(event, order_fen=10850)
    assert len(filed.records) == 2


def test_the_inbox_keeps_raw_bytes_that_parse_opens_again_later(
    source: WeChatPay, keys: Keys, now: datetime
) -> None:
    headers, body = pushed(keys, now)
    kept = callback_payload(headers, body, received_at=now)
    assert kept.body == body
    assert source.parse(kept).records == (source.open_callback(headers, body, now=now).event,)
    with pytest.raises(ParseError, match="signature"):
        source.parse(replace(kept, body=body + b" "))


def test_a_coupon_that_was_not_used_or_whose_stock_or_merchant_is_unknown_is_a_named_reject(
    source: WeChatPay, keys: Keys, now: datetime
) -> None:
    elsewhere = {**COUPON["consume_information"], "consume_mchid": "1699999999"}
    for changes, field, word in (
        ({"status": "EXPIRED"}, "status", "USED"), ({"stock_id": "777"}, "stock_id", "777"),
        ({"consume_information": elsewhere}, "merchant", "1699999999"),
    ):  # fmt: skip
        parsed = source.parse(callback_payload(*pushed(keys, now, **changes), received_at=now))
        assert parsed.records == ()
        assert [(r.field, word in r.reason) for r in parsed.rejects] == [(field, True)]


def test_a_signed_callback_of_another_shape_is_quarantined(
    source: WeChatPay, keys: Keys, now: datetime
) -> None:
    with pytest.raises(CallbackError, match="consume_information"):
        source.open_callback(*pushed(keys, now, consume_information=None), now=now)


def test_a_stocks_own_county_holds_where_the_table_is_silent(keys: Keys, tmp_path: Path) -> None:
    stock = {"stock_id": "9865000", "sub_project": "s-R", "template": "t", "round": 1, "county": "140430"}
    events = made(keys, tmp_path, stocks=[stock], merchant_counties=None).parse(flow("use-flow")).records
    assert {event.county for event in events if isinstance(event, Event)} == {"140430"}


def test_a_refund_names_its_coupon_and_what_came_back(source: WeChatPay) -> None:
    (refund,) = source.parse(flow("refund-flow")).records
    assert isinstance(refund, Event)
    assert (refund.kind, refund.origin_event_no, refund.returned_fen) == (Kind.REFUND, "98674556", 2000)
    assert refund.event_no == "98674556.20221029090000"
    assert refund.face_fen == 2000


def test_the_footer_states_what_the_stock_came_to_once_it_is_known_when_it_was_asked_for(
    source: WeChatPay, now: datetime
) -> None:
    plain = flow("use-flow")
    beside = json.loads(plain.manifest or "{}") | {"asked_at": now.isoformat()}
    parsed = source.parse(replace(plain, manifest=json.dumps(beside)))
    (total,) = (record for record in parsed.records if isinstance(record, Statement))
    assert (total.metric, total.value_count, total.value_fen) == (
        Metric.REDEEMED_GROSS,
        len(parsed.records) - 1,
        None,
    )
    assert (total.day, total.stated_at, total.round_no) == (None, now, 1)
    assert source.parse(plain).records == parsed.records[:-1]


def test_a_byte_order_mark_changes_nothing(source: WeChatPay) -> None:
    plain = (DATA / "use-flow.csv").read_bytes()
    assert source.parse(flow("use-flow", b"\xef\xbb\xbf" + plain)) == source.parse(flow("use-flow", plain))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("use-flow", "`2\r\n", "`3\r\n"), ("use-flow", "总条数\r\n`2\r\n", ""), ("use-flow", "消耗商户号", "商户"),
        ("refund-flow", "优惠id", "券"), ("refund-flow", "退款时间", "日"), ("refund-flow", "优惠金额（元）", "钱"),
    ],
)  # fmt: skip
def test_a_file_whose_footer_or_columns_are_wrong_is_quarantined_whole(
    source: WeChatPay, name: str, old: str, new: str
) -> None:
    text = (DATA / f"{name}.csv").read_bytes().decode("utf-8-sig")
    assert old in text
    with pytest.raises(ParseError):
        source.parse(flow(name, text.replace(old, new).encode()))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("`20.00,`108", "`20.001,`108", "优惠金额(元)"), ("`支付,`4200000999", "`退款,`4200000999", "交易类型"),
        ("`9865000,`98674556", "`1,`98674556", "批次id"), ("2022-10-28 09:31:05", "昨天", "消耗时间"),
        ("`20.00,`108", "`20.00,`x,`108", "row"), ("`1600000001", "`1688", "merchant"),
    ],
)  # fmt: skip
def test_a_bad_row_rejects_itself_alone(source: WeChatPay, old: str, new: str, field: str) -> None:
    text = (DATA / "use-flow.csv").read_bytes().decode("utf-8-sig")
    parsed = source.parse(flow("use-flow", text.replace(old, new).encode()))
    assert [reject.field for reject in parsed.rejects] == [field]
    assert [event.event_no for event in parsed.records if isinstance(event, Event)] == ["98674557"]


def test_a_file_with_another_sha_1_is_quarantined(source: WeChatPay) -> None:
    with pytest.raises(ParseError, match="SHA-1"):
        source.parse(replace(flow("use-flow"), body=b"x"))


# ---------------------------------------------------------------- counters


def test_a_stocks_distributed_coupons_are_claims_at_the_signed_time(source: WeChatPay, now: datetime) -> None:
    beside = json.dumps({"wechatpay-timestamp": str(int(now.timestamp()))})
    body = (DATA / "stock.json").read_bytes()
    payload = Payload(name=f"{STOCKS}/9865000?x=1", body=body, media_type="application/json", manifest=beside)
    counter = Counter(platform="wechat", sub_project="s-R", template="t", round_no=1, kind=Kind.CLAIM,
                      value_count=5120, counted_at=now.astimezone(UTC))  # fmt: skip
    assert source.parse(payload).records == (counter,)
    unknown = json.loads(body) | {"stock_id": "555"}
    page = json.dumps({"total_count": 2, "data": [json.loads(body), unknown]}).encode()
    parsed = source.parse(replace(payload, name=f"{STOCKS}?offset=0", body=page))
    assert parsed.records == (counter,)
    assert ["555" in reject.reason for reject in parsed.rejects] == [True]


# ---------------------------------------------------------------- fetching


class Wire(Http):
    """Answers by path; signs what is signed."""

    def __init__(self, keys: Keys, answers: dict[str, bytes], now: datetime) -> None:
        self.keys, self.answers, self.now = keys, answers, now
        self.asked: list[str] = []
        self.refusals: dict[str, FetchError] = {}
        self.limits: dict[str, Limits | None] = {}

    def get(
        self,
        source: str,
        url: str,
        *,
        headers: Any = None,
        conditional: Validators | None = None,
        limits: Limits | None = None,
    ) -> Answer:
        path = url.removeprefix(API).partition("?")[0]
        self.asked.append(path)
        self.limits[path] = limits
        if path in self.refusals:
            raise self.refusals[path]
        if path not in self.answers:
            raise FetchError(source, "status 400", cause="refused", permanent=True)
        body = self.answers[path]
        unsigned = path.endswith(("-flow", "/file"))
        told = {} if unsigned else signed(self.keys, body, at=int(self.now.timestamp()))

        return answered(200, httpx.Headers(told), body)


def wire(keys: Keys, now: datetime, *, stocks: int = 1) -> Wire:
    stock = (DATA / "stock.json").read_bytes()
    file = (DATA / "use-flow.csv").read_bytes()
    told = {
        "url": f"{API}/v3/billdownload/file?token=t",
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(file).hexdigest(),
    }
    answers = {STOCKS: b'{"total_count": 0, "data": []}', "/v3/billdownload/file": file}
    for n in range(stocks):
        answers[f"{STOCKS}/{9865000 + n}"] = stock.replace(b"9865000", str(9865000 + n).encode())
        answers |= {
            f"{STOCKS}/{9865000 + n}/{name}": json.dumps(told).encode()
            for name in ("use-flow", "refund-flow")
        }
    return Wire(keys, answers, now)


def run(source: WeChatPay, http: Wire, now: datetime, cursor: str | None) -> Iterator[Payload]:
    http.now = now
    source._clock = lambda: now
    return source.fetch(http, cursor)


ENDED = datetime.fromisoformat("2022-11-06T10:00:00+08:00")


def test_files_are_asked_for_from_ten_on_the_day_after_the_end(source: WeChatPay, keys: Keys) -> None:
    before = ENDED - timedelta(seconds=1)
    http = wire(keys, before)
    early = list(run(source, http, before, None))
    assert [path for path in http.asked if path.endswith("flow")] == []
    names = [p.name for p in run(source, http, ENDED, early[-1].cursor)]
    assert [name.rpartition("/")[2] for name in names[-2:]] == ["use-flow", "refund-flow"]


def test_a_file_that_is_in_is_not_asked_for_again_but_refunds_are_daily_for_sixty_days(
    source: WeChatPay, keys: Keys
) -> None:
    http = wire(keys, ENDED)
    *_, last = run(source, http, ENDED, None)
    cursor, asked = last.cursor, []
    for later in (
        timedelta(minutes=11),
        timedelta(days=1),
        timedelta(days=2),
        timedelta(days=60),
        timedelta(days=99),
    ):
        http.asked.clear()
        for payload in run(source, http, ENDED + later, cursor):
            cursor = payload.cursor
        asked.append([path.rpartition("/")[2] for path in http.asked if path.endswith("flow")])
    assert asked == [[], ["refund-flow"], ["refund-flow"], ["refund-flow"], []]


def ends(http: Wire, at: str) -> bytes:
    """The platform tells this end of the stock from now on; the stock as it does."""
    stock = json.loads(http.answers[f"{STOCKS}/9865000"]) | {"available_end_time": at}
    http.answers[f"{STOCKS}/9865000"] = json.dumps(stock).encode()
    return http.answers[f"{STOCKS}/9865000"]


def flows_asked(source: WeChatPay, http: Wire, at: datetime, cursor: str | None) -> tuple[list[str], str]:
    """Which flows a run asks for; the cursor it leaves."""
    http.asked.clear()
    for payload in run(source, http, at, cursor):
        cursor = payload.cursor
    return [path.rpartition("/")[2] for path in http.asked if path.endswith("flow")], cursor or ""


BOTH = ["use-flow", "refund-flow"]
EXTENDED = ENDED + timedelta(days=10)


def test_a_stock_whose_end_is_moved_later_is_asked_for_its_files_again_after_it(
    source: WeChatPay, keys: Keys
) -> None:
    http = wire(keys, ENDED)
    asked, cursor = flows_asked(source, http, ENDED, None)
    assert asked == BOTH
    ends(http, "2022-11-15T23:59:59.000+08:00")
    asked, cursor = flows_asked(source, http, EXTENDED - timedelta(seconds=1), cursor)
    assert asked == []
    asked, cursor = flows_asked(source, http, EXTENDED, cursor)
    assert asked == BOTH
    asked, cursor = flows_asked(source, http, EXTENDED + timedelta(days=1), cursor)
    assert asked == ["refund-flow"]


def test_the_list_tells_of_a_later_end_when_everything_of_the_stock_is_in(
    source: WeChatPay, keys: Keys
) -> None:
    http = wire(keys, ENDED)
    done = ENDED + timedelta(days=60)
    _, cursor = flows_asked(source, http, done, None)
    assert Progress.from_cursor(cursor).finished("9865000")
    stock = ends(http, "2023-01-31T23:59:59.000+08:00")
    later = datetime.fromisoformat("2023-02-01T10:00:00+08:00")
    asked, cursor = flows_asked(source, http, later, cursor)
    assert asked == [], "nobody has told of it"
    http.answers[STOCKS] = b'{"total_count": 1, "data": [' + stock + b"]}"
    asked, cursor = flows_asked(source, http, later + timedelta(hours=1), cursor)
    assert asked == BOTH


@pytest.mark.parametrize("told", ["2022-11-04T23:59:59.000+08:00", "2022-11-05T23:59:59.000+08:00", "soon"])
def test_an_end_that_is_no_later_or_cannot_be_read_asks_for_nothing_again(
    source: WeChatPay, keys: Keys, told: str
) -> None:
    http = wire(keys, ENDED)
    before = http.answers[f"{STOCKS}/9865000"]
    _, cursor = flows_asked(source, http, ENDED, None)
    ends(http, told)
    _, cursor = flows_asked(source, http, ENDED + timedelta(hours=2), cursor)
    http.answers[f"{STOCKS}/9865000"] = before
    asked, _ = flows_asked(source, http, ENDED + timedelta(days=1), cursor)
    assert asked == ["refund-flow"]


def test_a_cursor_of_an_earlier_form_asks_once_more(source: WeChatPay, keys: Keys) -> None:
    """Which end its files were of stands nowhere in it: read again they are duplicates at worst."""
    http = wire(keys, ENDED)
    earlier = json.dumps({"listed": 0, "done": ["9865000/use-flow", "9865000/refund-flow"]})
    asked, cursor = flows_asked(source, http, ENDED, earlier)
    assert asked == BOTH
    assert flows_asked(source, http, ENDED + timedelta(minutes=11), cursor)[0] == []


def files(http: Wire, body: bytes) -> None:
    """The platform has this use-flow file from now on, and no refund-flow."""
    told = json.loads(http.answers[f"{STOCKS}/9865000/use-flow"])
    told["hash_value"] = hashlib.sha1(body).hexdigest()
    http.answers[f"{STOCKS}/9865000/use-flow"] = json.dumps(told).encode()
    http.answers["/v3/billdownload/file"] = body
    http.answers.pop(f"{STOCKS}/9865000/refund-flow", None)


def test_the_file_after_a_later_end_adds_what_it_has_more_and_counts_nothing_twice(
    engine: Engine, small_campaign: Campaign, keys: Keys, tmp_path: Path
) -> None:
    stock = {
        "stock_id": "9865000", "sub_project": "SP-CITY-R", "template": "city.ret20", "round": 1, "county": "140403",
    }  # fmt: skip
    source = made(keys, tmp_path, platform="city-pay", stocks=[stock], merchant_counties=None)
    http = wire(keys, ENDED)
    site = Site(engine=engine, http=http, campaign=small_campaign, author_key=b"k" * 32)
    first = http.answers["/v3/billdownload/file"]
    used_since = (
        "`9865000,`98674559,`全场代金券,`20.00,`130.00,`支付,`4200001001,`2022-11-10 12:00:00,`1600000001"
    )
    more = f'{used_since},"","",""\r\n总条数\r\n`3\r\n'.encode()

    def redeemed(at: datetime) -> int:
        http.now, source._clock = at, lambda: at
        run_source(source, site, lambda: at)
        with write(engine) as conn:
            reconcile(conn, small_campaign, now=at)
            assert open_discrepancies(conn) == ()
            return total_of(totals(conn, small_campaign, by=("programme",), now=at)).redeemed_gross_count

    files(http, first)
    assert redeemed(ENDED) == 2
    ends(http, "2022-11-15T23:59:59.000+08:00")
    files(http, first.partition("总条数".encode())[0] + more)
    assert redeemed(EXTENDED - timedelta(minutes=1)) == 2
    assert [redeemed(EXTENDED), redeemed(EXTENDED + timedelta(days=1))] == [3, 3]


def test_refunds_fetched_late_one_day_are_asked_for_at_ten_the_next(source: WeChatPay, keys: Keys) -> None:
    late, cursor, asked = ENDED + timedelta(hours=9), None, []
    http = wire(keys, late)
    for at in (late, ENDED + timedelta(hours=23, minutes=59), ENDED + timedelta(days=1)):
        http.asked.clear()
        for payload in run(source, http, at, cursor):
            cursor = payload.cursor
        asked.append(sum(path.endswith("refund-flow") for path in http.asked))
    assert asked == [1, 0, 1]


def test_no_more_than_five_flows_are_asked_for_in_a_minute(keys: Keys, tmp_path: Path) -> None:
    stocks = [
        {"stock_id": str(9865000 + n), "sub_project": "s", "template": "t", "round": n + 1} for n in range(4)
    ]
    source, http = made(keys, tmp_path, stocks=stocks), wire(keys, ENDED, stocks=4)
    cursor, asked = None, []
    for seconds in (0, 30, 62, 124):
        http.asked.clear()
        for payload in run(source, http, ENDED + timedelta(seconds=seconds), cursor):
            cursor = payload.cursor
        asked.append(sum(path.endswith("flow") for path in http.asked))
    assert asked == [5, 0, 3, 0]


def test_a_damaged_file_is_handed_over_and_asked_for_again_later(source: WeChatPay, keys: Keys) -> None:
    http = wire(keys, ENDED)
    whole = http.answers["/v3/billdownload/file"]
    http.answers["/v3/billdownload/file"] = whole[:-20]
    *_, last = run(source, http, ENDED, None)
    with pytest.raises(ParseError, match="SHA-1"):
        source.parse(last)
    http.answers["/v3/billdownload/file"] = whole
    assert (
        sum(p.name.endswith("flow") for p in run(source, http, ENDED + timedelta(seconds=90), last.cursor))
        == 0
    )
    *_, again = run(source, http, ENDED + timedelta(seconds=601), last.cursor)
    assert "9865000/use-flow" in Progress.from_cursor(again.cursor).done


def test_a_file_that_came_whole_and_cannot_be_read_is_not_in_and_asked_for_again_the_next_day(
    source: WeChatPay, keys: Keys
) -> None:
    http = wire(keys, ENDED)
    good, told = dict(http.answers), json.loads(http.answers[f"{STOCKS}/9865000/use-flow"])
    odd = good["/v3/billdownload/file"].replace("优惠id".encode(), "券号".encode())
    announced = json.dumps(told | {"hash_value": hashlib.sha1(odd).hexdigest()}).encode()
    flows = {f"{STOCKS}/9865000/{name}": announced for name in BOTH}
    http.answers |= flows | {"/v3/billdownload/file": odd}
    *_, last = run(source, http, ENDED, None)
    with pytest.raises(ParseError, match="column"):
        source.parse(last)
    assert Progress.from_cursor(last.cursor).done == {}
    assert flows_asked(source, http, ENDED + timedelta(hours=1), last.cursor)[0] == []
    http.answers |= good
    asked, cursor = flows_asked(source, http, ENDED + timedelta(days=1), last.cursor)
    assert (asked, Progress.from_cursor(cursor).done.keys()) == (BOTH, {"9865000/use-flow"})


def test_an_answer_that_is_not_the_platforms_is_no_payload(
    source: WeChatPay, keys: Keys, now: datetime
) -> None:
    http = wire(Keys.made(), now)
    with pytest.raises(FetchError, match="serial"):
        list(run(source, http, now, None))


@pytest.mark.parametrize(("cause", "permanent"), [("refused", True), ("blocked", True), ("refused", False)])
@pytest.mark.parametrize("refused", [STOCKS, f"{STOCKS}/9865000"])
def test_a_list_or_a_stock_that_is_refused_is_told_last_and_the_others_are_polled(
    keys: Keys, now: datetime, tmp_path: Path, refused: str, cause: str, permanent: bool
) -> None:
    stocks = [
        {"stock_id": str(9865000 + n), "sub_project": "s", "template": "t", "round": n + 1} for n in range(3)
    ]
    source, http = made(keys, tmp_path, stocks=stocks), wire(keys, now, stocks=3)
    http.refusals[refused] = FetchError("wechat", "no", cause=cause, permanent=permanent)
    with pytest.raises(FetchError, match="no"):
        list(run(source, http, now, None))
    assert http.asked == [STOCKS, *(f"{STOCKS}/{9865000 + n}" for n in range(3))]


@pytest.mark.parametrize("cause", ["down", "blocked"])
def test_a_platform_that_wants_to_be_left_alone_is_asked_no_more(
    source: WeChatPay, keys: Keys, now: datetime, cause: str
) -> None:
    http = wire(keys, now)
    http.refusals[STOCKS] = FetchError("wechat", "later", cause=cause)
    with pytest.raises(FetchError, match="later"):
        list(run(source, http, now, None))
    assert http.asked == [STOCKS]


def test_the_files_alone_may_be_as_large_as_the_largest_stocks(source: WeChatPay, keys: Keys) -> None:
    http = wire(keys, ENDED)
    list(run(source, http, ENDED, None))
    assert http.limits.pop("/v3/billdownload/file") == FILE
    assert set(http.limits.values()) == {None}
    assert FILE.decoded_bytes >= 500_000 * 151, "rows of 151 bytes"


def test_a_file_of_more_rows_than_a_countys_is_read(
    source: WeChatPay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    assert len(source.parse(flow("use-flow")).records) == 2
    monkeypatch.setattr(wechatpay_flow, "MAX_DETAIL_ROWS", 1)
    with pytest.raises(ParseError, match="more than 1 rows"):
        source.parse(flow("use-flow"))


def test_a_file_on_another_host_is_not_asked_for(source: WeChatPay, keys: Keys) -> None:
    http = wire(keys, ENDED)
    for name in ("use-flow", "refund-flow"):
        told = json.loads(http.answers[f"{STOCKS}/9865000/{name}"]) | {
            "url": "https://elsewhere.example/file"
        }
        http.answers[f"{STOCKS}/9865000/{name}"] = json.dumps(told).encode()
    with pytest.raises(FetchError, match="another host"):
        list(run(source, http, ENDED, None))
    assert not any("elsewhere" in path for path in http.asked)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"private_key_file": "none.pem"}, "private_key_file"),
        ({"private_key_file": "merchants.csv"}, "private_key_file"),
        ({"api_v3_key_env": "NONE"}, "api_v3_key_env"), ({"merchant_counties": "none.csv"}, "merchant_counties"),
        ({"stocks": [{"stock_id": "1", "sub_project": "s", "template": "t", "round": 1}] * 2}, "stocks"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_at_start(
    keys: Keys, tmp_path: Path, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(ValidationError, match=key):
        made(keys, tmp_path, **changes)
