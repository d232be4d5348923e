"""The one money parser: exact, and strict about what it takes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import fen_from_yuan

MOST = 999_999_999_999_99


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("1", 100),
        ("0.1", 10),
        ("0.01", 1),
        ("0.29", 29),  # 0.29 * 100 is 28.999... as a float
        ("19.90", 1990),
        ("-12.3", -1230),
        ("-0.00", 0),
        ("007", 700),
        ("31800000.00", 3_180_000_000),
        ("999999999999.99", MOST),
    ],
)
def test_an_amount_in_yuan_is_whole_fen(text: str, fen: int):
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "", " ", " 1", "1 ", "1\n", "+1", "--1", "-", ".", "1.", ".5", "1.234", "0.001", "1e3", "1E2", "0x10", "1_000",
        "1,000.00", "1,5", "１２", "٣", "1.５", "¥1", "1元", "1万", "nan", "NaN", "inf", "-inf", "None", "null", "—",
        "1.2.3", "1 000", "1\u00a0000", "1000000000000", "（1.00）", "(1.00)", "−1",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_quoted(text: str):
    with pytest.raises(ValueError, match="not an amount in yuan"):
        fen_from_yuan(text)


def test_a_long_wrong_amount_is_quoted_in_part():
    with pytest.raises(ValueError) as refused:
        fen_from_yuan("x" * 10_000)
    assert len(str(refused.value)) < 100


@given(st.integers(min_value=-MOST, max_value=MOST))
def test_every_amount_survives_being_written_and_read(fen: int):
    assert fen_from_yuan(f"{Decimal(fen) / 100:.2f}") == fen


@given(st.text())
def test_a_text_is_an_exact_amount_or_an_error(text: str):
    try:
        fen = fen_from_yuan(text)
    except ValueError:
        return
    assert Decimal(fen) / 100 == Decimal(text)
    assert text.isascii()
