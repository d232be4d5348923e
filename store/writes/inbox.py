"""Messages that platforms push: kept by the web before they are answered, drained by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, update

from domain.records import InboxMessage
from store.schema import inbox
from store.writes.upsert import chunks, insert

_IDS_A_STATEMENT = 500


def keep_messages(conn: Connection, messages: Sequence[InboxMessage]) -> None:
    """Keep what is new; a message repeated under its platform's id is kept once."""
    rows = [
        {
            "source": message.source,
            "message_id": message.message_id,
            "received_at": message.received_at,
            "headers": dict(message.headers),
            "body": message.body,
        }
        for message in messages
    ]
    if rows:
        conn.execute(insert(conn, inbox).on_conflict_do_nothing(), rows)


def mark_drained(conn: Connection, inbox_ids: Sequence[int], *, now: datetime) -> None:
    """In the transaction that saves what they told: a message is drained once."""
    for some in chunks(inbox_ids, _IDS_A_STATEMENT):
        conn.execute(update(inbox).where(inbox.c.inbox_id.in_(some)).values(drained_at=now))


def forget_drained(conn: Connection, *, before: datetime) -> int:
    """Delete messages drained before then; their bytes stand in the archive. Returns how many went."""
    return conn.execute(delete(inbox).where(inbox.c.drained_at < before)).rowcount
