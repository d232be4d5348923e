"""Codes as people type them, and names as they are kept."""

import pytest

from domain.displays import CODE_CHARS, clean_code, clean_name


@pytest.mark.parametrize(
    "typed", ["ACD79T", "acd79t", " acd 79t ", "ACD-79T", "ＡＣＤ７９Ｔ", "acd·79t", "A C D 7 9 T"]
)
def test_a_code_is_taken_in_whatever_case_width_and_grouping(typed: str):
    assert clean_code(typed) == "ACD79T"


@pytest.mark.parametrize(
    "typed", ["", "ACD79", "ACD79TT", "ACD790", "ACD79O", "ACD79'", "券券券券券券", "A" * 10_000]
)
def test_what_cannot_be_a_code_is_none(typed: str):
    assert clean_code(typed) is None


def test_no_two_characters_of_a_code_look_alike():
    assert len(set(CODE_CHARS)) == len(CODE_CHARS) == 23
    assert not set(CODE_CHARS) & set("01258BILOSUVZ")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  三楼\t大厅 ", "三楼 大厅"),
        ("a\x00b\u202e\u200bc", "a b c"),
        ("", None),
        ("\u200b", None),
        ("大" * 32, "大" * 32),
        ("大" * 33, None),
        ("<b>一</b>", "<b>一</b>"),
    ],
)
def test_a_name_is_one_line_of_what_can_be_seen(typed: str, kept: str | None):
    assert clean_name(typed) == kept
