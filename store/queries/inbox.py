"""Messages that platforms pushed and the worker has not drained yet."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from domain.records import InboxMessage
from store.schema import inbox


def undrained(conn: Connection, sources: Collection[str], *, limit: int) -> list[tuple[int, InboxMessage]]:
    """The oldest `limit` messages of these sources, in the order they came, each with its number."""
    query = (
        select(inbox)
        .where(inbox.c.drained_at.is_(None), inbox.c.source.in_(sources))
        .order_by(inbox.c.inbox_id)
        .limit(limit)
    )
    return [
        (
            row.inbox_id,
            InboxMessage(
                source=row.source,
                message_id=row.message_id,
                received_at=row.received_at,
                headers=row.headers,
                body=row.body,
            ),
        )
        for row in conn.execute(query)
    ]
