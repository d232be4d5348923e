from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cells import fen_of, number_of, text_of, time_of
from ingest.tables import Cell

NINE = datetime(2022, 10, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("1234.50", 123450), ("1,234.50", 123450), ("1234.5元", 123450), ("￥1,234.50", 123450), ("¥ 20", 2000),
        ("１２３４．５０", 123450), ("１，２３４．５０元", 123450), ('="20.00"', 2000), ("'20", 2000), ("`20.00", 2000),
        ("12,345,678.9", 1234567890), (" 20 \t", 2000), (20, 2000), (1234.5, 123450), (30.000000000000004, 3000),
        (0.1 + 0.2, 30), ("0", 0), ("20圆", 2000),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_every_form_the_profile_declares(cell: Cell, fen: int) -> None:
    assert fen_of(cell) == fen


@pytest.mark.parametrize(
    "cell",
    ["", None, "abc", "1,23.00", "1,2345", ",5", "1.234,50", "20.005", 20.005, "-20", -20, "(20.00)", "2e3", "NaN",
     float("nan"), float("inf"), 1e20, True, "20万元", "二十", "٢٠", date(2022, 10, 28), "1234567890123", "20 . 0.0"],
)  # fmt: skip
def test_an_amount_in_any_other_form_is_not_guessed(cell: Cell) -> None:
    with pytest.raises(ValueError):
        fen_of(cell)


@given(st.integers(0, 10**14 - 1))
def test_every_way_of_writing_an_amount_means_the_same(fen: int) -> None:
    plain, grouped = f"{fen // 100}.{fen % 100:02d}", f"{fen // 100:,}.{fen % 100:02d}"
    wide = plain.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789."})
    assert {fen_of(form) for form in (plain, grouped, wide, plain + "元", f'="{plain}"', "`" + plain)} == {
        fen
    }
    assert fen >= 10**15 or fen_of(fen / 100) == fen


@given(st.text(max_size=30) | st.floats() | st.integers())
def test_no_cell_makes_the_readers_fail_otherwise(cell: Cell) -> None:
    for read in (fen_of, number_of, time_of):
        try:
            read(cell)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("cell", "number"),
    [("'62220001", "62220001"), ('="00123"', "00123"), ("`0012", "0012"), ("ＡＢ１２", "AB12"), (12345.0, "12345"),
     (62220001, "62220001"), ("12345678901234567890", "12345678901234567890"), ("  A-1\t", "A-1"), ("7E5A", "7E5A")],
)  # fmt: skip
def test_a_number_loses_its_guards_and_nothing_else(cell: Cell, number: str) -> None:
    assert number_of(cell) == number


@pytest.mark.parametrize(
    "cell",
    [
        "1.23457E+19",
        "2.02211E+19",
        "1e18",
        12345678901234567890,
        1.2345e19,
        "",
        None,
        "流水",
        "a b",
        "x" * 65,
        True,
    ],
)
def test_a_number_that_a_spreadsheet_spoilt_is_not_repaired(cell: Cell) -> None:
    with pytest.raises(ValueError):
        number_of(cell)


@pytest.mark.parametrize(
    "cell",
    [44862.375, "44862.375", "２０２２年１０月２８日　９：００", 20221028090000, "'2022/10/28 9:00",
     datetime.fromisoformat("2022-10-28 09:00"), datetime.fromisoformat("2022-10-28 08:59:59.999900")],
)  # fmt: skip
def test_a_time_is_read_from_dates_day_numbers_and_text(cell: Cell) -> None:
    assert time_of(cell) == NINE


def test_a_date_cell_is_its_local_midnight() -> None:
    assert (
        time_of(date(2022, 10, 28))
        == time_of("20221028")
        == time_of(20221028)
        == datetime(2022, 10, 27, 16, tzinfo=UTC)
    )


def test_text_keeps_names_as_they_are() -> None:
    assert text_of(" 㐂㮾超市（总店） ") == "㐂㮾超市（总店）"
