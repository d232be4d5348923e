from __future__ import annotations

import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FetchError, ParseError
from domain.records import Event, Grade, Kind, Parsed, Payload
from ingest import drop_folder
from ingest.http import Http
from ingest.sources import bank_drop
from ingest.sources.bank_drop import BankDrop
from ingest.tables import MAX_FILE_BYTES
from tests.ingest.payloads import (
    AUDIT_HEADER,
    AUDIT_NAME,
    AUDIT_ROWS,
    BATCH,
    DATA,
    HEADER,
    NAME,
    ROWS,
    SUB,
    SUM_FEN,
    csv_bytes,
    xlsx_bytes,
)

TIMES = {"LQ": "领取时间", "HX": "核销时间", "TK": "退款时间"}
HTTP = Http()


def source(folder: Path = Path(), form: str = "csv") -> BankDrop:
    return BankDrop.model_validate(
        {"id": "bank-a", "kind": "bank_drop", "name": "银行甲", "every_s": 60, "stale_after_s": 7200,
         "platform": "bank-a", "folder": folder, "format": form}
    )  # fmt: skip


def flag(body: bytes, rows: int = 5, sum_fen: int = SUM_FEN) -> str:
    return f"rows={rows};sum_fen={sum_fen};sha256={hashlib.sha256(body).hexdigest()}"


def parsed(body: bytes, *, name: str = NAME, form: str = "csv", manifest: str | None = None) -> Parsed:
    payload = Payload(name=f"{name}.{form}", body=body, media_type="x", manifest=manifest)
    return source(form=form).parse(payload)


def of_kind(letters: str, *rows: tuple[str, ...], extra: tuple[str, ...] = ()) -> Parsed:
    header = (*(TIMES[letters] if name == "核销时间" else name for name in HEADER), *extra)
    return parsed(csv_bytes([header, *rows]), name=f"ZFXFQ_{SUB}_{letters}_20221028_01")


def changed(column: str, value: str) -> tuple[str, ...]:
    return tuple(value if name == column else cell for name, cell in zip(HEADER, ROWS[0], strict=True))


# ---------------------------------------------------------------- parsing


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_every_awkward_file_says_the_same_five_redemptions(path: Path) -> None:
    body = path.read_bytes()
    found = parsed(body, form=path.suffix[1:], manifest=flag(body))
    expected = parsed(csv_bytes([HEADER, *ROWS])).records
    assert found.rejects == ()
    assert found.records == expected
    assert found.grade is Grade.DAILY
    assert len(expected) == 5


@pytest.mark.parametrize(("form", "write"), [("csv", csv_bytes), ("xlsx", xlsx_bytes)])
def test_a_column_the_profile_does_not_have_is_named(form: str, write: Callable[[list[Any]], bytes]) -> None:
    rows = [[*HEADER, "（新）渠道", ""], *([*row, "小程序", ""] for row in ROWS)]
    found = parsed(write(rows), form=form)
    assert found.unread == ("(新)渠道",)
    assert len(found.records) == 5


def test_every_column_of_the_profile_is_known() -> None:
    of_totals = ["对账日期", "子项目号", "批次号", "领取张数", "核销金额(元)"]
    for name, table in (
        (NAME, [HEADER, *ROWS]),
        (AUDIT_NAME, [AUDIT_HEADER, *AUDIT_ROWS]),
        (f"ZFXFQ_{SUB}_DZ_20221029_01", [of_totals, ["2022-10-28", SUB, BATCH, "1", "20.00"]]),
    ):
        assert parsed(csv_bytes(table), name=name).unread == ()


def test_a_row_becomes_an_event_to_the_fen_and_the_second() -> None:
    assert parsed(csv_bytes([HEADER, ROWS[0]])).records == (
        Event(
            kind=Kind.REDEMPTION, platform="bank-a", sub_project=SUB, event_no="62220000000000000001",
            template="xiangyuan.ret20", round_no=1, voucher_no="V0001", county="140423", face_fen=2000,
            occurred_at=datetime(2022, 10, 28, 1, 1, tzinfo=UTC), user_ref="u1", merchant="M01", order_fen=100150,
            paid_fen=98150,
        ),
    )  # fmt: skip


def test_a_claim_has_no_county_and_a_refund_names_what_it_takes_back() -> None:
    (claim,) = of_kind("LQ", ROWS[0]).records
    (refund,) = of_kind("TK", changed("原流水号", "H1")).records
    (partly,) = of_kind("TK", (*changed("原流水号", "H1"), "15.00"), extra=("退回金额(元)",)).records
    assert isinstance(claim, Event)
    assert isinstance(refund, Event)
    assert isinstance(partly, Event)
    assert (claim.kind, claim.county, claim.returned_fen) == (Kind.CLAIM, None, None)
    assert (refund.kind, refund.origin_event_no, refund.returned_fen) == (Kind.REFUND, "H1", 2000)
    assert partly.returned_fen == 1500


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("流水号", "6.22202E+18", "scientific"), ("流水号", "", "empty"), ("券码", "", "empty"),
        ("券码", "a b", "visible"),
        ("批次号", "ret20", "#R"), ("批次号", "ret20#R0", "#R"), ("核销时间", "昨天", "known form"),
        ("核销时间", "", "empty"),
        ("核销时间", "2022-02-30 09:00:00", ""), ("面额(元)", "二十", "amount"), ("面额(元)", "0", "without value"),
        ("面额(元)", "-20", "negative"), ("面额(元)", "20.005", "amount"), ("县区代码", "14042", "division"),
        ("子项目号", "other-P2-R", "file's name"), ("订单金额(元)", "1,23", "amount"),
        ("实付金额(元)", "NaN", "amount"),
    ],
)  # fmt: skip
def test_a_bad_cell_rejects_its_row_and_names_row_field_and_reason(
    column: str, value: str, reason: str
) -> None:
    found = parsed(csv_bytes([HEADER, ROWS[1], changed(column, value), ROWS[2]]))
    assert len(found.records) == 2
    (reject,) = found.rejects
    assert (reject.row, reject.field) == ("row 3", column)
    assert reason in reject.reason


def test_a_refund_without_its_redemption_is_a_reject() -> None:
    assert [reject.field for reject in of_kind("TK", ROWS[0]).rejects] == ["原流水号"]


def test_nothing_of_an_application_that_names_a_person_is_kept() -> None:
    """凭证 and 审核人 are dropped at the door; who applied is the bank's own hash."""
    found = parsed(csv_bytes([AUDIT_HEADER, *AUDIT_ROWS]), name=AUDIT_NAME)
    assert [event.kind.value for event in found.records] == [
        "application", "application", "approval", "rejection", "payment",
    ]  # fmt: skip
    kept = repr(found.records)
    assert "审核" not in kept
    assert "140423199001011234" not in kept
    assert {event.user_ref for event in found.records} == {"u1", "u2"}


def test_an_hour_without_anything_is_an_empty_file_with_its_time() -> None:
    table = [["统计时段:2022-10-28 09:00:00 至 2022-10-28 10:00:00"], HEADER, ["合计", *[""] * 9, "0.00"]]
    body = csv_bytes(table)
    found = parsed(body, manifest=flag(body, rows=0, sum_fen=0))
    assert (found.rows_in, found.data_time) == (0, datetime(2022, 10, 28, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("rows", "sum_fen", "told"), [(6, SUM_FEN, "6 rows"), (4, SUM_FEN, "4 rows"), (5, 1, "1 fen")]
)
def test_a_whole_file_that_is_not_what_its_sender_counted_is_quarantined(
    rows: int, sum_fen: int, told: str
) -> None:
    body = csv_bytes([HEADER, *ROWS])
    with pytest.raises(ParseError, match=f"the flag says {told}"):
        parsed(body, manifest=flag(body, rows, sum_fen))


def test_rows_whose_face_cannot_be_read_are_still_counted() -> None:
    body = csv_bytes([HEADER, *ROWS[1:], changed("面额(元)", "?")])
    assert len(parsed(body, manifest=flag(body)).rejects) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff\xff\xff", csv_bytes([["a", "b"], ["1", "2"]]), csv_bytes([HEADER[:4], ROWS[0][:4]]),
        csv_bytes([[*HEADER, "流水号"], ROWS[0]]), csv_bytes([[*HEADER[:10]], ROWS[0]]), xlsx_bytes([HEADER]),
        b"x" * 200_000, csv_bytes([HEADER]) + b'"' + b"y" * 200_000,
    ],
)  # fmt: skip
def test_a_csv_that_is_not_ours_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def rewritten(change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    """Our own workbook with its parts changed."""
    whole = zipfile.ZipFile(DATA / "typed.xlsx")
    parts = {name: change(name, whole.read(name)) for name in whole.namelist()}
    return zipped(**parts, **(extra or {}))


def with_entity(name: str, body: bytes) -> bytes:
    if not name.endswith("sheet1.xml"):
        return body
    return b'<!DOCTYPE x [<!ENTITY a "b">]>' + body.removeprefix(b'<?xml version="1.0"?>')


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no zip", zipped(a=b"x"), zipped(bomb=bytes(50_000_000)), zipped(**{f"f{n}": b"" for n in range(2001)}),
        rewritten(lambda _, body: body, {"xl/vbaProject.bin": b"x"}),
        rewritten(lambda _, body: body, {"xl/externalLinks/externalLink1.xml": b"x"}),
        rewritten(lambda name, body: body[: len(body) // 2] if name.endswith("sheet1.xml") else body),
        rewritten(with_entity), (DATA / "typed.xlsx").read_bytes()[:3000], csv_bytes([HEADER, *ROWS]),
        xlsx_bytes([["x"]]),
    ],
)  # fmt: skip
def test_a_workbook_that_is_hostile_or_broken_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body, form="xlsx")


def test_only_the_sheet_of_the_files_kind_is_read() -> None:
    claims = tuple("领取时间" if name == "核销时间" else name for name in HEADER)
    body = xlsx_bytes([claims, ROWS[3]], [["说明"]], [HEADER, *ROWS])
    assert len(parsed(body, form="xlsx", manifest=flag(body)).records) == 5


def test_numbers_a_spreadsheet_has_rounded_are_rejected_and_formulas_are_not_worked_out() -> None:
    rounded, formula = [*ROWS[0]], [*ROWS[1]]
    body = xlsx_bytes(
        [HEADER, [62220000000000000001, *rounded[1:]], [*formula[:10], "=10+10", *formula[11:]]]
    )
    found = parsed(body, form="xlsx")
    assert [(reject.row, reject.field) for reject in found.rejects] == [
        ("row 2", "流水号"),
        ("row 3", "面额(元)"),
    ]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "ZFXFQ_x_HX_20221028_01.xlsx", "ZFXFQ_x_YY_20221028_01.csv", "a.csv"]
)
def test_a_name_outside_the_profile_is_quarantined(name: str) -> None:
    with pytest.raises(ParseError, match="file name"):
        source().parse(Payload(name=name, body=csv_bytes([HEADER]), media_type="text/csv"))


# ---------------------------------------------------------------- the folder


def drop(folder: Path, body: bytes, *, name: str = NAME, told: str | None = None, style: str = ".ok") -> Path:
    path = folder / f"{name}.csv"
    path.write_bytes(body)
    (folder / f"{name}{style}").write_text(flag(body) if told is None else told)
    return path


BODY = csv_bytes([HEADER, *ROWS])


@pytest.mark.parametrize("style", [".ok", ".csv.ok", ".OK", ".csv.Ok"])
def test_a_file_is_read_once_its_flag_is_there_and_only_once(tmp_path: Path, style: str) -> None:
    (tmp_path / f"{NAME}.csv").write_bytes(BODY)
    bank = source(tmp_path)
    assert list(bank.fetch(HTTP, None)) == []
    drop(tmp_path, BODY, style=style)
    (payload,) = bank.fetch(HTTP, None)
    assert (payload.name, payload.body, payload.manifest) == (f"{NAME}.csv", BODY, flag(BODY))
    assert list(bank.fetch(HTTP, payload.cursor)) == []


def test_the_same_name_with_new_content_is_read_again(tmp_path: Path) -> None:
    drop(tmp_path, BODY)
    bank = source(tmp_path)
    (first,) = bank.fetch(HTTP, None)
    more = csv_bytes([HEADER, *ROWS, ROWS[0]])
    drop(tmp_path, more)
    (second,) = bank.fetch(HTTP, first.cursor)
    assert second.body == more
    assert list(bank.fetch(HTTP, second.cursor)) == []


def test_a_file_that_replaces_another_corrects_its_rows(tmp_path: Path) -> None:
    cursor, told = None, []
    for rows in (ROWS, ROWS[1:], ROWS[2:]):
        drop(tmp_path, csv_bytes([HEADER, *rows]))
        (payload,) = source(tmp_path).fetch(HTTP, cursor)
        cursor = payload.cursor
        records = source(tmp_path).parse(replace(payload, manifest=None)).records
        told.append({record.revision for record in records if isinstance(record, Event)})
    assert told == [{0}, {1}, {2}]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("word", "taken_back"), [("正常", False), ("", False), ("撤销", True), ("已冲正", True)]
)
def test_a_row_may_say_that_its_number_is_taken_back(form: str, word: str, taken_back: bool) -> None:
    table = [(*HEADER, "状态"), (*ROWS[0], word)]
    (told,) = parsed(csv_bytes(table) if form == "csv" else xlsx_bytes(table), form=form).records
    assert isinstance(told, Event)
    assert (told.cancelled, told.revision > 0) == (taken_back, taken_back)


def test_a_state_we_do_not_know_is_not_taken_for_a_valid_row() -> None:
    (bad,) = of_kind("HX", (*ROWS[0], "处理中"), extra=("状态",)).rejects
    assert (bad.field, bad.reason) == ("状态", "a state we do not know")


def test_files_come_by_day_and_number_and_claims_first_each_with_the_cursor_so_far(tmp_path: Path) -> None:
    names = [
        f"ZFXFQ_{SUB}_{rest}"
        for rest in ("HX_20221029_1", "LQ_20221029_1", "HX_20221028_10", "HX_20221028_9")
    ]
    for name in names:
        drop(tmp_path, BODY, name=name)
    payloads = list(source(tmp_path).fetch(HTTP, None))
    assert [payload.name.removesuffix(".csv") for payload in payloads] == [
        names[3],
        names[2],
        names[1],
        names[0],
    ]
    again = source(tmp_path).fetch(HTTP, payloads[1].cursor)
    assert [payload.name.removesuffix(".csv") for payload in again] == [names[1], names[0]]


def test_a_file_at_odds_with_its_flag_waits_and_becomes_a_trouble_once_nobody_writes_any_more(
    tmp_path: Path,
) -> None:
    path = drop(tmp_path, BODY[:-10], told=flag(BODY))
    good = drop(tmp_path, BODY, name=NAME.replace("_01", "_02"))
    bank = source(tmp_path)
    (payload,) = bank.fetch(HTTP, None)
    assert payload.name == good.name
    path.write_bytes(BODY[:-5])
    assert list(bank.fetch(HTTP, payload.cursor)) == [], "it still grows"
    with pytest.raises(FetchError, match=path.name) as caught:
        list(bank.fetch(HTTP, payload.cursor))
    assert caught.value.cause == "refused"
    path.write_bytes(BODY)
    (healed,) = bank.fetch(HTTP, payload.cursor)
    assert healed.body == BODY


def test_a_file_without_a_flag_is_told_once_nobody_has_touched_it_for_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now, bank = tmp_path / f"{NAME}.csv", 0.0, source(tmp_path)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    path.write_bytes(BODY[:-10])
    (tmp_path / "readme.csv").write_bytes(BODY)
    for now, body in ((0.0, BODY[:-5]), (3_000.0, BODY), (6_599.0, BODY)):  # noqa: B007 - the clock reads it
        path.write_bytes(body)
        os.utime(path, (len(body), len(body)))
        assert list(bank.fetch(HTTP, None)) == []
    now = 6_600.0
    with pytest.raises(FetchError, match=f"no flag for an hour: {path.name}$") as caught:
        list(bank.fetch(HTTP, None))
    assert caught.value.cause == "refused"
    drop(tmp_path, BODY)
    (payload,) = bank.fetch(HTTP, None)
    path.with_suffix(".ok").unlink()
    assert list(bank.fetch(HTTP, payload.cursor)) == []
    now = 99_999.0
    assert list(bank.fetch(HTTP, payload.cursor)) == [], "it was read, whatever became of its flag"


def test_files_without_a_flag_and_at_odds_with_theirs_are_told_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_drop, "UNFLAGGED_S", 0.0)
    odd = drop(tmp_path, BODY[:-10], told=flag(BODY))
    alone = tmp_path / odd.name.replace("_01", "_02")
    alone.write_bytes(BODY)
    bank = source(tmp_path)
    with pytest.raises(FetchError, match=f"no flag for an hour: {alone.name}$"):
        list(bank.fetch(HTTP, None))
    both = f"not as the flag says: {odd.name}; no flag for an hour: {alone.name}$"
    with pytest.raises(FetchError, match=both):
        list(bank.fetch(HTTP, None))


@pytest.mark.parametrize("told", ["", "rows=5", "rows=5;sum_fen=x;sha256=00", "\x00\xff"])
def test_a_flag_that_says_nothing_usable_keeps_its_file_out(tmp_path: Path, told: str) -> None:
    drop(tmp_path, BODY, told=told)
    bank = source(tmp_path)
    assert list(bank.fetch(HTTP, None)) == []
    with pytest.raises(FetchError, match=NAME):
        list(bank.fetch(HTTP, None))


def test_links_and_strange_names_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_bytes(BODY)
    folder = tmp_path / "inbox"
    folder.mkdir()
    os.symlink(outside, folder / f"{NAME}.csv")
    (folder / f"{NAME}.ok").write_text(flag(BODY))
    assert list(source(folder).fetch(HTTP, None)) == []


def test_a_replacement_that_is_taken_back_is_read_as_the_newest(tmp_path: Path) -> None:
    cursor, told = None, []
    for rows in (ROWS, ROWS[1:], ROWS):
        drop(tmp_path, csv_bytes([HEADER, *rows]))
        (payload,) = source(tmp_path).fetch(HTTP, cursor)
        cursor = payload.cursor
        told.append(payload.revision)
        assert list(source(tmp_path).fetch(HTTP, cursor)) == []
    assert told == [0, 1, 2]


@pytest.mark.parametrize("left", ["flag", "both"])
def test_a_file_that_was_away_is_known_again(tmp_path: Path, left: str) -> None:
    path = drop(tmp_path, BODY)
    (first,) = source(tmp_path).fetch(HTTP, None)
    path.with_suffix(".ok").unlink()
    if left == "both":
        path.unlink()
    drop(tmp_path, BODY, name=f"ZFXFQ_{SUB}_HX_20221028_2")
    (other,) = source(tmp_path).fetch(HTTP, first.cursor)
    drop(tmp_path, BODY)
    assert list(source(tmp_path).fetch(HTTP, other.cursor)) == []
    drop(tmp_path, csv_bytes([HEADER, *ROWS[1:]]))
    (corrected,) = source(tmp_path).fetch(HTTP, other.cursor)
    assert corrected.revision == 1


def test_what_left_the_folder_long_ago_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_drop, "GONE_KEPT", 1)
    cursor = None
    for number in range(4):
        path = drop(tmp_path, BODY, name=f"ZFXFQ_{SUB}_HX_20221028_{number}")
        (payload,) = source(tmp_path).fetch(HTTP, cursor)
        cursor = payload.cursor
        path.unlink()
        path.with_suffix(".ok").unlink()
    assert cursor is not None
    assert len(json.loads(cursor)) == 2  # the one that was read, and one that had left


def test_a_folder_nobody_clears_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_folder, "MAX_NAMES", 1)
    drop(tmp_path, BODY)
    with pytest.raises(FetchError, match="more than 1 files"):
        list(source(tmp_path).fetch(HTTP, None))


@pytest.mark.parametrize("cursor", ["", "{}", "7", "nonsense", "[1, null]"])
def test_a_cursor_that_is_not_ours_reads_everything_again(tmp_path: Path, cursor: str) -> None:
    drop(tmp_path, BODY)
    assert len(list(source(tmp_path).fetch(HTTP, cursor))) == 1


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot be read"):
        list(source(tmp_path / "gone").fetch(HTTP, None))


def test_a_batch_number_names_template_and_round() -> None:
    (event,) = parsed(csv_bytes([HEADER, changed("批次号", BATCH.replace("#R1", "＃Ｒ12"))])).records
    assert isinstance(event, Event)
    assert (event.template, event.round_no) == ("xiangyuan.ret20", 12)


def test_a_file_over_the_size_limit_is_not_read_whatever_its_flag_says(tmp_path: Path) -> None:
    body = BODY + bytes(MAX_FILE_BYTES + 1 - len(BODY))
    path = drop(tmp_path, body)
    bank = source(tmp_path)
    assert list(bank.fetch(HTTP, None)) == []
    with pytest.raises(FetchError, match=path.name):
        list(bank.fetch(HTTP, None))
    drop(tmp_path, body[:-1])
    assert [len(payload.body) for payload in bank.fetch(HTTP, None)] == [MAX_FILE_BYTES]
