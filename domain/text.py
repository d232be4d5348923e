"""Text from outside: decoded once, cleaned once, at the door. After it, text is plain data."""

import re
import unicodedata

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# C0 but tab and newline, DEL and C1, surrogates, noncharacters, zero-width and bidi controls: none is ever content
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]"
    "|[" + "".join(chr(p << 16 | e) for p in range(1, 17) for e in (0xFFFE, 0xFFFF)) + "]"
)
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" *\n(?:\s*\n)* *")


def decode(body: bytes, declared: str | None = None) -> str:
    """Bytes -> text: BOM, strict UTF-8, the declared encoding, strict GB18030. Raises UnicodeDecodeError.

    Valid UTF-8 wins over a declaration, since wrong declarations are common and GBK text is practically
    never valid UTF-8. No statistical guessing: on short Chinese text it is worse than useless.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body.decode(encoding)
    for candidate in ("utf-8", declared, "gb18030"):
        if candidate is None:
            continue
        try:
            return body.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
    raise UnicodeDecodeError(
        "gb18030", body[:64], 0, 1, "neither utf-8 nor the declared encoding nor gb18030"
    )


def clean_text(text: str) -> str:
    """NFC, without controls, surrogates, noncharacters and invisible marks; white space folded, line breaks kept."""
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    return _BLANK_LINES.sub("\n", text).strip()


def excerpt(text: str, limit: int = 200) -> str:
    """At most `limit` characters on one line, cut visibly; for messages and lists."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
