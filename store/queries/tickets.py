"""Citizens' tickets that nobody has answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, func, select

from domain.money_watch import OpenTicket
from domain.records import Label, Relevance, TicketState
from store.queries.placed import county_of
from store.schema import posts, scores, tickets

_WAITING = (TicketState.RECEIVED, TicketState.HANDLING, TicketState.REOPENED)


def unanswered_tickets(conn: Connection, *, since: datetime, until: datetime) -> tuple[OpenTicket, ...]:
    """Of the campaign, no praise, handed in or sent back within (since, until]; the one that waits longest first."""
    handed_in = func.coalesce(posts.c.published_at, posts.c.received_at)
    sent_back = func.coalesce(tickets.c.told_at, tickets.c.changed_at)
    waits = case((tickets.c.state == TicketState.REOPENED.value, sent_back), else_=handed_in)
    query = (
        select(
            posts.c.post_id,
            posts.c.source,
            waits.label("since"),
            county_of().label("county"),
        )
        .join(posts, posts.c.post_id == tickets.c.post_id)
        .join(scores, scores.c.post_id == posts.c.post_id)
        .where(
            tickets.c.state.in_([state.value for state in _WAITING]),
            scores.c.current,
            scores.c.relevance == Relevance.CAMPAIGN.value,
            func.coalesce(scores.c.label, "") != Label.POSITIVE.value,
            posts.c.forgotten_at.is_(None),
            waits > since,
            waits <= until,
        )
        .order_by(waits, posts.c.post_id)
    )
    return tuple(
        OpenTicket(post_id=row.post_id, source=row.source, since=row.since, county=row.county)
        for row in conn.execute(query)
    )
