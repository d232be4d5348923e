"""Text from outside: decoded once, cleaned once, at the door. After it, text is plain data."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DECLARED = {  # what a declaration may choose, by the superset that browsers take for it
    "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-16": "utf-16-le", "ucs-2": "utf-16-le",
    "utf-32le": "utf-32-le", "utf-32be": "utf-32-be",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030",
    "euc-cn": "gb18030", "hz-gb-2312": "hz",
    "big5": "cp950", "big5-hkscs": "big5hkscs", "big5hkscs": "big5hkscs", "cp950": "cp950", "x-x-big5": "cp950",
}  # fmt: skip
_FOREIGN = re.compile(
    r"(?:x-)?(?:euc-?(?:kr|jp|tw)|ks_c|ksc|cp949|uhc|johab|shift|sjis|ms932|cp932|windows-31j|iso-2022|koi8)"
)
"""Encodings whose bytes GB18030 would turn into other, plausible text."""
_UTF8_INSIDE = re.compile(rb"(?<![\x80-\xff])(?:[\xe2-\xe9][\x80-\xbf]{2}){2,}(?![\x80-\xff])")
_SHAPES = ((re.compile(rb"[<{\[]\0"), "utf-16-le"), (re.compile(rb"\0[<{\[]"), "utf-16-be"))
"""XML and JSON begin with an ASCII character: two bytes tell UTF-16 without a mark (XML 1.0 F, RFC 4627 3)."""
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f"})
_EVERYDAY = {"cp950": ("cp950", 0xA4, 0xC6, 0.7), "big5hkscs": ("cp950", 0xA4, 0xC6, 0.7)}
_CHINESE = ("gb2312", 0xB0, 0xD7, 0.5)
"""Lead bytes of the everyday characters (Big5 and GB 2312 level 1) and the least share of letters they make up.

Measured: simplified text 0.97 to 1, traditional 0.64; UTF-8 read as GB18030 0.08, Big5 0.3, EUC-JP 0.3, Shift JIS 0.
"""
_PRIVATE = 0.05
"""Most private ones among the different characters: the codec has some of GB18030 there that have a place of their own
in Unicode since, and names are written with them, one name again and again. Big5 read as GB18030 has 0.3 of them.
"""
# C0 but tab and newline, DEL and C1, surrogates, noncharacters, zero-width and bidi controls: none is ever content
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]"
    "|[" + "".join(chr(p << 16 | e) for p in range(1, 17) for e in (0xFFFE, 0xFFFF)) + "]"
)
_WIDE_MARKS = tuple((chr(ord(mark) + 0xFEE0), mark) for mark in ",!?:;()")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" *\n(?:\s*\n)* *")


def decode(body: bytes, declared: str | None = None) -> str:
    """Bytes -> text: BOM, strict UTF-8, the declared encoding, strict GB18030. Raises UnicodeDecodeError.

    Valid UTF-8 wins over a declaration, since wrong declarations are common and GBK text is practically
    never valid UTF-8. Nothing is ever chosen by statistics: on short Chinese text that is worse than useless.
    But whoever is chosen must yield text: characters nobody writes mean that the bytes are another encoding's.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body.decode(encoding)
    for encoding in _candidates(body, (declared or "").strip().lower()):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or (_is_written(text, encoding) and not _UTF8_INSIDE.search(body)):
            return text
    raise UnicodeDecodeError(
        "gb18030", body[:64], 0, 1, "neither utf-8 nor the declared encoding nor gb18030"
    )


def _candidates(body: bytes, declared: str) -> Iterator[str]:
    yield from (encoding for shape, encoding in _SHAPES if shape.match(body))
    controls = len(body) - len(body.translate(None, _CONTROLS))
    text = controls <= len(body) // 10  # more of them is UTF-16 or a picture, which may pass for anything
    if text:
        yield "utf-8"
    if declared.replace("_", "-") in _DECLARED:
        yield _DECLARED[declared.replace("_", "-")]
    if text and not _FOREIGN.match(declared):
        yield "gb18030"


def _is_written(text: str, encoding: str) -> bool:
    """No unassigned character, hardly a private one, and mostly everyday ones among the letters beyond ASCII."""
    letters = Counter(c for c in text if c > "\x7f" and not "\uff00" <= c <= "\uffef")
    kinds = Counter(unicodedata.category(c) for c in letters)
    if kinds["Cn"] or kinds["Cc"] or kinds["Co"] > _PRIVATE * len(letters):
        return False
    letters = Counter({c: n for c, n in letters.items() if c.isalpha()})
    charset, first, last, least = _EVERYDAY.get(encoding, _CHINESE)
    everyday = sum(n for c, n in letters.items() if first <= (c.encode(charset, "replace"))[0] <= last)
    return everyday >= least * letters.total()


def clean_text(text: str) -> str:
    """NFC, without controls, surrogates, noncharacters and invisible marks; white space folded, line breaks kept."""
    if text.isprintable() and "  " not in text:  # nothing of all that is in it
        return unicodedata.normalize("NFC", text).strip()
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    return _BLANK_LINES.sub("\n", text).strip()


def half_width(text: str) -> str:
    """NFKC. Nearly always a post's marks are all that is to change, and those are quicker replaced one by one."""
    for wide, mark in _WIDE_MARKS:
        text = text.replace(wide, mark)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


QUOTED = "原话："
"""What a reason begins with that quotes a post; masks stand in it as [电话]."""


def excerpt(text: str, limit: int = 200) -> str:
    """At most `limit` characters on one line, cut visibly; for messages and lists."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
