"""Which versions of the merchant register and the sanction list there are, and which count now."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.errors import StoreError
from domain.register import ListKind, ListVersion, RegisterVersion
from store.schema import register_loads


def current_register(conn: Connection) -> RegisterVersion:
    """The newest load of each list."""
    return RegisterVersion(
        merchants=_newest(conn, ListKind.MERCHANTS), sanctions=_newest(conn, ListKind.SANCTIONS)
    )


def register_at(conn: Connection, *, merchants: str | None, sanctions: str | None) -> RegisterVersion:
    """Given versions, by the first characters of their sha256. Raises StoreError for one that is not there."""
    return RegisterVersion(
        merchants=None if merchants is None else _named(conn, ListKind.MERCHANTS, merchants),
        sanctions=None if sanctions is None else _named(conn, ListKind.SANCTIONS, sanctions),
    )


def _newest(conn: Connection, kind: ListKind, version: str = "") -> ListVersion | None:
    query = select(register_loads).where(
        register_loads.c.kind == kind.value, register_loads.c.version.startswith(version, autoescape=True)
    )
    row = conn.execute(query.order_by(register_loads.c.load_id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return ListVersion(kind=kind, version=row.version, rows_count=row.rows_count, loaded_at=row.loaded_at)


def _named(conn: Connection, kind: ListKind, version: str) -> ListVersion:
    found = _newest(conn, kind, version)
    if found is None:
        raise StoreError(f"no version {version[:64]!r} of the {kind.value} was ever loaded")
    return found
