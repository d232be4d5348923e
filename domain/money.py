"""The one strict money parser. Whole fen, no float anywhere."""

import re

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
"""One 万元 in fen."""

_YUAN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)


def fen_from_yuan(text: str) -> int:
    """Whole fen from an amount in yuan written as ASCII digits with at most two decimals.

    Raises ValueError for anything else: signs but minus, exponents, separators, full-width digits, NaN.
    Connectors that meet thousands separators or units strip them first, where the format declares them.
    """
    if not _YUAN.fullmatch(text):
        raise ValueError(f"not an amount in yuan: {text[:40]!r}")
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole) * FEN_PER_YUAN + int(part.ljust(2, "0") or "0"))


def yuan_from_fen(fen: int) -> str:
    """The amount in yuan with two decimals, exactly: what `fen_from_yuan` reads back."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN_PER_YUAN}.{abs(fen) % FEN_PER_YUAN:02d}"
