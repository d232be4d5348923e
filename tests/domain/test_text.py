import pytest

from domain.text import _UNWANTED, clean_text, decode, excerpt


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_common_encodings_are_read_without_a_declaration(encoding: str) -> None:
    assert decode("消费券开抢".encode(encoding)) == "消费券开抢"


def test_valid_utf8_wins_over_a_wrong_declaration() -> None:
    assert decode("消费券".encode(), "gb2312") == "消费券"


def test_a_declaration_is_used_where_the_bytes_are_no_utf8() -> None:
    assert decode("消費券".encode("big5"), "big5") == "消費券"


def test_an_unknown_declaration_is_passed_over() -> None:
    assert decode("消费券".encode("gbk"), "no-such-code") == "消费券"


def test_bytes_of_no_encoding_are_an_error_and_never_guessed() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode(b"\xff\xff\xff")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\0b\x07c", "abc"),
        ("a\ud800b", "ab"),
        ("消\u200b费\ufeff券", "消费券"),
        ("\u202e反\u202c", "反"),
        ("a\uffffb\U0001ffffc", "abc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("  a\t\u3000 b  ", "a b"),
        ("a \n \n\n b", "a\nb"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_only_content_is_left(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_cleaning_twice_changes_nothing_more() -> None:
    raw = " 消\u200b费 券\r\n\n 开\ud800抢\t"
    assert clean_text(clean_text(raw)) == clean_text(raw)


def test_an_excerpt_is_one_line_and_visibly_cut() -> None:
    assert excerpt("a\nb") == "a b"
    assert excerpt("券" * 300, limit=10) == "券" * 9 + "…"


def test_nothing_unwanted_is_printable() -> None:
    """What lets an ordinary text pass at once."""
    printable = "".join(filter(str.isprintable, map(chr, range(0x110000))))
    assert "\n".join(_UNWANTED.findall(printable)) == ""
    assert [c for c in printable if c.isspace()] == [" "]
