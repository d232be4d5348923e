"""E3 for CSV: no cell of a file that leaves the house is a formula, however its sign is hidden."""

from __future__ import annotations

import csv
import io
from itertools import product

import pytest

from dashboard.spreadsheet import csv_bytes

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
HIDDEN = ("", " ", "\u3000", "\u200b", "\ufeff", "\u00a0", "\u202e", "\u2060 ", "\u00ad", "\n", "\r\n", "\t")
FORMULAS = [
    *(f"{before}{sign}cmd|' /C calc'!A0" for before, sign in product(HIDDEN, SIGNS)),
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t1", "\r1", "\n1", '=HYPERLINK("http://x.cn","点")', "-2+3+cmd|' /C calc'!A0",
]  # fmt: skip


def read_back(cell: str) -> str:
    (_, (found,)) = csv.reader(io.StringIO(csv_bytes(["列"], [[cell]]).decode("utf-8-sig"), newline=""))
    return found


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_text_with_all_it_said(cell: str) -> None:
    assert read_back(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["", "-1", "-12.50", "12.5", "潞州区", "a=b", "1+1", " 超市", "3－5 号", "“=1”", "'=1"]
)
def test_what_is_none_stays_as_it_is(cell: str) -> None:
    assert read_back(cell) == cell
