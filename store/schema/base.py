"""What every table is made with: the metadata, stored times and numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import brotli
from sqlalchemy import BigInteger, Column, Dialect, Integer, LargeBinary, MetaData
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC in and out, stored as whole microseconds since 1970: the same, sortable value on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime at the store's door")
        return to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class Packed(TypeDecorator[bytes]):
    """Bytes in and out, stored as Brotli: PostgreSQL's own packing takes seven times as long, SQLite has none."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else brotli.compress(value, quality=0, lgwin=18)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else unpacked(value)


def unpacked(stored: bytes) -> bytes:
    """What a `Packed` column was given. Raises brotli.error where its bytes were damaged."""
    return bytes(brotli.decompress(stored))


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Aware time -> stored microseconds, exactly (no float)."""
    gone = at - EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def from_micros(value: int) -> datetime:
    """Stored microseconds -> aware UTC, exactly."""
    return EPOCH + timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EVERYWHERE = {"everywhere": True}
"""Past one server (Citus), the whole table on every node: for what is joined with the ledger's tables."""

GROWING = {"growing": True}
"""As long as a campaign lasts: what is done with each batch must not read all of it."""

RowId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


def fen(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")
