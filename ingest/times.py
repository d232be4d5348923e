"""Times as Chinese banks and feeds write them. Without an offset they are local: Asia/Shanghai, +08:00."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from domain.terms import SHANGHAI

_EARLIEST, _LATEST = 2000, 2100
_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800  # the same in seconds
_MILLISECONDS_FROM = 10**12  # as seconds this would be the year 33658
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_LOCAL = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*[:分]?\s*(?:(\d{1,2})(?:\.\d{1,9})?\s*秒?)?)?",
    re.ASCII,
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(\d\d))?", re.ASCII)
_EPOCH = re.compile(r"\d{10}(\d{3})?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.\d{1,15})?", re.ASCII)
_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - the spreadsheet's own day 0, local


def local_time(text: str) -> datetime:
    """UTC moment of a date, a date and time, or RFC 3339. Raises ValueError for anything else.

    2022-10-28 09:00:01 · 2022/10/28 9:00 · 2022年10月28日9时05分 · 20221028090001 · 2022-10-28T09:00:00+08:00.
    A date alone is its midnight.
    """
    text = text.strip()
    if _RFC3339.fullmatch(text):
        return rfc3339(text)
    found = _COMPACT.fullmatch(text) or _LOCAL.fullmatch(text)
    if found is None:
        raise ValueError("not a date and time in a known form")
    return _utc(datetime(*(int(part or 0) for part in found.groups())))  # type: ignore[arg-type]  # noqa: DTZ001


def rfc3339(text: str) -> datetime:
    """UTC moment of a date and time with its offset. Raises ValueError."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("not RFC 3339 with an offset")
    return _utc(datetime.fromisoformat(text.upper()))


def serial_time(days: float) -> datetime:
    """UTC moment of a spreadsheet's day number (1900 system, local), to the second. Raises ValueError."""
    if not 36_526 <= days < 73_051:  # 2000-01-01 to 2099-12-31: other numbers are no dates
        raise ValueError("not a day number")
    return _utc(_SERIAL_EPOCH + timedelta(seconds=round(days * 86_400)))


def is_serial(text: str) -> bool:
    """A spreadsheet's day number written as text, such as 44862.375."""
    return _SERIAL.fullmatch(text) is not None


def feed_time(text: str) -> datetime:
    """UTC moment as feeds write it: RFC 822, seconds or milliseconds since 1970, any form of `local_time`.

    Raises ValueError.
    """
    text = text.strip()
    if _EPOCH.fullmatch(text):
        return _utc(datetime.fromtimestamp(int(text[:10]), UTC))
    if re.match(r"[A-Za-z]{3,9},|\d{1,2} [A-Za-z]{3} ", text):
        # email.utils takes CST for Chicago's time, as RFC 822 says; our feeds mean China's. Of -0000, which is UTC told
        # by a machine that does not say where it stands, it makes a time without an offset
        text = re.sub(r"-0000$", "+0000", re.sub(r"\b(CST|BJT)$", "+0800", text))
        try:
            return _utc(parsedate_to_datetime(text))
        except OverflowError:  # of a year or an offset beyond all numbers
            raise ValueError("a time out of range") from None
    return local_time(text)


def _utc(at: datetime) -> datetime:
    """Local without an offset. Raises ValueError outside the years a campaign can know."""
    if not _EARLIEST <= at.year < _LATEST:
        raise ValueError("a year out of range")
    return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def told_moment(value: object) -> datetime | None:
    """Seconds, milliseconds, either of them as text, or a written date: programs differ. Nonsense and 0 are None."""
    if isinstance(value, str):
        try:
            return feed_time(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST_S <= seconds < _LATEST_S else None
