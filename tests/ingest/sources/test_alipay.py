from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain.errors import ParseError
from domain.records import Counter, Event, Grade, Kind, Payload
from ingest.alipay_bill import is_whole
from ingest.source import Deployment
from ingest.sources.alipay import QUERY, Alipay
from rehearsal.platforms import alipay as fake
from rehearsal.rsa import KeyPair

APP, OWN, STRANGER = KeyPair.new(), KeyPair.new(), KeyPair.new()
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
    ["T1", "退款", "A1", "V1", "2022-10-28 11:00:00", "20.00", "u1", "M1", "", "", "", "H1", ""],
]
DAY = date(2022, 10, 28)


def activity(number: str = "A1", **changes: Any) -> dict[str, Any]:
    usual = {"sub_project": "SP-CITY-R", "template": "city.ret20", "round": 1, "county": "140403"}
    return {"activity_id": number, **usual, **changes}


def source(*, clock: Any = None, **changes: Any) -> Alipay:
    settings = {
        "id": "alipay", "kind": "alipay", "name": "支付宝", "every_s": 2, "stale_after_s": 60, "platform": "city-pay",
        "app_id": "2021000000000001", "private_key_env": "KEY", "alipay_public_key_env": "THEIRS",
        "activities": [activity()], **changes,
    }  # fmt: skip
    environ = {"KEY": APP.private_text, "THEIRS": OWN.public_text}
    now = datetime(2022, 10, 28, 2, tzinfo=UTC)
    return Alipay.model_validate(settings, context=Deployment(environ=environ, clock=clock or (lambda: now)))


def signed(
    node: str, *, key: KeyPair = OWN, name: str = QUERY.replace(".", "_") + "_response", tail: str = ""
) -> bytes:
    return f'{{"{name}":{node},{tail}"sign":"{key.sign(node.encode())}"}}'.encode()


def node(**changes: Any) -> str:
    inventory = {"send_count": 5120, "use_count": "301"} | changes
    return json.dumps(
        {"code": "10000", "msg": "Success", "voucher_inventory_info": inventory}, ensure_ascii=False
    )


def counters(body: bytes, number: str = "A1") -> Payload:
    name = f"{QUERY}?activity_id={number}&asked_at=2022-10-28T10%3A00%3A00%2B08%3A00"
    return Payload(name=name, body=body, media_type="application/json")


def bill(body: bytes) -> Payload:
    return Payload(name="bill?bill_date=2022-10-28", body=body, media_type="application/zip")


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


# ---------------------------------------------------------------- counters


def test_an_activity_counts_claims_and_redemptions_at_the_moment_it_was_asked() -> None:
    parsed = source().parse(counters(signed(node())))
    usual = {"platform": "city-pay", "sub_project": "SP-CITY-R", "template": "city.ret20", "round_no": 1,
             "counted_at": datetime(2022, 10, 28, 2, tzinfo=UTC)}  # fmt: skip
    assert parsed.records == (
        Counter(kind=Kind.CLAIM, value_count=5120, **usual),
        Counter(kind=Kind.REDEMPTION, value_count=301, **usual),
    )


@pytest.mark.parametrize(
    "text", ['{ "code":"10000" , "voucher_inventory_info":{"send_count":1,"use_count":0},"s":"}{\\"\\/"}']
)
def test_the_signature_covers_the_exact_characters_of_the_node(text: str) -> None:
    assert len(source().parse(counters(signed(text))).records) == 2
    rewritten = json.dumps(json.loads(text))
    body = signed(text).replace(text.encode(), rewritten.encode())
    assert rewritten.encode() in body
    with pytest.raises(ParseError, match="signature"):
        source().parse(counters(body))


@pytest.mark.parametrize(
    "body",
    [
        signed(node(), key=STRANGER), signed(node()).replace(b"5120", b"5121"), signed(node())[:-30], b"<html>", b"{}",
        signed(node()).replace(b'"sign"', b'"x"'), signed(node(), tail='"extra":{},'), b"\xff" + signed(node()),
        signed(node(), name="alipay_other_response"), signed("[1]"), signed('{"code":"10000"}'),
        signed('{"code":"10000","code":"10000"}'), signed('{"code":"40004","sub_code":"X"}'),
        signed('{"code":"10000","activity_id":"A2","voucher_inventory_info":{"send_count":1,"use_count":1}}'),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_alipays_own_about_this_activity_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        source().parse(counters(body))


@pytest.mark.parametrize("end", ["", "\\"])
def test_a_string_that_never_ends_is_refused_however_long_it_is(end: str) -> None:
    """Read before any signature is checked: where each escaped quote is tried as a beginning, it takes hours."""
    name = QUERY.replace(".", "_")
    body = f'{{"{name}_response":{{"' + '\\"' * 1_000_000 + end
    with pytest.raises(ParseError, match="does not end"):
        source().parse(counters(body.encode()))


@pytest.mark.parametrize("value", [-1, 1.5, True, None, "", "1e3", "１２", 2**53])
def test_a_count_that_is_no_whole_number_is_rejected_alone(value: Any) -> None:
    parsed = source().parse(counters(signed(node(use_count=value))))
    assert [record.kind for record in parsed.records if isinstance(record, Counter)] == [Kind.CLAIM]
    assert [reject.field for reject in parsed.rejects] == ["use_count"]


# ---------------------------------------------------------------- bills


def test_a_bill_becomes_claims_redemptions_and_refunds_of_the_day() -> None:
    parsed = source().parse(bill(fake.bill_zip(DAY, ROWS)))
    claim, redemption, refund = (r for r in parsed.records if isinstance(r, Event))
    assert parsed.rejects == ()
    assert (parsed.grade, parsed.data_time) == (Grade.DAILY, datetime(2022, 10, 28, 16, tzinfo=UTC))
    assert (claim.kind, claim.county, claim.order_fen) == (Kind.CLAIM, None, None)
    assert redemption == Event(
        kind=Kind.REDEMPTION, platform="city-pay", sub_project="SP-CITY-R", event_no="H1", template="city.ret20",
        round_no=1, voucher_no="V1", county="140403", face_fen=2000, user_ref="u1", merchant="M1", order_fen=10850,
        paid_fen=8850, occurred_at=datetime(2022, 10, 28, 2, tzinfo=UTC),
    )  # fmt: skip
    assert (refund.origin_event_no, refund.returned_fen, refund.county) == ("H1", 2000, "140403")


def test_a_column_the_layout_does_not_have_is_named_and_the_account_number_is_known() -> None:
    body = (
        ",".join([*fake._HEADER, "渠道", "用户ID"]) + "\n" + ",".join([*ROWS[1], "小程序", "2088"]) + "\n#\n"
    )
    found = source().parse(bill(zipped(**{"明细.csv": body.encode("gb18030")})))
    assert found.unread == ("渠道",)
    assert len(found.records) == 1
    assert source().parse(bill(fake.bill_zip(DAY, ROWS))).unread == ()


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [(1, "转赠", "kind"), (2, "A9", "lot"), (4, "昨天", "occurred_at"), (5, "", "face"), (5, "0.00", "face"),
     (0, "1.2E+19", "event_no"), (8, "14040", "county"), (9, "1e2", "order")],
)  # fmt: skip
def test_a_bad_cell_rejects_its_row_alone(column: int, value: str, field: str) -> None:
    bad = [value if place == column else cell for place, cell in enumerate(ROWS[1])]
    parsed = source().parse(bill(fake.bill_zip(DAY, [ROWS[0], bad])))
    assert [reject.field for reject in parsed.rejects] == [field]
    assert len(parsed.records) == 1


HEADER = "业务流水号,业务类型,活动ID,券ID,业务时间,面额(元)\r\n"

LOCKED = zipped(a=HEADER.encode()).replace(b"\x14\x03\x14\x00\x00\x00", b"\x14\x03\x14\x00\x01\x00")
CRC = zlib.crc32(HEADER.encode()).to_bytes(4, "little")
SPOILT = zipped(a=HEADER.encode()).replace(CRC, bytes(4))
NEWER = re.sub(rb"(?s)(?<=PK\x01\x02..)\x14", b"\x54", zipped(a=HEADER.encode()))
"""The directory says that one needs version 8.4 of the format to read it."""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no ZIP"), (b"<html>", "no ZIP"), (fake.bill_zip(DAY, ROWS)[:-40], "no ZIP"), (zipped(), "no table"),
        (zipped(a=b"x,y\r\n1,2\r\n"), "no header"),
        (zipped(a=HEADER.replace("面额", "金额").encode("gbk")), "no header"),
        (zipped(a=(HEADER + "#合计：2笔\r\n").encode("gbk")), "says 2 rows"),
        (zipped(a=("#起始日期：[2022年10月32日]\r\n" + HEADER).encode("gbk")), "day"),
        (zipped(a=("#明细\r\n" + HEADER).encode("gbk")), "cut short"), (zipped(a=HEADER.encode("gbk")), "cut short"),
        (zipped(a=("#起始日期:2022-10-27\r\n" + HEADER + "#").encode("gbk")), "of 2022-10-27, not of 2022-10-28"),
        (fake.bill_zip(date(2022, 10, 29), ROWS), "the bill of 2022-10-29"),
        (zipped(a=HEADER.encode() + bytes(5_000_000)), "packed suspiciously well"),
        (zipped(**{f"f{n}": b"x" for n in range(60)}), "over the size limit"),
        (LOCKED, "encrypted"), (SPOILT, "broken"), (NEWER, "no ZIP"),
    ],
)  # fmt: skip
def test_an_archive_that_is_no_bill_is_quarantined_whole(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        source().parse(bill(body))


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (fake.bill_zip(DAY, ROWS), True), (fake.bill_zip(DAY, ROWS)[:-40], False), (b"<html>", False),
        (SPOILT, False), (LOCKED, True), (zipped(a=HEADER.encode() + bytes(5_000_000)), True),
    ],
)  # fmt: skip
def test_a_bill_that_was_damaged_on_its_way_is_told_from_one_that_alipay_sends_like_that(
    body: bytes, whole: bool
) -> None:
    """The same would come again: it is asked for less often."""
    assert is_whole(body) is whole


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("text", ["geheim", APP.public_text, ""])
def test_a_key_that_is_none_stops_the_start_and_is_not_quoted(text: str) -> None:
    settings = source().model_dump() | {"activities": [activity()]}
    environ = {"KEY": text, "THEIRS": OWN.public_text}
    with pytest.raises(ValidationError) as caught:
        Alipay.model_validate(settings, context=Deployment(environ=environ))
    assert "geheim" not in "; ".join(error["msg"] for error in caught.value.errors())
