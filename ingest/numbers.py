"""Counts as platforms show them: 1234, "1,234", "1.2万", "100万+", "3亿". Not a number: None, never zero."""

from __future__ import annotations

import re
import unicodedata

_SHOWN = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.([0-9]{1,4}))?\s*([万亿wW千kK]?)\+?", re.ASCII
)
_TIMES = {"": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "亿": 100_000_000}
_MOST = 10**15


def count_of(value: object) -> int | None:
    """The number meant: rounded ones as they are rounded. None for words ("赞"), negative numbers and nonsense."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value if 0 <= value < _MOST else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and 0 <= value < _MOST else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    found = _SHOWN.fullmatch(unicodedata.normalize("NFKC", value).strip())
    if found is None:
        return None
    whole, part, unit = found[1].replace(",", ""), found[2] or "", _TIMES[found[3].lower()]
    if part and unit == 1:
        return None
    count = int(whole) * unit + int(part or "0") * unit // 10 ** len(part)
    return count if count < _MOST else None


def leading_count(text: str) -> int | None:
    """The count a short text begins with: "1200万热度" is 12,000,000."""
    found = re.match(r"[0-9][0-9,.]{0,17}\s*[万亿wWkK]?", unicodedata.normalize("NFKC", text[:40]).strip())
    return None if found is None else count_of(found[0].rstrip(".,"))
