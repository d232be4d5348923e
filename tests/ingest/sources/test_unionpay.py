from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Counter, Event, Grade, Kind, Payload
from ingest.answers import Limits
from ingest.http import Http
from ingest.source import Deployment
from ingest.sources.unionpay import UnionPay
from ingest.unionpay_answers import digest, token_request
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import Happening, Ledger
from rehearsal.platforms import unionpay as fake
from rehearsal.rsa import KeyPair
from tests.ingest.played import CutShort, port_of

MERCHANT, OWN, STRANGER = KeyPair.new(), KeyPair.new(), KeyPair.new()
ROWS = [
    ["L1", "发放", "A1", "V1", "2022-10-28 09:00:01", "20.00", "u1", "", "", "", "", "", ""],
    [
        "H1",
        "核销",
        "A1",
        "V1",
        "2022-10-28 10:00:00",
        "20.00",
        "u1",
        "M1",
        "140403",
        "108.50",
        "88.50",
        "",
        "",
    ],
    ["T1", "退款", "A1", "V1", "2022-10-28 11:00:00", "20.00", "u1", "M1", "140403", "", "", "H1", ""],
]
FILES = {
    "mer_id": "777290058110048", "cert_id": "68759663125", "private_key_env": "KEY",
    "unionpay_public_key_env": "THEIRS", "since": "2022-10-28",
}  # fmt: skip


def source(*, clock: Any = None, **changes: Any) -> UnionPay:
    activity = {
        "activity_no": "A1", "configured": 2000, "sub_project": "SP-CITY-R", "template": "city.ret20", "round": 1,
    }  # fmt: skip
    settings = {
        "id": "unionpay", "kind": "unionpay", "name": "云闪付", "every_s": 2, "stale_after_s": 60,
        "platform": "city-pay", "app_id": "app", "secret_env": "SECRET", "activities": [activity], "files": FILES,
        **changes,
    }  # fmt: skip
    environ = {"SECRET": "geheim", "KEY": MERCHANT.private_text, "THEIRS": OWN.public_text}
    now = datetime(2022, 10, 28, 2, tzinfo=UTC)
    return UnionPay.model_validate(
        settings, context=Deployment(environ=environ, clock=clock or (lambda: now))
    )


def quota(content: Any) -> Payload:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    name = "activity.quota?activityNo=A1&asked_at=2022-10-28T10%3A00%3A00%2B08%3A00"
    return Payload(name=name, body=body, media_type="application/json")


def settled(packed: bytes, *, key: KeyPair = OWN, **changes: str) -> Payload:
    content = base64.b64encode(packed).decode()
    fields = {"respCode": "00", "settleDate": "1028", "fileContent": content} | changes
    fields["signature"] = key.sign(digest(fields))
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    return Payload(name="settlement?settleDate=2022-10-28", body=body, media_type="text/html")


# ---------------------------------------------------------------- parsing


def test_the_token_request_is_signed_as_the_protocol_has_it() -> None:
    fields = token_request("app", "geheim", now=datetime(2022, 10, 28, 2, tzinfo=UTC))
    assert (len(fields["nonceStr"]), fields["timestamp"]) == (16, "1666922400")
    assert "geheim" not in fields.values()


@pytest.mark.parametrize("left", [1280, "1280"])
def test_claims_are_what_was_configured_less_what_remains(left: int | str) -> None:
    parsed = source().parse(quota({"resp": "00", "msg": "", "params": {"remainQuota": left}}))
    assert parsed.records == (
        Counter(platform="city-pay", sub_project="SP-CITY-R", template="city.ret20", round_no=1, kind=Kind.CLAIM,
                value_count=720, counted_at=datetime(2022, 10, 28, 2, tzinfo=UTC)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [b"<html>", b"[]", {}, {"resp": "00"}, {"resp": "a31", "params": {}}, {"resp": "00", "params": {}},
     {"resp": "00", "params": {"remainQuota": 2001}}, {"resp": "00", "params": {"remainQuota": -1}},
     {"resp": "00", "params": {"remainQuota": True}}, {"resp": "00", "params": {"remainQuota": 1, "remain": 2}}],
)  # fmt: skip
def test_an_answer_without_one_plain_quota_is_quarantined(content: Any) -> None:
    with pytest.raises(ParseError):
        source().parse(quota(content))


def test_a_settlement_file_becomes_events_of_its_day() -> None:
    parsed = source().parse(settled(zlib.compress(fake.settlement(ROWS))))
    _, redemption, refund = (r for r in parsed.records if isinstance(r, Event))
    assert (parsed.rejects, parsed.grade) == ((), Grade.DAILY)
    assert parsed.data_time == datetime(2022, 10, 28, 16, tzinfo=UTC)
    assert redemption == Event(
        kind=Kind.REDEMPTION, platform="city-pay", sub_project="SP-CITY-R", event_no="H1", template="city.ret20",
        round_no=1, voucher_no="V1", county="140403", face_fen=2000, user_ref="u1", merchant="M1", order_fen=10850,
        paid_fen=8850, occurred_at=datetime(2022, 10, 28, 2, tzinfo=UTC),
    )  # fmt: skip
    assert (refund.origin_event_no, refund.returned_fen) == ("H1", 2000)


WHOLE = zlib.compress(fake.settlement(ROWS))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (settled(WHOLE, key=STRANGER), "signature"), (settled(WHOLE, settleDate="1029"), "another day"),
        (settled(WHOLE[:-8]), "too early"), (settled(WHOLE + b"x"), "goes on"), (settled(b"plain"), "not zlib"),
        (settled(WHOLE, fileContent="%%"), "base64"), (settled(zlib.compress(bytes(5_000_000))), "suspiciously well"),
        (settled(zlib.compress("别的,表头\n".encode("gbk"))), "no header"), (settled(WHOLE, respCode="98"), "98"),
        (Payload(name="settlement?settleDate=2022-10-28", body=b"<html>", media_type="text/html"), "not a list"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_should_be_is_quarantined_whole(payload: Payload, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        source().parse(payload)


# ---------------------------------------------------------------- against the rehearsal's UnionPay


@contextmanager
def played(
    campaign: Campaign, **changes: Any
) -> Iterator[tuple[fake.UnionPay, UnionPay, Http, list[Happening]]]:
    launch = campaign.campaign.launch_at
    happenings = [h for h in Ledger(campaign, 5).play_until(launch) if h.lot.programme.platform == "city-pay"]
    server = fake.UnionPay(
        campaign, "city-pay", app_id="app", secret="geheim", mer_id=FILES["mer_id"], mer_key=MERCHANT, own_key=OWN,
        faults=Faults(LEVELS["none"], 5),
    )  # fmt: skip
    server.take(happenings)
    with port_of(server) as port:
        base = f"http://127.0.0.1:{port}"
        settings = {
            "base_url": f"{base}/open/access/1.0",
            "files": FILES | {"url": f"{base}/filedownload"},
            "activities": [
                {"activity_no": a.number, "configured": a.configured, "sub_project": a.sub_project,
                 "template": a.template, "round": a.round_no}
                for a in server.book.activities
            ],
        }  # fmt: skip
        connector = source(clock=lambda: server.book.moment, **(settings | changes))
        yield server, connector, Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None), happenings


def test_quotas_and_files_add_up_to_what_happened(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign) as (server, connector, http, happenings):
        server.advance(now)
        first = list(connector.fetch(http, None))
        counted = [r for p in first for r in connector.parse(p).records if isinstance(r, Counter)]
        claimed = sum(h.kind == "claim" and h.at <= now.timestamp() for h in happenings)
        assert sum(c.value_count for c in counted) == claimed > 0
        server.advance(now + timedelta(days=2))
        files = [p for p in connector.fetch(http, None) if p.name.startswith("settlement")]
        events = [e for p in files for e in connector.parse(p).records]
        assert len(files) == 2
        assert {e.event_no for e in events if isinstance(e, Event)} == {h.event_no for h in server.published}
        assert len(events) == len(server.published) > 1000
        again = connector.fetch(http, files[-1].cursor)
        assert not [p for p in again if p.name.startswith("settlement")]


def test_a_token_that_dies_in_the_middle_of_a_run_is_renewed_once(
    small_campaign: Campaign, now: datetime
) -> None:
    with played(small_campaign, files=None) as (server, connector, http, _):
        server.advance(now)
        payloads = connector.fetch(http, None)
        next(payloads)
        first = connector._token
        server.expire_tokens()
        rest = list(payloads)
        assert len(rest) == len(server.book.activities) - 1 > 0
        assert connector._token != first
        assert len(server._tokens) == 1, "the new token serves all that follow"


def test_a_token_is_kept_until_just_before_its_end(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign, files=None) as (server, connector, http, _):
        for seconds, tokens in ((0, 1), (7_000, 1), (7_150, 2)):
            server.advance(now + timedelta(seconds=seconds))
            list(connector.fetch(http, None))
            assert len(server._tokens) == tokens


def test_a_day_without_a_file_is_nothing_and_asked_for_again_later(
    small_campaign: Campaign, now: datetime
) -> None:
    with played(small_campaign) as (server, connector, http, _):
        server.advance(now + timedelta(hours=22))  # 8:00 of the next day
        assert [p.name for p in connector.fetch(http, None) if "settlement" in p.name] == []
        server.advance(now + timedelta(hours=23, minutes=5))
        assert len([p for p in connector.fetch(http, None) if "settlement" in p.name]) == 1


def test_a_file_may_be_larger_than_any_other_answer(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign) as (server, connector, _, _):
        server.advance(now + timedelta(days=1))
        narrow = Http(allow_private=("127.0.0.0/8",), limits=Limits(decoded_bytes=400))
        *_, file = connector.fetch(narrow, None)
        assert file.name.startswith("settlement")
        assert len(file.body) > 400


def test_a_file_cut_short_on_the_way_is_set_aside_and_asked_for_again(
    small_campaign: Campaign, now: datetime
) -> None:
    with played(small_campaign) as (server, connector, good, _):
        server.advance(now + timedelta(days=1))
        http = CutShort("/filedownload", allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        (cut,) = (p for p in connector.fetch(http, None) if p.name.startswith("settlement"))
        assert cut.cursor is None, "the day counts as read only with its file"
        with pytest.raises(ParseError, match="signature"):
            connector.parse(cut)
        server.advance(now + timedelta(days=1, minutes=11))
        (whole,) = (p for p in connector.fetch(good, cut.cursor) if p.name.startswith("settlement"))
        assert connector.parse(whole).records
        assert whole.cursor == '["2022-10-28"]'


@pytest.mark.parametrize("damaged", [False, True])
def test_a_day_without_trade_is_told_once_though_an_answer_about_it_was_damaged(
    small_campaign: Campaign, now: datetime, damaged: bool
) -> None:
    day = date(2022, 10, 29)
    with played(small_campaign) as (server, connector, good, _):
        assert connector.files is not None
        agreed = connector.files.model_copy(update={"no_trade_after_h": 12})
        connector = connector.model_copy(update={"files": agreed})
        rows = server.book.rows
        server.book.rows = lambda asked: None if asked == day else rows(asked)  # type: ignore[method-assign]
        midnight = now + timedelta(hours=38)
        server.advance(midnight + timedelta(hours=2))
        cut = CutShort("/filedownload", allow_private=("127.0.0.0/8",), sleep=lambda _: None)
        before = list(connector.fetch(cut if damaged else good, None))
        assert any("2022-10-29" in payload.name for payload in before) is damaged
        told = []
        for hours in (11, 13, 14):
            server.advance(midnight + timedelta(hours=hours))
            told.append([p.name for p in connector.fetch(good, '["2022-10-28"]') if "2022-10-29" in p.name])
    assert [len(names) for names in told] == [0, 1, 0]
    assert "asked_at" in told[1][0]


def test_a_refusal_is_told_without_the_secret(small_campaign: Campaign, now: datetime) -> None:
    with played(small_campaign) as (server, connector, http, _):
        server.advance(now + timedelta(days=1))
        server._secret = "another"
        with pytest.raises(FetchError, match="a10") as caught:
            list(connector.fetch(http, None))
        assert "geheim" not in str(caught.value)
        server._secret, server._mer_key = "geheim", STRANGER
        server.advance(
            now + timedelta(days=1, minutes=11)
        )  # a day that gave nothing is asked for every ten minutes
        with pytest.raises(FetchError, match="11"):
            list(connector.fetch(http, None))
