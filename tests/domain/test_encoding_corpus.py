"""Sixty files as they arrive: read to the letter, or refused; never silently something else (promises F7)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from domain.text import decode

PLAIN = "第一轮消费券今日上午九点开抢，云闪付领取。长治市潞州区超市可用，满100减20元。"
RARE = "㐂㮾超市𠮷店参加消费券活动，掌柜说明天还有一批，欢迎大家使用。"
EMOJI = "抢到了🎉开心😀消费券真好用，感谢政府，希望多发几次。"
OLD = "第一輪消費券今日上午九點開搶，雲閃付領取。長治市潞州區超市可用。"
SHORT = "消费券"
ONE_LINE = "抢不到"
XML = (
    '<?xml version="1.0" encoding="{}"?><rss><channel><item><title>'
    + PLAIN
    + "</title></item></channel></rss>"
)
JSON = '{"title": "' + PLAIN + '"}'
CSV = "工单号,内容\r\n1," + PLAIN + "\r\n2," + RARE + "\r\n"
PRIVATE = b"3,\xfe\x51\xb3\xac\xca\xd0\r\n"
"""U+20087, which the codec still takes for a private character, and 超市."""
MANY_PRIVATE = bytes(byte for low in range(0xA1, 0xA7) for byte in (0xAA, low))
KOREAN = "소비쿠폰 발급이 오늘 시작됩니다"
JAPANESE = "消費クーポンが今日から始まります。東京都の店舗で使えます。"
RUSSIAN = "Потребительские купоны выдаются сегодня"
FRENCH = "L'été dernier, Noël et le café étaient déjà très différents à Évreux"


@dataclass(frozen=True, slots=True)
class File:
    """`text` None: the only right answer is a refusal."""

    name: str
    body: bytes
    declared: str | None
    text: str | None


def _good() -> list[File]:
    files = []
    for told, text in (("plain", PLAIN), ("rare", RARE), ("emoji", EMOJI), ("csv", CSV)):
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            files.append(File(f"{told} {encoding}", text.encode(encoding), None, text))
        files.append(File(f"{told} utf-16 marked le", b"\xff\xfe" + text.encode("utf-16-le"), None, text))
        files.append(File(f"{told} utf-16 marked be", b"\xfe\xff" + text.encode("utf-16-be"), "gbk", text))
    files += [
        File("utf-32 marked", b"\xff\xfe\0\0" + PLAIN.encode("utf-32-le"), None, PLAIN),
        File("utf-32 marked be", b"\0\0\xfe\xff" + PLAIN.encode("utf-32-be"), None, PLAIN),
        File("gbk", PLAIN.encode("gbk"), None, PLAIN),
        File("gb2312 declared", PLAIN.encode("gb2312"), "gb2312", PLAIN),
        File("gbk declared gb2312", RARE.replace("𠮷", "").encode("gb18030"), "GB2312", RARE.replace("𠮷", "")),
        File("gbk short", SHORT.encode("gbk"), None, SHORT),
        File("gbk one line", ONE_LINE.encode("gbk"), "iso-8859-1", ONE_LINE),
        File("utf-8 declared gbk", PLAIN.encode(), "gbk", PLAIN),
        File("utf-8 declared latin-1", PLAIN.encode(), "iso-8859-1", PLAIN),
        File("utf-8 declared big5", PLAIN.encode(), "big5", PLAIN),
        File("utf-8 declared us-ascii", PLAIN.encode(), "us-ascii", PLAIN),
        File("utf-8 declared nonsense", PLAIN.encode(), "no-such-code", PLAIN),
        File("utf-8 declared utf-7", b"a+AGI-", "utf-7", "a+AGI-"),
        File("utf-8 declared unicode_escape", b"\\u4e2d", "unicode_escape", "\\u4e2d"),
        File("gbk declared latin-1", PLAIN.encode("gbk"), "iso-8859-1", PLAIN),
        File("gbk declared windows-1252", PLAIN.encode("gbk"), "windows-1252", PLAIN),
        File("gbk declared utf-8", PLAIN.encode("gbk"), "utf-8", PLAIN),
        File("gbk declared nonsense", PLAIN.encode("gbk"), "gb-2312-80", PLAIN),
        File("gbk declared big5", PLAIN.encode("gbk"), "big5", PLAIN),
        File("gb18030 declared gbk", RARE.encode("gb18030"), "gbk", RARE),
        File("big5 declared", OLD.encode("big5"), "big5", OLD),
        File("big5 declared cp950", OLD.encode("cp950"), "cp950", OLD),
        File("big5-hkscs declared", OLD.encode("big5hkscs"), "big5-hkscs", OLD),
        File("gb18030 with one private character, again and again", CSV.encode("gb18030") + PRIVATE * 200, None,
             CSV + PRIVATE.decode("gb18030") * 200),
        File("traditional utf-8", OLD.encode(), None, OLD),
        File("traditional gbk declared", OLD.encode("gbk"), "gbk", OLD),
        File("xml utf-16-le unmarked", XML.format("utf-16").encode("utf-16-le"), None, XML.format("utf-16")),
        File("xml utf-16-be unmarked", XML.format("utf-16").encode("utf-16-be"), "utf-8", XML.format("utf-16")),
        File("json utf-16-le unmarked", JSON.encode("utf-16-le"), None, JSON),
        File("utf-16-le declared", PLAIN.encode("utf-16-le"), "utf-16le", PLAIN),
        File("utf-16-be declared", PLAIN.encode("utf-16-be"), "UTF-16BE", PLAIN),
        File("xml that says gbk and is utf-8", XML.format("gbk").encode(), "gbk", XML.format("gbk")),
        File("xml that says utf-8 and is gbk", XML.format("utf-8").encode("gbk"), "utf-8", XML.format("utf-8")),
        File("ascii", b"no Chinese at all", None, "no Chinese at all"),
        File("nothing", b"", None, ""),
        File("korean utf-8", KOREAN.encode(), "euc-kr", KOREAN),
        File("a text with a replacement character", "抢\ufffd券".encode(), None, "抢\ufffd券"),
    ]  # fmt: skip
    return files


def _bad() -> list[File]:
    mixed = CSV.encode("gb18030")
    return [
        File(name, body, declared, None)
        for name, body, declared in (
            ("big5 undeclared", OLD.encode("big5"), None),
            ("big5 declared gbk", OLD.encode("big5"), "gbk"),
            ("gb18030 with many private characters", PLAIN.encode("gbk") + MANY_PRIVATE, "gb18030"),
            ("big5 short undeclared", "消費券開搶".encode("big5"), None),
            ("shift jis undeclared", JAPANESE.encode("shift_jis"), None),
            ("shift jis declared", JAPANESE.encode("shift_jis"), "Shift_JIS"),
            ("euc-jp undeclared", JAPANESE.encode("euc-jp"), None),
            ("euc-jp declared", JAPANESE.encode("euc-jp"), "euc-jp"),
            ("euc-kr declared", KOREAN.encode("euc-kr"), "EUC-KR"),
            ("korean cp949 declared", KOREAN.encode("cp949"), "ks_c_5601-1987"),
            ("windows-1251", RUSSIAN.encode("cp1251"), "windows-1251"),
            ("koi8-r declared", RUSSIAN.encode("koi8-r"), "koi8-r"),
            ("latin-1", FRENCH.encode("latin-1"), "iso-8859-1"),
            ("windows-1252 undeclared", ("« " + FRENCH + " »").encode("cp1252"), None),
            ("utf-8 cut inside a character", PLAIN.encode()[:-1], None),
            ("utf-8 that begins inside a character", PLAIN.encode()[1:], None),
            ("utf-8 short, cut", "消费券开抢".encode()[:-2], None),
            ("gbk cut inside a character", PLAIN.encode("gbk")[:-1] + b"\xff", None),
            ("gbk with one utf-8 row", mixed + b"3," + PLAIN.encode() + b"\r\n", None),
            ("gbk with one short utf-8 cell", mixed + b"3," + "领取".encode() + b"\r\n", "gbk"),
            ("utf-8 with one gbk row", CSV.encode() + b"3," + PLAIN.encode("gbk") + b"\r\n", None),
            ("utf-16-le undeclared, no markup", PLAIN.encode("utf-16-le"), None),
            ("utf-16-be declared le", PLAIN.encode("utf-16-be"), "utf-16le"),
            ("utf-16 of few strokes", "一丁丂七丄丅丆万".encode("utf-16-be"), None),
            ("utf-16 odd length", b"\xff\xfe" + PLAIN.encode("utf-16-le")[:-1], None),
            ("an image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), None),
            ("a compressed body", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(range(128, 256)), "utf-8"),
            ("surrogates in utf-8", "抢\ud83d券".encode("utf-8", "surrogatepass"), None),
            ("overlong utf-8", b"\xc0\xaf\xe0\x80\xaf" + PLAIN.encode(), None),
            ("all high bytes", bytes(range(128, 256)) * 4, None),
        )
    ]


FILES = (*_good(), *_bad())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_read_to_the_letter_or_refused(file: File) -> None:
    if file.text is None:
        with pytest.raises(UnicodeDecodeError):
            decode(file.body, file.declared)
    else:
        assert decode(file.body, file.declared) == file.text


def test_the_corpus_is_large_and_none_of_it_is_silently_garbled() -> None:
    assert len({file.name for file in FILES}) == len(FILES) >= 60
    garbled = [file.name for file in FILES if _read(file) not in (None, file.text)]
    refused = sum(_read(file) is None for file in FILES)
    print(f"{len(FILES)} files: {len(FILES) - refused} exact, {refused} refused, {len(garbled)} garbled")
    assert garbled == []


def _read(file: File) -> str | None:
    try:
        return decode(file.body, file.declared)
    except UnicodeDecodeError:
        return None
