"""What machines are known by, as it is stored: the SHA-256 of each token, never the token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from store.schema import api_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    token_id: int
    name: str
    scope: str  # the one division it may read
    routes: frozenset[str]  # by name
    made_by: str
    made_at: datetime
    until: datetime
    revoked_at: datetime | None
    seen_at: datetime | None

    def counts(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.until


def find_token(conn: Connection, token_hash: str) -> ApiToken | None:
    """Past its end or revoked, too: the caller asks whether it `counts`."""
    row = conn.execute(select(api_tokens).where(api_tokens.c.token_hash == token_hash)).one_or_none()
    return None if row is None else _token(row)


def all_tokens(conn: Connection) -> tuple[ApiToken, ...]:
    """The newest first."""
    return tuple(
        _token(row) for row in conn.execute(select(api_tokens).order_by(api_tokens.c.token_id.desc()))
    )


def _token(row: Row[Any]) -> ApiToken:
    told = row._asdict()
    told.pop("token_hash")
    return ApiToken(**told | {"routes": frozenset(row.routes.split())})
