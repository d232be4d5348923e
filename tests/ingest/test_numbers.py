"""Counts as platforms show them; what is no count is unknown and never zero."""

from __future__ import annotations

import pytest

from ingest.numbers import count_of, leading_count


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        (0, 0), (17, 17), ("17", 17), (" 17 ", 17), ("1,234", 1234), ("1.2万", 12_000), ("1.25w", 12_500),
        ("100万+", 1_000_000),
        ("3亿", 300_000_000), ("2千", 2_000), ("5.6k", 5_600), ("１２", 12), (17.0, 17), ("0.1万", 1000),
        ("", None), ("赞", None), (None, None), (True, None), (-1, None),
        ("-1", None), ("1.5", None), ("1,23", None), (1.5, None),
        ("nan", None), (float("nan"), None), (float("inf"), None), (10**15, None),
        ("9" * 40, None), ([], None), ("1万2", None),
    ],
)  # fmt: skip
def test_a_count_is_what_was_meant_or_unknown(shown: object, meant: int | None) -> None:
    assert count_of(shown) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [("1200万热度", 12_000_000), ("538万 热度", 5_380_000), ("12,345讨论", 12_345),
     ("热", None), ("", None), ("3.", 3), ("4521", 4521)],
)  # fmt: skip
def test_the_heat_of_a_title_is_the_number_it_begins_with(text: str, meant: int | None) -> None:
    assert leading_count(text) == meant
