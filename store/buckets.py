"""Minutes, hours and statistical days (00:00 Asia/Shanghai), in Python and in SQL alike."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, literal, type_coerce

from store.schema import UtcTime, from_micros, to_micros

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
_SHANGHAI_US = 8 * HOUR_US  # no daylight saving since 1991


def bucket_start(at: datetime, size_us: int) -> datetime:
    """The start of the bucket `at` falls in; days are Shanghai days."""
    return from_micros(bucket_us(to_micros(at), size_us))


def bucket_us(at_us: int, size_us: int) -> int:
    """The same over stored microseconds."""
    return at_us - (at_us + _SHANGHAI_US) % size_us


def bucket_sql(column: ColumnElement[Any], size_us: int, *, after: int = 0) -> ColumnElement[datetime]:
    """The same in SQL over stored microseconds: whole-number division on every engine (times are after 1970).

    `after`: of so many buckets later.
    """
    shifted = type_coerce(column, BigInteger) + literal(_SHANGHAI_US, BigInteger)
    size = literal(size_us, BigInteger)
    moved = literal(after * size_us - _SHANGHAI_US, BigInteger)
    start = cast(shifted - shifted % size + moved, BigInteger)
    return type_coerce(start, UtcTime)
