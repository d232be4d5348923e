"""Which versions of the merchant register and the sanction list there are, and which count now."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from domain.errors import StoreError
from domain.register import ListKind, ListVersion, RegisterVersion
from store.schema import merchants, register_loads


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


def shops_by_county(conn: Connection, *, city: str) -> dict[str, str]:
    """Names of the newest register with the one county each is in; empty where none was loaded.

    A chain of several counties tells nothing, nor does one that is known to be in the city only (`city`, its code).
    Whether a shop is on the list at this moment does not matter: it still stands where it stands.
    """
    newest = _newest(conn, ListKind.MERCHANTS)
    if newest is None:
        return {}
    counties = func.count(merchants.c.division.distinct())
    only = func.min(merchants.c.division)
    query = select(merchants.c.name, only).where(merchants.c.version == newest.version)
    query = query.group_by(merchants.c.name).having(counties == 1, only != city)
    return {str(name): str(code) for name, code in conn.execute(query)}


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
