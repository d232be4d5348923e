"""The bank's 对账 file: totals to the fen, nothing unstated turned into a zero, and no flag that lies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import ParseError
from domain.records import Parsed, Payload
from domain.statements import Metric, Statement
from tests.ingest.payloads import csv_bytes
from tests.ingest.sources.test_bank_drop import flag, source
from tests.ingest.stated import DATA, HEADER, NAME, ROW, SUB, SUM_FEN

DAY = datetime(2022, 10, 27, 16, tzinfo=UTC)
DRAWN_UP = datetime(2022, 10, 28, 16, 30, tzinfo=UTC)


def parsed(body: bytes, *, form: str = "csv", manifest: str | None = None) -> Parsed:
    payload = Payload(name=f"{NAME}.{form}", body=body, media_type="x", manifest=manifest)
    return source(form=form).parse(payload)


def statement(metric: Metric, count: int | None, fen: int | None, **changes: object) -> Statement:
    return Statement(
        platform="bank-a", sub_project=SUB, metric=metric, day=DAY, value_count=count, value_fen=fen,
        **({"stated_at": DRAWN_UP} | changes),
    )  # fmt: skip


EXPECTED = (
    statement(Metric.CLAIMED, 1204, 2_408_000),
    statement(Metric.REDEEMED_GROSS, 862, SUM_FEN),
    statement(Metric.REFUNDED, 3, 6_000),
)


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_every_file_states_the_same_three_totals(path: Path) -> None:
    body = path.read_bytes()
    found = parsed(body, form=path.suffix[1:], manifest=flag(body, rows=1, sum_fen=SUM_FEN))
    assert (found.records, found.rejects) == (EXPECTED, ())
    assert found.data_time is None


def row(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(HEADER, ROW, strict=True))


@pytest.mark.parametrize("empty", ["", "-", "—"])
def test_an_empty_cell_states_nothing_and_no_zero(empty: str) -> None:
    told = {
        "领取张数": empty,
        "退款张数": empty,
        "退回金额(元)": empty,
        "核销张数": "0",
        "核销金额(元)": "0.00",
    }
    midnight = datetime(2022, 10, 28, 16, tzinfo=UTC)
    assert parsed(csv_bytes([HEADER, row(**told)])).records == (
        statement(Metric.CLAIMED, None, 2_408_000, stated_at=midnight),
        statement(Metric.REDEEMED_GROSS, 0, 0, stated_at=midnight),
    )


def test_a_row_with_a_lot_is_about_that_lot_alone() -> None:
    first = parsed(csv_bytes([HEADER, row(批次号="xiangyuan.ret20#R2")])).records[0]
    assert isinstance(first, Statement)
    assert (first.template, first.round_no) == ("xiangyuan.ret20", 2)


@pytest.mark.parametrize(
    ("column", "value"),
    [("对账日期", "昨天"), ("对账日期", ""), ("领取张数", "1.5"), ("领取张数", "-1"), ("领取张数", "很多"),
     ("核销金额(元)", "1.234"), ("核销金额(元)", "-1"), ("子项目号", "luzhou-P1-R"), ("批次号", "xiangyuan.ret20")],
)  # fmt: skip
def test_a_bad_cell_rejects_its_row_and_is_named(column: str, value: str) -> None:
    found = parsed(csv_bytes([HEADER, row(**{column: value}), ROW]))
    assert [reject.field for reject in found.rejects] == [column]
    assert len(found.records) == 3


@pytest.mark.parametrize(("rows", "sum_fen"), [(2, SUM_FEN), (0, SUM_FEN), (1, SUM_FEN + 1)])
def test_a_file_that_is_not_what_its_flag_counts_is_quarantined(rows: int, sum_fen: int) -> None:
    body = csv_bytes([HEADER, ROW])
    with pytest.raises(ParseError, match="the flag says"):
        parsed(body, manifest=flag(body, rows=rows, sum_fen=sum_fen))


@pytest.mark.parametrize("header", [HEADER[1:], HEADER[:3], (*HEADER, HEADER[3])])
def test_a_table_without_a_day_or_a_total_is_quarantined(header: tuple[str, ...]) -> None:
    with pytest.raises(ParseError):
        parsed(csv_bytes([header, ROW]))
