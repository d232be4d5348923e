"""What is seen of a post again and again: its counts, its place on a hot list, its ticket's state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from domain.records import Post, Ticket, TicketState
from store.buckets import HOUR_US, bucket_start
from store.schema import hot_ranks, post_counts, posts, tickets
from store.writes import upsert

RANKS_JOINED = timedelta(minutes=30)
"""A longer pause between two looks at a list is a gap: where its titles stood meanwhile, nobody knows."""

_COUNTS = ("likes", "comments", "reposts")
_ORDER = {state: place for place, state in enumerate(TicketState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a post's own row says before this sighting (of a new post: what it has just been given)."""

    post_id: int
    rank: int | None
    likes: int | None
    comments: int | None
    reposts: int | None


def save(
    conn: Connection, seen: Sequence[tuple[Known, Post]], *, new: Collection[tuple[str, str]], now: datetime
) -> None:
    """Each post with its number; `new` are the keys of those that were stored just now."""
    first = [(known, post) for known, post in seen if (post.source, post.external_id[:200]) in new]
    again = [(known, post) for known, post in seen if (post.source, post.external_id[:200]) not in new]
    _grow(conn, again)
    _note_counts(conn, first, again, now)
    for source in sorted({post.source for _, post in seen if post.rank is not None}):
        _note_ranks(conn, source, [pair for pair in seen if pair[1].source == source], now)
    _note_tickets(conn, {known.post_id: post.ticket for known, post in seen if post.ticket is not None}, now)


# ---------------------------------------------------------------- counts


def _grow(conn: Connection, again: Sequence[tuple[Known, Post]]) -> None:
    """A post's row holds the highest counts: a smaller one later is in `post_counts`, it takes nothing away."""
    changes = []
    for known, post in again:
        now_is = {name: _higher(getattr(known, name), getattr(post, name)) for name in _COUNTS}
        now_is["rank"] = known.rank if post.rank is None else post.rank
        if any(now_is[name] != getattr(known, name) for name in now_is):
            changes.append({"b_post_id": known.post_id, **now_is})
    if changes:
        conn.execute(update(posts).where(posts.c.post_id == bindparam("b_post_id")), changes)


def _higher(before: int | None, told: int | None) -> int | None:
    return max((n for n in (before, told) if n is not None), default=None)


def _note_counts(
    conn: Connection,
    first: Sequence[tuple[Known, Post]],
    again: Sequence[tuple[Known, Post]],
    now: datetime,
) -> None:
    changed = [pair for pair in again if any(_differs(*pair, name) for name in _COUNTS)]
    told = [pair for pair in first if any(getattr(pair[1], name) is not None for name in _COUNTS)]
    hour = bucket_start(now, HOUR_US)
    rows = [
        {"post_id": known.post_id, "hour": hour, "seen_at": now}
        | {name: getattr(post, name) for name in _COUNTS}
        for known, post in (*told, *changed)
    ]
    upsert.put_all(conn, post_counts, rows)


def _differs(known: Known, post: Post, name: str) -> bool:
    told = getattr(post, name)
    return told is not None and told != getattr(known, name)


# ---------------------------------------------------------------- places on a hot list


def _note_ranks(conn: Connection, source: str, seen: Sequence[tuple[Known, Post]], now: datetime) -> None:
    """A stay goes on if the title stood on the same place at the look before this one."""
    looked = conn.execute(
        select(func.max(hot_ranks.c.until)).where(hot_ranks.c.source == source)
    ).scalar_one_or_none()
    stays: dict[int, Any] = {}
    if looked is not None and looked <= now <= looked + RANKS_JOINED:
        query = select(hot_ranks).where(hot_ranks.c.source == source, hot_ranks.c.until == looked)
        stays = {row.post_id: row for row in conn.execute(query)}
    rows = []
    for known, post in seen:
        if post.rank is None:
            continue
        stay = stays.get(known.post_id)
        goes_on = stay is not None and stay.rank == post.rank
        row = {
            "post_id": known.post_id,
            "since": stay.since if stay is not None and goes_on else now,
            "until": now,
            "source": source,
            "rank": post.rank,
            "heat": _higher(stay.heat, post.heat) if stay is not None and goes_on else post.heat,
        }
        rows.append(row)
    upsert.put_all(conn, hot_ranks, rows)


# ---------------------------------------------------------------- tickets


def _note_tickets(conn: Connection, told: dict[int, Ticket], now: datetime) -> None:
    """A ticket's newer state replaces the older one; an old list read late takes nothing back."""
    known: dict[int, Any] = {}
    for some in upsert.chunks(sorted(told), 500):
        known |= {
            row.post_id: row for row in conn.execute(select(tickets).where(tickets.c.post_id.in_(some)))
        }
    rows = [
        _ticket_row(post_id, ticket, known.get(post_id), now)
        for post_id, ticket in told.items()
        if post_id not in known or is_newer(ticket, known[post_id])
    ]
    upsert.put_all(conn, tickets, rows)


def is_newer(ticket: Ticket, before: Any) -> bool:
    """`before`: a row of `tickets`, or a ticket."""
    if ticket.told_at is not None and before.told_at is not None and ticket.told_at != before.told_at:
        return bool(ticket.told_at > before.told_at)
    if ticket.state is None or before.state is None:
        return bool(ticket.told_state != before.told_state)
    return bool(_ORDER[ticket.state] > _ORDER[TicketState(before.state)])


def _ticket_row(post_id: int, ticket: Ticket, before: Any, now: datetime) -> dict[str, Any]:
    """What a later list leaves out stays as an earlier one told it."""
    named = {name: getattr(ticket, name) for name in ("told_at", "unit", "category", "channel")}
    if before is not None:
        named = {name: getattr(before, name) if value is None else value for name, value in named.items()}
    return {
        "post_id": post_id,
        "state": ticket.state.value if ticket.state else None,
        "told_state": ticket.told_state[:64],
        "changed_at": now,
        **named,
    }
